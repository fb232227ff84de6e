"""Counters since the start become rates: over restarts, pauses and what comes late, never negative."""

from collections.abc import Sequence

import pytest
from heartbeat_records import heartbeat
from hypothesis import given
from hypothesis import strategies as st

from streams.console.rates import Growth, Rates, counts_of
from streams.percentiles import latency, percentile

steps = st.lists(
    st.tuples(st.sampled_from("ab"), st.booleans(), st.floats(0.1, 30), st.integers(0, 10_000)), max_size=40
)


def test_a_rate_is_over_the_last_heartbeats() -> None:
    rates = Rates(window=6)
    for second in range(0, 21, 2):
        rates.take("w", 0, 1000 + second, {"in": second * 50})
    rates.take("w", 0, 1022, {"in": 22 * 50 + 600})
    assert rates.per_second(["w"])["in"] == pytest.approx(50 + 100)
    assert rates.per_second(["other"]) == {}


def test_rates_of_several_are_added_up_and_the_silent_are_left_out() -> None:
    rates = Rates()
    for instance in ("w1", "w2", "lost"):
        rates.take(instance, 0, 1000, {"in": 0})
        rates.take(instance, 0, 1002, {"in": 20})
    assert rates.per_second(["w1", "w2"]) == {"in": 20.0}


def test_what_a_young_process_counted_since_its_start_is_a_rate_at_once() -> None:
    rates = Rates()
    rates.take("new", 1000, 1002, {"in": 30})
    rates.take("old", 0, 1002, {"in": 1_000_000})
    assert rates.per_second(["new", "old"]) == {"in": 15.0}


def test_a_restart_counts_from_nothing_and_what_comes_late_is_left_out() -> None:
    rates = Rates()
    rates.take("w", 0, 1000, {"in": 5000})
    rates.take("w", 0, 1002, {"in": 5100})
    rates.take("w", 1003, 1004, {"in": 7})
    assert rates.per_second(["w"]) == {"in": 7.0}
    rates.take("w", 0, 1005, {"in": 5200})
    rates.take("w", 1003, 1003.5, {"in": 3})
    assert rates.per_second(["w"]) == {"in": 7.0}


@given(steps)
def test_no_rate_is_negative_or_more_than_was_counted(steps: Sequence[tuple[str, bool, float, int]]) -> None:
    """Two processes that count, and now and then start again."""
    rates, now = Rates(), 1_000_000.0
    started, counted = {"a": now, "b": now}, {"a": 0, "b": 0}
    for instance, restarts, seconds, more in steps:
        now += seconds
        if restarts:
            started[instance], counted[instance] = now - 0.05, 0
        counted[instance] += more
        rates.take(instance, started[instance], now, {"in": counted[instance]})
        for name in "ab":
            rate = rates.of(name).get("in", 0.0)
            assert 0 <= rate * rates.seconds_of(name) <= counted[name] + 1e-6


@given(st.lists(st.tuples(st.floats(0.1, 5), st.integers(-50, 1000)), max_size=40))
def test_growth_is_never_negative_though_a_topic_is_made_anew(steps: Sequence[tuple[float, int]]) -> None:
    growth, at, size = Growth(), 0.0, 100
    for seconds, more in steps:
        at, size = at + seconds, max(0, size + more)
        growth.take(at, {"listings": size})
        assert growth.per_second().get("listings", 0.0) >= 0


def test_growth_of_what_is_new_waits_for_a_second_look() -> None:
    growth = Growth()
    growth.take(0, {"listings": 10})
    assert growth.per_second() == {}
    growth.take(2, {"listings": 30, "alerts": 5000})
    assert growth.per_second() == {"listings": 10.0}


def test_counts_are_named_by_what_they_count() -> None:
    counts = counts_of(heartbeat())
    assert counts["in:fingerprint:pasar-uji"] == 500
    assert counts["out:match:pasar-uji"] == 7
    assert counts["letters:fingerprint-listings malformed-json"] == 2
    assert (counts["asked:throttled"], counts["asked:requests"], counts["photos:not-found"]) == (1, 7, 3)


@given(st.lists(st.floats(0, 1e6), min_size=1), st.integers(1, 100))
def test_a_percentile_is_a_value_that_its_share_does_not_exceed(values: list[float], percent: int) -> None:
    ordered, share = sorted(values), percent / 100
    found = percentile(ordered, percent)
    assert sum(value <= found for value in ordered) >= share * len(ordered) - 1e-9
    assert sum(value < found for value in ordered) < share * len(ordered) + 1e-9


def test_percentiles_of_a_hundred_and_of_none() -> None:
    found = latency([float(number) for number in range(100, 0, -1)])
    assert found is not None
    assert (found.p50, found.p95, found.p99, found.count) == (50, 95, 99, 100)
    assert latency([]) is None
