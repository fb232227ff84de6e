"""The flood guard beside a model that keeps every sighting and looks through all of them each time."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from alert_records import NOON, alert, flood, verdict
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.evidence import FloodEvidence
from streams.verdicts import flood_guard
from streams.verdicts.flood_guard import FloodGuard, flood_alert

START = datetime(2026, 11, 24, tzinfo=UTC)


class Model:
    """One takedown, slowly."""

    def __init__(self, listings: int, window: int) -> None:
        self.listings, self.window = listings, window
        self.sightings: list[tuple[int, str]] = []
        self.now: int | None = None
        self.held = False
        self.quiet_since: int | None = None

    def count(self, at: int) -> int:
        """Different listings in the window that ends at `at`."""
        return len({key for seen, key in self.sightings if at - self.window < seen <= at})

    def quiet(self, at: int) -> bool:
        return self.count(at) * 2 <= self.listings

    def meet(self, key: str, at: int) -> str:
        before, self.now = self.now, at if self.now is None else max(self.now, at)
        if self.held and before is not None:
            for moment in range(before, self.now + 1):
                if self.quiet_since is None and self.quiet(moment):
                    self.quiet_since = moment
            if self.quiet_since is not None and self.now - self.quiet_since >= self.window:
                self.held, self.quiet_since = False, None
        if at > self.now - self.window:
            self.sightings.append((at, key))
        if not self.quiet(self.now):
            self.quiet_since = None
        if self.held:
            return "hold"
        if self.count(self.now) > self.listings:
            self.held = True
            return "tip"
        return "pass"


meetings = st.lists(
    st.tuples(st.integers(0, 12), st.one_of(st.integers(0, 3), st.integers(0, 40), st.integers(-30, 0))),
    max_size=80,
)


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 6), st.integers(1, 20), meetings)
def test_it_does_what_the_model_does(listings: int, window: int, steps: list[tuple[int, int]]) -> None:
    """Times in whole seconds, mostly onwards, some late."""
    guard, model, now = FloodGuard(listings, window / 60), Model(listings, window), 1000
    for key, onwards in steps:
        at = now + onwards
        now = max(now, at)
        course = guard.meet(("t1",), f"m:{key}", START + timedelta(seconds=at))
        assert course == model.meet(f"m:{key}", at)
        assert guard.count("t1") == min(model.count(model.now or 0), listings + 1)


def floods(guard: FloodGuard, many: int, *cluster: str, since: int = 0, apart: float = 1.0) -> list[str]:
    cluster = cluster or ("t1",)
    return [
        guard.meet(cluster, f"m:{since}-{n}", START + timedelta(seconds=since + n * apart))
        for n in range(many)
    ]


def test_one_tip_and_then_held() -> None:
    guard = FloodGuard(10, 60)
    assert floods(guard, 30) == ["pass"] * 10 + ["tip"] + ["hold"] * 19
    assert guard.meet(("t2",), "m:1", START) == "pass", "another takedown is not held"


def test_one_listing_seen_often_is_no_flood() -> None:
    guard = FloodGuard(10, 60)
    assert {guard.meet(("t1",), "m:1", START + timedelta(seconds=n)) for n in range(500)} == {"pass"}


def test_a_slow_stream_is_no_flood() -> None:
    assert set(floods(FloodGuard(10, 1), 200, apart=6.0)) == {"pass"}


def test_it_lets_through_after_a_quiet_window() -> None:
    guard = FloodGuard(10, 1)
    floods(guard, 11)
    # Two seconds before the eleventh is a minute ago six are left: more than half.
    assert guard.meet(("t1",), "m:late", START + timedelta(seconds=66)) == "hold"
    assert guard.meet(("t1",), "m:later", START + timedelta(seconds=124)) == "hold"
    assert guard.meet(("t1",), "m:last", START + timedelta(seconds=127)) == "pass"


def test_zero_holds_nothing() -> None:
    assert set(floods(FloodGuard(0, 60), 1000)) == {"pass"}


def test_a_flood_of_relists_is_let_through_until_that_is_taken_back() -> None:
    guard = FloodGuard(10, 60)
    floods(guard, 12)
    guard.judge("alert-1", verdict(1, "not a relist", alert=flood(1)))
    assert guard.meet(("t1",), "m:x", START) == "hold"
    guard.judge("alert-1", verdict(1, "relist", alert=flood(1)))
    assert set(floods(guard, 100, since=100)) == {"pass"}
    assert guard.meet(("t0", "t1"), "m:y", START) == "pass", "t0 has become one with it"
    assert floods(guard, 11, "t9")[-1] == "tip"
    guard.judge("alert-2", verdict(2, "relist", alert=flood(2)))
    guard.judge("alert-2", None)
    assert guard.meet(("t1",), "m:z", START) == "pass", "the other verdict stands"
    guard.judge("alert-1", None)
    assert guard.meet(("t1",), "m:z", START) == "hold"


def test_only_verdicts_on_floods_count() -> None:
    guard = FloodGuard(10, 60)
    floods(guard, 12)
    relist = msgspec.structs.replace(alert(1), cluster=("t1",))
    guard.judge("alert-1", verdict(1, "relist", alert=relist))
    assert guard.meet(("t1",), "m:x", START) == "hold"


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flood_guard, "MOST_SIGHTINGS", 500)
    guard = FloodGuard(100, 60)
    floods(guard, 150, "flooded")
    for n in range(5000):
        guard.meet((f"t{n}",), f"m:{n}", START + timedelta(seconds=n))
        if n % 50 == 0:
            assert guard.meet(("flooded",), f"m:again{n}", START + timedelta(seconds=n)) == "hold"
    assert sum(guard.count(f"t{n}") for n in range(5000)) + guard.count("flooded") <= 500
    assert guard.count("t0") == 0
    assert guard.count("t4999") == 1
    assert len(guard._met) <= 500


def test_the_alert_of_a_flood_is_the_same_for_all_who_see_it() -> None:
    first, second = FloodGuard(10, 60), FloodGuard(10, 60)
    floods(first, 11, "t0")
    floods(second, 11, "t0", since=300)
    made = msgspec.structs.replace(alert(1), cluster=("t0", "t1"))
    other = msgspec.structs.replace(alert(2), cluster=("t0",), listing_observed_at=NOON + timedelta(hours=3))
    told, again = flood_alert(made, first), flood_alert(other, second)
    assert told.alert_id == again.alert_id != made.alert_id
    assert (told.kind, told.evidence) == ("flood", (FloodEvidence(listings=11, minutes=60),))
    assert (told.listing, told.takedown, told.cluster) == (made.listing, made.takedown, made.cluster)
    tomorrow = msgspec.structs.replace(made, listing_observed_at=NOON + timedelta(days=1))
    assert flood_alert(tomorrow, first).alert_id != told.alert_id
    elsewhere = msgspec.structs.replace(made, cluster=("t7",))
    assert flood_alert(elsewhere, first).alert_id != told.alert_id
