"""The way of the data on a real Kafka: takedowns in, listings in, alerts out."""

from datetime import timedelta

import msgspec
import pytest
from kafka_client import KafkaClient
from listing_records import START, drawn_photo, inline, listing, relist, takedown
from worker_steps import alerts_of, publish_takedowns, wait_fingerprinted

from connectors.events import EventType
from streams.records import ListingFingerprint
from streams.worker.worker_process import WorkerProcess

pytestmark = pytest.mark.kafka


def test_a_relist_by_title_is_one_alert_with_evidence(worker: WorkerProcess, client: KafkaClient) -> None:
    publish_takedowns(client, takedown(1), takedown(2))
    client.send_all("listings", [(e.key, e) for e in (listing(10), relist(11, of=1), listing(12))])
    wait_fingerprinted(client, "pasar-uji:l10", "pasar-uji:l11", "pasar-uji:l12")
    messages = client.read_until("alerts", lambda got: len(got) >= 1, quiet=1)
    (alert,) = alerts_of(messages)
    assert (alert.kind, alert.caught_by) == ("relist", "arrival")
    assert (alert.listing.listing_id, alert.takedown.takedown_id) == ("l11", "t1")
    assert alert.probability > 0.5
    assert [part.__struct_config__.tag for part in alert.evidence] == ["title"]
    headers = dict(messages[0].headers)
    assert headers["ce_id"] == messages[0].key == alert.alert_id.encode()
    assert headers["ce_type"] == b"relistwatch.alert.relist"
    (listed,) = [one for one in client.existing("listings") if one.key == b"pasar-uji:l11"]
    assert int(headers["rw_received_ms"]) == listed.timestamp


def test_a_relist_by_mirrored_photo_with_another_title(worker: WorkerProcess, client: KafkaClient) -> None:
    import io

    from photo_bytes import encoded
    from PIL import Image, ImageOps

    photo = drawn_photo(1)
    mirrored = encoded(ImageOps.mirror(Image.open(io.BytesIO(photo))), quality=60)
    publish_takedowns(client, takedown(1, images=inline(photo)))
    event = listing(20, images=inline(drawn_photo(7), mirrored))
    client.send_all(
        "listings", [(event.key, event), (listing(21).key, listing(21, images=inline(drawn_photo(8))))]
    )
    (alert,) = alerts_of(client.read_until("alerts", lambda got: len(got) >= 1, quiet=1))
    (photo_part,) = (part for part in alert.evidence if part.__struct_config__.tag == "photo")
    assert (photo_part.listing_image, photo_part.takedown_image) == (1, 0)
    assert photo_part.edits == ("mirrored",)


def test_still_up_updates_removals_and_redelivery(worker: WorkerProcess, client: KafkaClient) -> None:
    down = msgspec.structs.replace(takedown(1), taken_down_at=START + timedelta(hours=1))
    publish_takedowns(client, down)
    before = listing(1)
    after = listing(1, event_id="after", observed_at=START + timedelta(hours=2))
    edited = msgspec.structs.replace(
        after, event_id="edited", type=EventType.UPDATED, description="stok baru"
    )
    gone = msgspec.structs.replace(
        after, event_id="gone", type=EventType.REMOVED, observed_at=START + timedelta(hours=3)
    )
    client.send_all("listings", [(before.key, e) for e in (before, after, after, edited, gone)])
    client.send_all("listings", [(listing(9).key, listing(9))])
    alerts = alerts_of(client.read_until("alerts", lambda got: len(got) >= 3, quiet=1))
    assert {alert.kind for alert in alerts} == {"still_up"}
    assert len(alerts) == 3, "seen before the takedown and removed are no alerts"
    assert len({alert.alert_id for alert in alerts}) == 2, (
        "the same version has one id, the edited one another"
    )
    kept = [m for m in wait_fingerprinted(client, before.key, listing(9).key) if m.key == before.key.encode()]
    newest = msgspec.json.decode(kept[-1].value, type=ListingFingerprint)
    assert newest.event_id == "edited", "a removed listing keeps its last fingerprint"


def test_a_withdrawn_takedown_no_longer_matches(worker: WorkerProcess, client: KafkaClient) -> None:
    publish_takedowns(client, takedown(1), takedown(2))
    client.send_all("takedowns", [("t1", None)])
    client.read_until("takedown-fingerprints", lambda got: any(m.value is None for m in got), quiet=0.5)
    client.send_all("listings", [(e.key, e) for e in (relist(11, of=1), relist(12, of=2))])
    wait_fingerprinted(client, "pasar-uji:l11", "pasar-uji:l12")
    alerts = alerts_of(client.read_until("alerts", lambda got: len(got) >= 1, quiet=1))
    assert [alert.takedown.takedown_id for alert in alerts] == ["t2"]


def test_takedowns_known_before_the_worker_are_loaded_first(
    worker_settings, worker: WorkerProcess, client: KafkaClient, tmp_path
) -> None:
    publish_takedowns(client, *(takedown(n) for n in range(200)))
    worker.stop()
    client.send_all("listings", [(e.key, e) for e in (relist(1000 + n, of=n) for n in range(200))])
    with WorkerProcess(worker_settings, tmp_path / "second.log") as second:
        second.wait_ready()
        alerts = alerts_of(client.read_until("alerts", lambda got: len(got) >= 200, quiet=1))
    assert {(a.listing.listing_id, a.takedown.takedown_id) for a in alerts} == {
        (f"l{1000 + n}", f"t{n}") for n in range(200)
    }


def test_metrics_and_health_tell_the_truth(worker: WorkerProcess, client: KafkaClient) -> None:
    import urllib.request

    publish_takedowns(client, takedown(1))
    client.send_all("listings", [(relist(11, of=1).key, relist(11, of=1))])
    client.read_until("alerts", lambda got: len(got) >= 1, quiet=0.3)
    text = worker.metrics()
    for line in (
        'relistwatch_events_in_total{topic="listings"} 1.0',
        'relistwatch_events_out_total{topic="alerts"} 1.0',
        'relistwatch_alerts_total{kind="relist"} 1.0',
        'relistwatch_takedown_index_size{what="takedowns"} 1.0',
        "relistwatch_event_to_alert_seconds_count 1.0",
    ):
        assert line in text
    with urllib.request.urlopen(worker.url("/livez"), timeout=5) as answer:
        assert answer.status == 200


def test_sigterm_ends_the_worker_cleanly(worker: WorkerProcess) -> None:
    assert worker.stop() == 0
