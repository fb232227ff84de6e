"""What becomes of alerts and verdicts in the database, in whatever order they come."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import msgspec
import pytest
from alert_records import NOON, alert, verdict
from feed_records import ARRIVED_MS, Fed, Feeding, fed

from connectors.events import Alert, AlertListing
from connectors.verdicts import Judgement
from streams.console.tables import ALERT_TAKEDOWNS, ALERTS, VERDICTS
from streams.epoch import milliseconds
from streams.topics import ALERTS as ALERTS_TOPIC
from streams.topics import HELD_ALERTS, TopicSpec
from streams.topics import VERDICTS as VERDICTS_TOPIC

NOON_MS = milliseconds(NOON)


def told(number: int, **fields: Any) -> tuple[TopicSpec, Fed]:
    one = alert(number)
    return ALERTS_TOPIC, fed(one.alert_id, one, **fields)


def held(number: int) -> tuple[TopicSpec, Fed]:
    one = alert(number)
    return HELD_ALERTS, fed(one.alert_id, one)


def said(number: int, what: Judgement | None) -> tuple[TopicSpec, Fed]:
    return VERDICTS_TOPIC, fed(f"alert-{number}", None if what is None else verdict(number, what))


def state(feeding: Feeding) -> list[tuple[str, str, bool]]:
    return [(row["alert_id"], row["state"], row["held"]) for row in feeding.rows(ALERTS)]


def test_an_alert_is_a_row_with_its_record(feeding: Feeding) -> None:
    one = alert(7, cluster=("t9", "t1", "t3"))
    received = ("rw_received_ms", str(ARRIVED_MS - 340).encode())
    feeding.put((ALERTS_TOPIC, fed("alert-7", one, headers=[("ce_id", b"x"), received])))
    row = feeding.row(ALERTS)
    assert msgspec.json.decode(row.pop("record"), type=Alert) == one
    assert row == {
        "alert_id": "alert-7",
        "kind": "relist",
        "probability": 0.973,
        "caught_by": "arrival",
        "marketplace": "pasar-uji",
        "listing_key": "pasar-uji:l7",
        "seller": "pasar-uji:s2",
        "title": "J4ket v4rsity",
        "takedown_id": "t1",
        "takedown_title": "Jaket varsity",
        "authority": "kementerian",
        "cluster": "t1",
        "held": False,
        "observed_ms": NOON_MS,
        "matched_ms": NOON_MS,
        "took_ms": 340,
        "state": "open",
        "texts": "alert-7\npasar-uji:l7\nt1\npasar-uji:s2\njaket varsity\nj4ket v4rsity",
    }
    assert feeding.told == [{"alerts"}]
    assert feeding.rows(ALERT_TAKEDOWNS) == [
        {"takedown_id": other, "alert_id": "alert-7"} for other in ("t3", "t9")
    ]


@pytest.mark.parametrize(
    ("changes", "headers", "took_ms"),
    [
        ({"caught_by": "lookback"}, [("rw_received_ms", b"1")], None),
        ({}, [], None),
        ({}, [("rw_received_ms", b"yesterday")], None),
        ({}, [("rw_received_ms", b"9" * 40)], None),
        ({}, [("rw_received_ms", str(ARRIVED_MS + 5).encode())], 0),
    ],
)
def test_how_long_it_took_is_told_only_where_it_is_known(
    feeding: Feeding, changes: dict[str, Any], headers: list[tuple[str, bytes]], took_ms: int | None
) -> None:
    feeding.put((ALERTS_TOPIC, fed("alert-1", alert(1, **changes), headers=headers)))
    assert feeding.row(ALERTS)["took_ms"] == took_ms


def test_a_seller_that_is_not_known_is_none(feeding: Feeding) -> None:
    bare = AlertListing(marketplace="pasar-uji", listing_id="l1", title="Jaket")
    feeding.put((ALERTS_TOPIC, fed("alert-1", alert(1, listing=bare))))
    assert feeding.row(ALERTS)["seller"] is None


def test_duplicates_are_one_alert_and_change_nothing(feeding: Feeding) -> None:
    feeding.put(told(1, headers=[("rw_received_ms", str(ARRIVED_MS - 9).encode())]), told(2), told(1))
    feeding.put(said(1, "relist"))
    feeding.put(told(1), told(2))
    assert state(feeding) == [("alert-1", "relist", False), ("alert-2", "open", False)]
    assert feeding.rows(ALERTS)[0]["took_ms"] == 9


@pytest.mark.parametrize("together", [True, False])
def test_alert_and_verdict_in_any_order(feeding: Feeding, together: bool) -> None:
    records = [told(1), said(1, "same backdrop"), held(1)]
    for order in permutations(records):
        if together:
            feeding.put(*order)
        else:
            for record in order:
                feeding.put(record)
        assert state(feeding) == [("alert-1", "same backdrop", False)]
        assert feeding.row(VERDICTS)["verdict"] == "same backdrop"
        with feeding.turn.write() as connection:
            connection.execute(ALERTS.delete())
            connection.execute(VERDICTS.delete())


def test_a_later_verdict_counts_and_one_taken_back_does_not(feeding: Feeding) -> None:
    feeding.put(told(1), told(2), told(3))
    feeding.put(said(1, "unsure"), said(1, "relist"), said(2, "relist"), said(3, "relist"), said(3, None))
    assert [each for _, each, _ in state(feeding)] == ["relist", "relist", "open"]
    feeding.put(said(2, None), said(1, "not a relist"))
    assert [each for _, each, _ in state(feeding)] == ["not a relist", "open", "open"]
    row = feeding.row(VERDICTS)
    assert row == {
        "alert_id": "alert-1",
        "verdict": "not a relist",
        "by": "analyst-1",
        "reason": "another garment",
        "decided_ms": NOON_MS,
    }


def test_an_alert_that_is_gone_from_its_topic_comes_with_its_verdict(feeding: Feeding) -> None:
    feeding.put(said(5, "relist"))
    row = feeding.row(ALERTS)
    assert (row["state"], row["held"], row["took_ms"]) == ("relist", False, None)
    assert msgspec.json.decode(row["record"], type=Alert) == alert(5)


def test_a_held_alert_is_held_until_it_is_released(feeding: Feeding) -> None:
    feeding.put(held(1), held(2))
    assert state(feeding) == [("alert-1", "open", True), ("alert-2", "open", True)]
    feeding.put(told(2))
    feeding.put(held(2))
    assert state(feeding) == [("alert-1", "open", True), ("alert-2", "open", False)]


def test_what_is_too_old_is_not_put_in(feeding: Feeding) -> None:
    old = alert(1, matched_at=NOON - timedelta(days=200))
    feeding.keeper._since_ms = lambda: NOON_MS - 1000
    feeding.put()
    feeding.put(
        (ALERTS_TOPIC, fed("alert-1", old)),
        (VERDICTS_TOPIC, fed("alert-1", verdict(1, alert=old))),
        told(2),
    )
    assert state(feeding) == [("alert-2", "open", False)]
    assert feeding.rows(VERDICTS) == []


def test_what_is_no_such_record_is_counted_and_the_rest_goes_in(feeding: Feeding) -> None:
    feeding.put(told(4), said(4, "relist"))
    feeding.put(
        told(1),
        (ALERTS_TOPIC, fed("alert-2", b"\xff{")),
        (ALERTS_TOPIC, fed("alert-2", None)),
        (ALERTS_TOPIC, fed("x", {"alert_id": "alert-3"})),
        (ALERTS_TOPIC, fed("alert-3", alert(3, alert_id="x" * 300))),
        (ALERTS_TOPIC, fed("alert-3", b"[" * 100_000)),
        (VERDICTS_TOPIC, fed("alert-1", b"no verdict")),
        (VERDICTS_TOPIC, fed("alert-9", verdict(1))),
        (VERDICTS_TOPIC, fed("alert-4", {"alert_id": "alert-4"})),
        (VERDICTS_TOPIC, fed(b"\x00\xff", None)),
        told(2),
    )
    # A record that is no verdict has taken the one under its key away: compaction drops that.
    assert state(feeding) == [
        ("alert-1", "open", False),
        ("alert-2", "open", False),
        ("alert-4", "open", False),
    ]
    assert feeding.keeper.unreadable == {"alerts": 5, "verdicts": 3}
