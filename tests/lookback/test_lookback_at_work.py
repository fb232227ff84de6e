"""Takedowns that arrive after their relists, on a real Kafka."""

import io
from datetime import timedelta

import msgspec
import pytest
from kafka_client import KafkaClient
from listing_records import START, drawn_photo, inline, listing, relist, takedown
from photo_bytes import encoded
from PIL import Image
from waiting import until
from worker_steps import alerts_of, publish_takedowns, wait_fingerprinted

from connectors.events import Alert
from streams.engine.pipeline import fingerprint_listing, fingerprint_takedown
from streams.settings import Settings
from streams.worker.worker_process import WorkerProcess

pytestmark = pytest.mark.kafka

SETTLED_SECONDS = 4.0
"""Both passes are over by then."""


def put_listings(client: KafkaClient, *events) -> None:
    client.send_all("fingerprints", [(e.key, fingerprint_listing(e, ())) for e in events])


def put_takedowns(client: KafkaClient, *records) -> None:
    client.send_all("takedown-fingerprints", [(r.takedown_id, fingerprint_takedown(r, ())) for r in records])


def pairs(alerts: list[Alert]) -> list[tuple[str, str]]:
    return sorted((alert.listing.listing_id, alert.takedown.takedown_id) for alert in alerts)


def value(process: WorkerProcess, name: str) -> float:
    lines = [line for line in process.metrics().splitlines() if line.startswith(name + " ")]
    return float(lines[0].split()[-1]) if lines else 0.0


def closed(process: WorkerProcess) -> float:
    return value(process, 'relistwatch_lookback_takedowns_total{phase="closing"}')


def test_relists_before_the_takedown_are_alerted_once(
    worker: WorkerProcess, start_lookback, client: KafkaClient
) -> None:
    """The whole way, by photo and by title, with a live worker beside."""
    photo = drawn_photo(1)
    cropped = Image.open(io.BytesIO(photo)).crop((60, 80, 440, 600))
    by_photo = listing(20, images=inline(drawn_photo(30), encoded(cropped)))
    events = [listing(10), relist(11, of=1), by_photo, listing(12, images=inline(drawn_photo(7)))]
    client.send_all("listings", [(e.key, e) for e in events])
    wait_fingerprinted(client, *(e.key for e in events))
    lookback = start_lookback()
    lookback.wait_ready()
    publish_takedowns(client, takedown(1, images=inline(photo)), takedown(2))
    later = relist(13, of=2)
    client.send_all("listings", [(later.key, later)])
    until(lambda: closed(lookback) >= 2)
    alerts = alerts_of(client.read_until("alerts", lambda got: len(got) >= 3, quiet=1))
    assert pairs(alerts) == [("l11", "t1"), ("l13", "t2"), ("l20", "t1")]
    caught = {alert.listing.listing_id: alert.caught_by for alert in alerts}
    assert caught == {"l11": "lookback", "l20": "lookback", "l13": "arrival"}
    assert value(lookback, "relistwatch_lookback_takedown_to_alert_seconds_count") == 2
    assert lookback.stop() == 0


def test_a_listing_that_live_matching_missed_is_found_by_the_closing_pass(
    start_lookback, client: KafkaClient
) -> None:
    """It comes after the first pass, and no worker alerts it."""
    lookback = start_lookback()
    lookback.wait_ready()
    put_takedowns(client, takedown(1))
    until(lambda: value(lookback, 'relistwatch_lookback_takedowns_total{phase="first"}') == 1)
    put_listings(client, relist(11, of=1), listing(12))
    (alert,) = alerts_of(client.read_until("alerts", lambda got: len(got) >= 1, quiet=1))
    assert (alert.listing.listing_id, alert.caught_by) == ("l11", "lookback")


def test_changed_takedowns_are_looked_back_for_again_and_withdrawn_ones_not(
    start_lookback, client: KafkaClient
) -> None:
    put_listings(client, relist(11, of=1), relist(12, of=2), relist(13, of=3))
    put_takedowns(client, takedown(2), msgspec.structs.replace(takedown(1), reason="first"))
    client.send_all("takedown-fingerprints", [("t2", None)])
    lookback = start_lookback()
    lookback.wait_ready()
    client.read_until("alerts", lambda got: len(got) >= 1)
    changed = msgspec.structs.replace(takedown(1), listing=takedown(3).listing)
    put_takedowns(client, changed)
    alerts = alerts_of(client.read_until("alerts", lambda got: len(got) >= 2, quiet=SETTLED_SECONDS))
    assert pairs(alerts) == [("l11", "t1"), ("l13", "t1")]


def test_once_ends_when_all_is_done_and_the_next_start_begins_there(
    start_lookback, client: KafkaClient
) -> None:
    put_listings(client, *(relist(100 + n, of=n) for n in range(20)))
    put_takedowns(client, *(takedown(n) for n in range(10)))
    first = start_lookback("1/1", "--once")
    assert first.process.wait(60) == 0
    assert len(client.read_until("alerts", lambda got: len(got) >= 10, quiet=1)) == 10
    put_takedowns(client, *(takedown(n) for n in range(10, 20)))
    second = start_lookback("1/1", "--once")
    assert second.process.wait(60) == 0
    assert len(client.read_until("alerts", lambda got: len(got) >= 20, quiet=1)) == 20
    assert "takedowns=10" in second.log.read_text().replace('"takedowns": 10', "takedowns=10")
    assert '"stored": 20' in second.log.read_text(), "the listings were not read again"


def test_killed_in_the_middle_it_misses_none(
    worker_settings: Settings, start_lookback, client: KafkaClient
) -> None:
    """400 takedowns in small passes; killed after some alerts, again and again."""
    count = 400
    put_listings(client, *(relist(1000 + n, of=n) for n in range(count)))
    put_takedowns(client, *(takedown(n) for n in range(count)))
    for alerts in (1, count // 4, count // 2):
        lookback = start_lookback()
        client.read_until("alerts", lambda got, least=alerts: len(got) >= least)
        lookback.kill()
    late = [relist(5000 + n, of=n) for n in range(0, count, 4)]
    put_listings(client, *late)
    last = start_lookback()
    expected = {f"l{1000 + n}" for n in range(count)} | {event.listing_id for event in late}
    messages = client.read_until(
        "alerts",
        lambda got: expected <= {alert.listing.listing_id for alert in alerts_of(got)},
        seconds=60,
        quiet=1,
    )
    assert {alert.listing.listing_id for alert in alerts_of(messages)} == expected
    by_pair: dict[tuple[str, str], set[str]] = {}
    for alert in alerts_of(messages):
        by_pair.setdefault((alert.listing.listing_id, alert.takedown.takedown_id), set()).add(alert.alert_id)
    assert all(len(ids) == 1 for ids in by_pair.values()), "a duplicate carries the same id"
    until(lambda: closed(last) >= 1, seconds=90)


def test_two_shards_say_what_one_does(worker_settings: Settings, start_lookback, client: KafkaClient) -> None:
    put_listings(client, *(relist(100 + n, of=n % 20) if n % 3 else listing(100 + n) for n in range(120)))
    put_takedowns(client, *(takedown(n) for n in range(20)))
    shards = [start_lookback("1/2", "--once"), start_lookback("2/2", "--once")]
    assert [one.process.wait(60) for one in shards] == [0, 0]
    expected = {f"l{100 + n}" for n in range(120) if n % 3}
    found = alerts_of(client.read_until("alerts", lambda got: len(got) >= len(expected), quiet=1))
    assert sorted(alert.listing.listing_id for alert in found) == sorted(expected)
    whole = start_lookback("1/1", "--once")
    assert whole.process.wait(60) == 0
    again = alerts_of(client.read_until("alerts", lambda got: len(got) >= len(expected), quiet=2))
    assert sorted(a.alert_id for a in again) == sorted(a.alert_id for a in found), (
        "one process alone finds no other, and says none again"
    )


def test_one_takedown_that_meets_very_many_is_held(
    worker_settings: Settings, start_lookback, client: KafkaClient
) -> None:
    match = msgspec.structs.replace(worker_settings.match, flood_listings=5)
    put_listings(
        client,
        *(relist(100 + n, of=1, observed_at=START + timedelta(days=n)) for n in range(12)),
    )
    put_takedowns(client, takedown(1))
    settings = msgspec.structs.replace(worker_settings, match=match)
    assert start_lookback("1/1", "--once", settings=settings).process.wait(60) == 0
    alerts = alerts_of(client.read_until("alerts", lambda got: len(got) >= 6, quiet=1))
    assert [alert.kind for alert in alerts].count("flood") == 1
    assert len(alerts) == 6
    assert len(client.read_until("held-alerts", lambda got: len(got) >= 7, quiet=1)) == 7


def test_a_second_process_of_one_shard_is_refused(start_lookback, client: KafkaClient) -> None:
    start_lookback().wait_ready()
    second = start_lookback("1/1", "--once")
    assert second.process.wait(30) == 1
    assert "another process looks back for this shard" in second.log.read_text()


@pytest.mark.parametrize("shard", ["0/1", "3/2", "1", "x/y", "1/99999"])
def test_a_wrong_shard_is_named(start_lookback, client: KafkaClient, shard: str) -> None:
    wrong = start_lookback(shard)
    assert wrong.process.wait(30) == 2
    assert "--shard: a shard is I/N" in wrong.log.read_text()
