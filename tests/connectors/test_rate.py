"""The bucket never lets more through than allowed, and follows the other side's refusals."""

import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.clock import SetClock
from connectors.rate import LEAST_SHARE, Rate

START = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


@given(per_second=st.floats(0.1, 500), burst=st.integers(1, 20), asked=st.integers(1, 60))
def test_never_more_than_the_burst_and_the_rate(per_second: float, burst: int, asked: int) -> None:
    clock, stop, rate = SetClock(START), threading.Event(), Rate(per_second, burst=burst)
    for _ in range(asked):
        assert rate.wait(clock, stop)
    # The bucket is full at the beginning, so only what is past the burst waits.
    assert clock.monotonic() == pytest.approx(max(0, asked - burst) / per_second, abs=1e-3)


def test_refusals_slow_it_down_to_a_floor_and_successes_bring_it_back() -> None:
    clock, rate = SetClock(START), Rate(64)
    for _ in range(20):
        rate.refused(clock, 0)
    assert rate.per_second == 64 * LEAST_SHARE
    for _ in range(1000):
        rate.accepted()
    assert rate.per_second == 64


def test_nothing_goes_out_within_the_pause() -> None:
    clock, stop, rate = SetClock(START), threading.Event(), Rate(100, burst=10)
    rate.refused(clock, 30)
    assert rate.wait(clock, stop)
    assert clock.monotonic() == pytest.approx(30)


def test_stop_ends_the_wait() -> None:
    stop = threading.Event()
    stop.set()
    assert not Rate(1).wait(SetClock(START), stop)


@pytest.mark.parametrize(("per_second", "burst"), [(0, 1), (-1, 1), (1, 0)])
def test_a_rate_of_nothing_is_refused(per_second: float, burst: int) -> None:
    with pytest.raises(ValueError, match="rate"):
        Rate(per_second, burst=burst)
