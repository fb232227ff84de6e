"""The buckets against a sorted list: never too small, too large by 0.1% at most, however they were put together."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.load.histogram import ERROR, Histogram, bucket_of, top_of

SECONDS = st.floats(min_value=0, max_value=1e5, allow_nan=False)
PERCENT = st.sampled_from([0.0, 1.0, 50.0, 90.0, 95.0, 99.0, 99.9, 100.0])


def of(values: list[float]) -> Histogram:
    counted = Histogram()
    for value in values:
        counted.record(value)
    return counted


@given(st.lists(SECONDS, min_size=1, max_size=60), PERCENT)
def test_a_percentile_is_the_nearest_rank_within_the_error(values: list[float], percent: float) -> None:
    rank = max(1, math.ceil(round(percent * 10) * len(values) / 1000))
    exact = math.ceil(sorted(values)[rank - 1] * 1e6) / 1e6
    found = of(values).percentile(percent)
    assert found is not None
    assert exact - 1e-9 <= found <= exact * (1 + ERROR) + 1e-9


@given(st.integers(0, 2**45))
def test_buckets_have_no_gap_and_do_not_overlap(units: int) -> None:
    bucket = bucket_of(units)
    assert (top_of(bucket - 1) if bucket else -1) < units <= top_of(bucket)
    assert bucket_of(top_of(bucket)) == bucket
    assert bucket_of(top_of(bucket) + 1) == bucket + 1


@given(st.lists(SECONDS, max_size=30), st.lists(SECONDS, max_size=30))
def test_two_added_are_one_of_both_and_counts_read_back(one: list[float], other: list[float]) -> None:
    both = of(one)
    both.add(of(other))
    assert both.counts == of(one + other).counts == Histogram(both.counts).counts
    assert both.count == len(one) + len(other)


def test_999_of_1000_and_nothing() -> None:
    assert of([n / 1000 for n in range(1, 1001)]).percentile(99.9) == pytest.approx(0.999, rel=ERROR)
    assert Histogram().percentile(50) is None
    assert of([-3.0]).most == 0.0
    with pytest.raises(ValueError, match="percent"):
        Histogram().percentile(101)
