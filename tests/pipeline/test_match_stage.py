"""A batch of fingerprints: what leaves for which topic, and what is counted."""

from typing import Any

import msgspec
import pytest
from listing_records import listing, relist, takedown
from sample_photos import before_one_backdrop
from sent_message import Sent

from connectors.seller_links import SellerLink
from fingerprints.photo_print import print_of_bytes
from streams.engine.pipeline import fingerprint_listing, fingerprint_takedown
from streams.engine.rules import Rules
from streams.engine.takedown_bank import TakedownBank
from streams.kafka_clients.outbox import Outbox
from streams.metrics.metrics import Metrics
from streams.records import seller_link_id
from streams.settings import Settings
from streams.stages.match import MatchListings


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def stage(metrics: Metrics) -> MatchListings:
    """Holds one takedown with a photo."""
    bank = TakedownBank(stage=metrics.timed_match)
    bank.put(fingerprint_takedown(takedown(1), [printed(0)]))
    return MatchListings(Outbox(Settings(), metrics), metrics, bank, Rules())


def printed(garment: int) -> Any:
    return print_of_bytes(before_one_backdrop(garment), max_pixels=10_000_000)


async def test_a_busy_pair_of_shops_gives_one_link_a_batch(stage: MatchListings, metrics: Metrics) -> None:
    photos = [printed(garment) for garment in (1, 2)]
    shops = ["busy"] * 12 + ["other"]
    sent = [
        Sent(
            msgspec.json.encode(fingerprint_listing(listing(30 + n, seller_id=shop), [photos[n % 2]])),
            n,
        )
        for n, shop in enumerate(shops)
    ]
    sent.append(Sent(msgspec.json.encode(fingerprint_listing(relist(90, of=1), [])), 99))
    outgoing = await stage.process(sent)
    assert [record.topic.name for record in outgoing] == ["alerts", "seller-links", "seller-links"]
    links = [msgspec.json.decode(record.value, type=SellerLink) for record in outgoing[1:]]
    assert [record.key.decode() for record in outgoing[1:]] == [link.key for link in links]
    assert {link.key for link in links} == {
        f"pasar-uji:{shop}|pasar-uji:s1|same backdrop" for shop in ("busy", "other")
    }
    each = [(await stage.process([one]))[0] for one in sent[:2]]
    strongest = max(msgspec.json.decode(one.value, type=SellerLink).inliers for one in each)
    assert links[0].inliers == strongest
    headers = dict(outgoing[1].headers)
    assert headers["ce_type"] == b"relistwatch.seller-link"
    assert headers["ce_id"].decode() == seller_link_id(links[0])
    assert headers["ce_time"].decode() == links[0].seen_at.isoformat()
    again = await stage.process(sent)
    assert [record.headers for record in again[1:]] == [record.headers for record in outgoing[1:]]


async def test_what_is_counted(stage: MatchListings, metrics: Metrics) -> None:
    prints = [printed(0), printed(1)]
    event = fingerprint_listing(listing(30), prints)
    await stage.process([Sent(msgspec.json.encode(event), 0)])

    def value(name: str, **labels: str) -> float | None:
        return metrics.registry.get_sample_value(name, labels)

    assert value("relistwatch_seller_links_total") == 2  # the same photo, the same backdrop
    assert value("relistwatch_photos_settled_total", tier="hash") == 1
    assert value("relistwatch_photos_settled_total", tier="none") == 1
    for search_stage in ("hash", "points", "align", "compare"):
        assert value("relistwatch_photo_match_seconds_count", stage=search_stage) >= 1
    assert value("relistwatch_photo_match_seconds_bucket", stage="hash", le="0.0001") is not None
    assert value("relistwatch_photo_index_bytes", where="memory") > 0
    assert value("relistwatch_photo_index_bytes", where="disk") > 0
