"""Alerts and dead letters held against what was planted."""

from typing import Any

import msgspec
import pytest

from streams.load.plan import Plan
from streams.load.stock import MARKETPLACE
from streams.load.tally import Arrived, Tally

DUE_TO_READ = 0.25


def arrived(plan: Plan, number: int, takedown_id: str | None = None, **changes: Any) -> Arrived:
    """The alert that listing `number` makes, for its own takedown unless another is given."""
    relist = plan.relist(number)
    due = float(plan.due[number])
    alert = {
        "alert_id": f"a{number}",
        "kind": "relist",
        "caught_by": "arrival",
        "listing": {"marketplace": MARKETPLACE, "listing_id": f"{plan.stock.run}-{number:09d}", "title": "x"},
        "takedown": {"takedown_id": takedown_id or (relist.takedown_id if relist else "t"), "title": "y"},
    }
    held = changes.pop("held", False)
    return Arrived(
        value=msgspec.json.encode(alert | changes),
        at=due + DUE_TO_READ,
        appended_ms=1_000_100,
        listed_ms=1_000_000,
        held=held,
    )


@pytest.fixture
def tally(plan: Plan) -> Tally:
    return Tally(plan, 1.0, 60)


def honest(plan: Plan) -> int:
    return next(number for number in range(len(plan)) if plan.relist(number) is None)


def first(plan: Plan) -> int:
    return int(plan.relists_of("text")[0])


def test_a_found_relist_counts_once_from_when_it_was_due(plan: Plan, tally: Tally) -> None:
    number = first(plan)
    tally.alert(arrived(plan, number))
    tally.alert(arrived(plan, number))
    tally.alert(arrived(plan, number, alert_id="another version"))
    assert (tally.found, tally.alerts, tally.duplicates, tally.false_alerts) == (1, 2, 1, 0)
    interval = int(plan.due[number])
    assert tally.alerted_after[interval].most == pytest.approx(DUE_TO_READ, rel=0.001)
    assert tally.on_kafka[interval].most == pytest.approx(0.1, rel=0.001)
    assert sum(each.count for each in tally.alerted_after) == 1
    assert tally.has(number)


def test_false_and_wrong_alerts_are_named(plan: Plan, tally: Tally) -> None:
    tally.alert(arrived(plan, honest(plan)))
    tally.alert(arrived(plan, first(plan), "another"))
    assert (tally.found, tally.false_alerts) == (0, 2)
    assert "which it is not" in tally.false_named[0].what
    assert "not for" in tally.false_named[1].what
    # The cluster's other takedowns, and those resembled as much, are the same answer.
    right = plan.relist(first(plan))
    assert right is not None
    tally.alert(arrived(plan, first(plan), "another", alert_id="b", other_takedowns=[right.takedown_id]))
    assert (tally.found, tally.false_alerts) == (1, 2)


def test_held_floods_and_lookback_are_counted_apart(plan: Plan, tally: Tally) -> None:
    one, two, three = (int(n) for n in plan.relists_of("text")[:3])
    tally.alert(arrived(plan, one, held=True))
    tally.alert(arrived(plan, two, caught_by="lookback"))
    tally.alert(arrived(plan, three, kind="flood"))
    assert (tally.found, tally.held, tally.by_lookback, tally.floods) == (2, 1, 1, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"listing": {"marketplace": "shopee-id", "listing_id": "load-0a1b2c3d-000000001"}},
        {"listing": {"marketplace": MARKETPLACE, "listing_id": "load-ffffffff-000000001"}},
        {"listing": {"marketplace": MARKETPLACE, "listing_id": "load-0a1b2c3d-999999999"}},
        {"listing": 7},
    ],
    ids=["marketplace", "run", "probe", "broken"],
)
def test_others_alerts_are_passed_over(plan: Plan, tally: Tally, changes: dict[str, Any]) -> None:
    tally.alert(arrived(plan, first(plan), **changes))
    tally.alert(Arrived(value=b"load-0a1b2c3d {", at=0.0, appended_ms=0))
    assert (tally.alerts, tally.false_alerts) == (0, 0)


def test_dead_letters_of_the_run_alone(plan: Plan, tally: Tally) -> None:
    tally.dead_letter(plan.key(3), "invalid-record")
    tally.dead_letter(plan.key(3), "invalid-record")
    tally.dead_letter(b"shopee-id:1.2", "invalid-record")
    tally.dead_letter(None, "malformed-json")
    tally.dead_letter(b"\xff\xfe", "malformed-json")
    assert tally.dead_letters == 1
    assert tally.is_dead(3)
    assert not tally.is_dead(4)


def test_recall_is_of_what_kafka_had(plan: Plan, tally: Tally) -> None:
    relists = sorted(int(n) for kind in ("text", "photo") for n in plan.relists_of(kind))  # type: ignore[arg-type]
    sent, refused = relists[9], frozenset({relists[0]})
    tally.alert(arrived(plan, relists[1]))
    rows = tally.planted(sent, refused)
    assert sum(row.sent for row in rows) == 8
    assert sum(row.found for row in rows) == 1
    missing = tally.without_alert(sent, refused)
    assert {one.listing.encode() for one in missing} == {plan.key(n) for n in relists[2:9]}
