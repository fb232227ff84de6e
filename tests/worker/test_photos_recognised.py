"""Edited photos and shared backdrops on a real Kafka: an alert for the one, a seller link for the other."""

import msgspec
import pytest
from kafka_client import KafkaClient
from listing_records import inline, listing, takedown
from sample_photos import before_one_backdrop
from worker_steps import alerts_of, publish_takedowns, wait_fingerprinted

from connectors.evidence import PhotoEvidence
from connectors.sample.edits import edit_photo
from connectors.seller_links import SellerLink
from streams.worker.worker_process import WorkerProcess

pytestmark = pytest.mark.kafka


def edited_by(photo: bytes, *edits: str) -> bytes:
    for edit in edits:
        photo = edit_photo(photo, edit)
    return photo


def test_an_edited_photo_alerts_and_a_shared_backdrop_links_until_the_takedown_is_withdrawn(
    worker: WorkerProcess, client: KafkaClient
) -> None:
    taken, other = before_one_backdrop(0), before_one_backdrop(1)
    edited = {
        "l30": edited_by(taken, "crop-20", "mirror", "border"),
        "l33": edited_by(taken, "crop-5", "mirror", "border"),
    }
    publish_takedowns(client, takedown(1, images=inline(taken)))
    again, framed = (
        listing(int(listing_id[1:]), seller_id="new-shop", images=inline(photo))
        for listing_id, photo in edited.items()
    )
    neighbour = listing(31, seller_id="second-shop", images=inline(other))
    own = listing(32, seller_id="s1", images=inline(other))
    client.send_all("listings", [(event.key, event) for event in (again, framed, neighbour, own)])
    wait_fingerprinted(client, again.key, framed.key, neighbour.key, own.key)

    alerts = alerts_of(client.read_until("alerts", lambda got: len(got) >= 2, quiet=1))
    assert {alert.listing.listing_id for alert in alerts} == edited.keys()
    for alert in alerts:
        (part,) = alert.evidence
        assert isinstance(part, PhotoEvidence)
        assert part.relation == "same photo"
        assert part.inliers >= 20
        assert part.transform[0][0] < 0 < part.transform[1][1]
        # Where the whole photo would lie reaches over the border of the one, and not up to that of the other.
        assert part.edits == ("mirrored", "cropped" if alert.listing.listing_id == "l30" else "border")

    messages = client.read_until("seller-links", lambda got: len({m.key for m in got}) >= 2, quiet=1)
    by_key = {message.key.decode(): message for message in messages}
    assert by_key.keys() == {
        "pasar-uji:s1|pasar-uji:second-shop|same backdrop", "pasar-uji:new-shop|pasar-uji:s1|same photos"
    }  # fmt: skip
    message = by_key["pasar-uji:s1|pasar-uji:second-shop|same backdrop"]
    link = msgspec.json.decode(message.value, type=SellerLink)
    assert link.key == message.key.decode()
    assert link.takedown_id == "t1"
    assert [seller.listing_id for seller in link.sellers] == ["l1", "l31"]
    headers = dict(message.headers)
    assert headers["ce_type"] == b"relistwatch.seller-link"
    assert len(headers["ce_id"]) == 32
    text = worker.metrics()
    for line in (
        f"relistwatch_seller_links_total {len(messages)}.0",
        f'relistwatch_events_out_total{{topic="seller-links"}} {len(messages)}.0',
        'relistwatch_photos_settled_total{tier="points"} 2.0',
        'relistwatch_photos_settled_total{tier="none"} 2.0',
        'relistwatch_photo_match_seconds_count{stage="hash"} 4.0',
        'relistwatch_photo_index_bytes{where="disk"}',
    ):
        assert line in text

    client.send_all("takedowns", [("t1", None)])
    client.read_until("takedown-fingerprints", lambda got: any(m.value is None for m in got), quiet=0.5)
    later = [
        msgspec.structs.replace(
            event, listing_id=f"{event.listing_id}-again", event_id=f"{event.event_id}-again"
        )
        for event in (again, neighbour)
    ]
    client.send_all("listings", [(event.key, event) for event in later])
    wait_fingerprinted(client, *(event.key for event in later))
    assert len(client.read_until("alerts", bool, quiet=1)) == 2
    assert len(client.read_until("seller-links", bool, quiet=1)) == len(messages)
