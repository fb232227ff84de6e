"""Pauses and recovery, by figures that can be reckoned by hand."""

import pytest

from streams.chaos.record import FaultRun, Planted, SeenAlert
from streams.chaos.timeline import longest_gap, spans


def sent(number: int, at: float) -> Planted:
    return Planted(key=f"k{number}", version="v", kind="relist", sent_at=at, takedown="t")


def alerted(number: int, at: float, copy: int = 0) -> SeenAlert:
    return SeenAlert(f"a{number}", f"k{number}", "v", "relist", ("t",), at)


@pytest.mark.parametrize(
    ("times", "gap"),
    [([], 10.0), ([5.0], 5.0), ([1.0, 2.0, 9.0], 7.0), ([0.5, 3.0, 9.5], 6.5), ([-5.0, 20.0], 10.0)],
)
def test_the_edges_count_as_times(times: list[float], gap: float) -> None:
    assert longest_gap(times, 0.0, 10.0) == gap


def test_a_pause_and_what_came_late_belong_to_the_fault_before_it() -> None:
    # One listing a second; from 10 to 18 nothing comes, then all at once, and from 40 on one is late by three.
    planted = [sent(number, float(number)) for number in range(60)]
    alerts = [alerted(number, 18.0 if 10 <= number < 18 else number + 0.1) for number in range(60)]
    alerts[41] = alerted(41, 44.0)
    faults = [FaultRun("first", 9.5, 15.0, 19.0), FaultRun("second", 40.0, 42.0, 45.0)]
    first, second = spans(faults, planted, alerts)
    assert first.pause == pytest.approx(18.0 - 9.5)
    assert first.late == pytest.approx(18.0 - 9.5)
    assert first.flowed == 5
    assert second.pause == pytest.approx(2.0)
    assert second.late == pytest.approx(4.0)


def test_a_second_copy_of_an_alert_is_not_late() -> None:
    planted = [sent(number, float(number)) for number in range(10)]
    alerts = [alerted(number, number + 0.1) for number in range(10)]
    (span,) = spans([FaultRun("one", 0.0, 5.0, 6.0)], planted, [*alerts, alerted(3, 9.0)])
    assert span.late == 0.0


def test_without_an_alert_the_whole_fault_is_a_pause() -> None:
    (span,) = spans([FaultRun("one", 5.0, 25.0, None)], [sent(1, 6.0)], [])
    assert span.pause == 20.0
    assert spans([], [], []) == []
