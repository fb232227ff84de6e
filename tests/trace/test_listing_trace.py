"""One listing's steps out of everybody's records: all that names it, nothing else, in order, and never too many."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from alert_records import NOON, alert, dead_letter, seller_link, verdict
from listing_records import listing, takedown
from takedown_records import request, takedown_change, takedown_status

from connectors.events import AlertListing, EventType, Source
from connectors.takedown_status import StatusChange
from streams.engine.pipeline import fingerprint_listing
from streams.kafka_clients.message_headers import ATTEMPT_HEADER
from streams.records import ImageFailure
from streams.resolving.resolution import takedown_id_of
from streams.tracing.listing_trace import ListingTrace, Trace
from streams.tracing.steps import KEPT_EACH


@dataclass
class Message:
    """A record as kafka-python gives it."""

    topic: str
    value: bytes | None
    key: bytes | None = b"pasar-uji:l1"
    partition: int = 1
    offset: int = 5
    timestamp: int = 0
    headers: list[tuple[str, bytes]] = field(default_factory=list)


def message(topic: str, record: Any, at: datetime = NOON, **fields: Any) -> Message:
    raw = record if record is None or isinstance(record, bytes) else msgspec.json.encode(record)
    return Message(f"x-{topic}", raw, timestamp=int(at.timestamp() * 1000), **fields)


def later(**time: float) -> datetime:
    return NOON + timedelta(**time)


def trace_of(*steps: tuple[str, Message], key: tuple[str, str] = ("pasar-uji", "l1")) -> Trace:
    trace = ListingTrace(*key, prefix="x-")
    for take, record in steps:
        getattr(trace, f"take_{take}")(record)
    return trace.result()


def told(trace: Trace) -> list[tuple[str, str]]:
    return [(step.kind, step.what) for step in trace.steps]


def test_a_listing_is_followed_from_its_event_to_the_verdict() -> None:
    event = listing(1, source=Source("shopee", "1"))
    prints = msgspec.structs.replace(
        fingerprint_listing(event, []).prints, failures=(ImageFailure(1, "not-found"),)
    )
    fingerprint = msgspec.structs.replace(fingerprint_listing(event, []), prints=prints)
    found = trace_of(
        ("verdict", message("verdicts", verdict(1), key=b"alert-1")),
        ("alert", message("alerts", alert(1), later(seconds=0.5), key=b"alert-1")),
        ("fingerprint", message("fingerprints", fingerprint, later(seconds=0.25))),
        ("event", message("listings", event)),
        ("alert", message("alerts", alert(2), later(seconds=0.5), key=b"alert-2")),
    )
    assert (found.key, found.title, found.seller_id) == ("pasar-uji:l1", event.title, "s1")
    assert told(found) == [
        ("verdict", "not a relist, says analyst-1: another garment"),
        ("event", "listing.created by shopee"),
        ("fingerprint", "0 photos fingerprinted; 1 not: photo 2 not-found"),
        ("alert", "relist 97.3% of takedown t1 (toko-uji:l1) by photo, title, price, seller"),
    ]
    assert [step.place for step in found.steps[1:]] == ["listings 1:5", "fingerprints 1:5", "alerts 1:5"]
    assert [step.id for step in found.steps] == ["alert-1", "e1", "e1", "alert-1"]
    assert found.steps[1].observed_at == event.observed_at


def test_what_is_put_aside_and_replayed_shows_both_attempts() -> None:
    again = [(ATTEMPT_HEADER, b"2")]
    found = trace_of(
        ("event", message("listings", b"{torn")),
        ("event", message("listings", None, later(seconds=1))),
        ("dead_letter", message("dead-letters", dead_letter(topic="x-listings"), later(seconds=2), offset=7)),
        ("dead_letter", message("dead-letters", dead_letter(), key=b"pasar-uji:l2")),
        ("event", message("listings", b"{torn", later(hours=1), headers=again, offset=9)),
    )
    assert [kind for kind, _ in told(found)] == ["event", "dead letter", "event", "event"]
    assert found.steps[0].what.startswith("cannot be read: ListingEvent: JSON is malformed")
    assert found.steps[1].what.startswith("malformed-json in fingerprint-listings of listings 1:5: ")
    assert (found.steps[1].id, found.steps[1].place) == ("1:7", "dead-letters 1:7")
    assert (found.steps[3].attempt, found.steps[3].what[:36]) == (2, "cannot be read; replayed, attempt 2:")


def test_its_takedown_from_the_request_to_the_withdrawal_and_its_relists() -> None:
    own, others = takedown_id_of("pasar-uji", "l1"), takedown(1)
    asked = request(1)
    published = takedown_status(
        asked, state="published", takedown_id="t1",
        changes=(
            StatusChange(at=NOON, state="received"),
            StatusChange(at=later(seconds=9), state="published", detail="seen"),
        ),
    )  # fmt: skip
    original = msgspec.structs.replace(alert(7).takedown, marketplace="pasar-uji")
    found = trace_of(
        ("request", message("takedown-requests", asked, key=b"link")),
        ("request", message("takedown-requests", request(2), key=b"link")),
        ("status", message("takedown-status", published, key=b"r1")),
        ("status", message("takedown-status", takedown_status(request(2)), key=b"r2")),
        ("takedown", message("takedowns", others, later(seconds=10), key=b"t1")),
        ("takedown", message("takedowns", takedown(2), key=b"t2")),
        ("takedown", message("takedowns", None, later(hours=20), key=own.encode())),
        ("takedown", message("takedowns", None, later(hours=20), key=b"t2")),
        ("change", message("takedown-audit", takedown_change(takedown_id="t1", at=later(hours=19)))),
        ("change", message("takedown-audit", takedown_change(takedown_id="t2"))),
        ("alert", message("alerts", alert(7, takedown=original), later(hours=1), key=b"alert-7")),
        ("alert", message("alerts", alert(8), later(hours=1), key=b"alert-8")),
    )
    assert told(found) == [
        ("request", "asked for by kementerian, ministry, analyst-7; row 2 of daftar.csv: barang palsu"),
        ("request", "published: seen"),
        ("takedown", "published: kementerian"),
        ("relist of it", "relist 97.3% as pasar-uji:l7"),
        ("takedown", "withdrawn by analyst-7: licensed"),
        ("takedown", "not in force any more"),
    ]


def test_held_alerts_links_of_sellers_and_verdicts_taken_back() -> None:
    found = trace_of(
        ("alert", message("alerts", alert(1, caught_by="lookback", evidence=()), key=b"alert-1")),
        ("seller_link", message("seller-links", seller_link(1), key=b"pair")),
        ("seller_link", message("seller-links", seller_link(2), key=b"pair")),
        ("verdict", message("verdicts", None, later(seconds=1), key=b"alert-1")),
        ("verdict", message("verdicts", None, later(seconds=1), key=b"alert-2")),
    )
    assert told(found) == [
        ("alert", "relist 97.3% of takedown t1 (toko-uji:l1), found by looking back"),
        ("seller link", "pasar-uji:s1 and toko-uji:s0: same backdrop, strength 23"),
        ("verdict", "taken back"),
    ]
    trace = ListingTrace("pasar-uji", "l1")
    trace.take_alert(message("held-alerts", alert(1), key=b"alert-1"), held=True)
    assert [step.kind for step in trace.result().steps] == ["held alert"]


def test_no_id_is_taken_for_another_that_holds_it() -> None:
    near = [listing(1, listing_id=each) for each in ("l", "l11", "xl1", 'l1"')]
    named = [AlertListing(marketplace=e.marketplace, listing_id=e.listing_id, title="l1") for e in near]
    named.append(AlertListing(marketplace="toko-lain", listing_id="l1", title=""))
    found = trace_of(
        *[("event", message("listings", e, key=e.key.encode())) for e in near],
        *[("alert", message("alerts", alert(9, listing=each), key=b"a")) for each in named],
    )
    assert found.steps == ()
    quoted = AlertListing(marketplace="pasar-uji", listing_id='l1"é/', title="")
    found = trace_of(
        ("alert", message("alerts", alert(9, listing=quoted), key=b"a")), key=("pasar-uji", 'l1"é/')
    )
    assert [step.kind for step in found.steps] == ["alert"]


def test_records_that_cannot_be_read_are_passed_over() -> None:
    for take in ("alert", "verdict", "seller_link", "takedown", "change", "request", "status", "dead_letter"):
        for raw in (b"", b'{"l1"', b'["l1"]', b"\xff", b'{"listing": "l1", "sellers": 7}', b"[" * 100_000):
            assert trace_of((take, message(take, raw))).steps == ()


def test_of_too_many_steps_the_first_and_the_last_are_kept() -> None:
    many = 3 * KEPT_EACH
    trace = ListingTrace("pasar-uji", "l1", prefix="x-")
    for number in range(many):
        trace.take_event(
            message("listings", listing(1, type=EventType.UPDATED), later(seconds=number), offset=number)
        )
    found = trace.result()
    assert len(found.steps) == 2 * KEPT_EACH
    assert found.left_out == {"event": KEPT_EACH}
    assert [found.steps[0].place, found.steps[-1].place] == ["listings 1:0", f"listings 1:{many - 1}"]


def test_alerts_before_its_creation_are_looked_for_only_where_the_topic_does_not_begin_with_it() -> None:
    created, updated = listing(1), listing(1, type=EventType.UPDATED)
    trace = ListingTrace("pasar-uji", "l1")
    assert (trace.began, trace.first_event) == (None, None)
    trace.take_event(message("listings", created, later(seconds=5)))
    trace.take_event(message("listings", updated, later(seconds=9)))
    assert (trace.began, trace.first_event) == (later(seconds=5), later(seconds=5))
    older = ListingTrace("pasar-uji", "l1")
    older.take_event(message("listings", updated, later(seconds=5)))
    older.take_event(message("listings", created, later(seconds=9)))
    assert (older.began, older.first_event) == (None, later(seconds=5))
