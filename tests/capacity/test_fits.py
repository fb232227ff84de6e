"""Lines and curves through measured points: known laws come back, and the error is what a left out point says."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.capacity.fits import LEAST_ERROR, FitError, between, exponent, fit_curve, fit_line, line
from streams.capacity.series import Point

POSITIVE = st.floats(1e-6, 1e6)
SIZES = st.lists(st.integers(1, 10**7), min_size=3, max_size=8, unique=True).map(sorted)


@given(base=POSITIVE, slope=POSITIVE, sizes=SIZES)
def test_a_line_comes_back_and_predicts_what_is_left_out(base: float, slope: float, sizes: list[int]) -> None:
    found = fit_line([Point(x, base + slope * x) for x in sizes])
    for x in sizes:
        assert found.law.at(x) == pytest.approx(base + slope * x, rel=1e-4)
    assert found.error <= LEAST_ERROR
    assert found.high == sizes[-1]


@given(factor=POSITIVE, power=st.floats(-0.5, 2), sizes=SIZES)
def test_an_exponent_comes_back(factor: float, power: float, sizes: list[int]) -> None:
    assert exponent([Point(x, factor * x**power) for x in sizes]) == pytest.approx(power, abs=1e-6)


def test_the_error_is_that_of_the_worst_left_out_point() -> None:
    found = fit_line([Point(0, 1), Point(1, 2), Point(2, 3), Point(3, 8)])
    without_last = next(one for one in found.left_out if one.x == 3)
    assert without_last.predicted == pytest.approx(4)
    assert without_last.error == pytest.approx(-0.5)
    assert found.error >= 0.5
    # The first point stays: without it a line says nothing of where it begins.
    assert [one.x for one in found.left_out] == [1, 2, 3]


@given(
    points=st.lists(st.tuples(st.integers(1, 10**6), POSITIVE), min_size=3, max_size=8, unique_by=lambda one: one[0]),
    x=st.floats(1, 1e9),
)  # fmt: skip
def test_edges_lie_around_the_middle(points: list[tuple[int, float]], x: float) -> None:
    measured = [Point(*one) for one in points]
    for span in (fit_line(measured).at(x), fit_line(measured).slope, fit_curve(measured).at(x)):
        assert 0 <= span.low <= span.mid <= span.high < math.inf


@given(power=st.floats(0, 1), sizes=SIZES, times=st.floats(1.01, 1e3))
def test_a_curve_goes_on_as_it_came(power: float, sizes: list[int], times: float) -> None:
    found = fit_curve([Point(x, x**power) for x in sizes])
    assert found.exponent.mid == pytest.approx(power, abs=1e-6)
    there = found.at(sizes[-1] * times)
    assert there.mid == pytest.approx((sizes[-1] * times) ** power, rel=1e-3)
    # It may stay as it is or become proportional.
    assert there.low == pytest.approx(sizes[-1] ** power / (1 + found.error), rel=1e-6)
    assert there.high == pytest.approx(sizes[-1] ** power * times * (1 + found.error), rel=1e-6)


def test_beyond_what_was_measured_nothing_grows_more_than_in_proportion() -> None:
    steep = fit_curve([Point(10, 1), Point(100, 50), Point(1000, 5000)])
    assert steep.at(10_000).mid == pytest.approx(50_000)
    falling = fit_curve([Point(10, 5), Point(100, 2), Point(1000, 1)])
    assert falling.at(10_000).mid == pytest.approx(1)
    assert falling.at(10_000).high > 10


def test_between_two_points_is_the_middle_of_their_logarithms() -> None:
    points = (Point(10, 1), Point(1000, 100))
    assert [between(points, x) for x in (1, 10, 100, 1000, 10**6)] == pytest.approx([1, 1, 10, 100, 100])


@pytest.mark.parametrize("fitted", [fit_line, fit_curve], ids=["line", "curve"])
@pytest.mark.parametrize(
    "points",
    [
        [],
        [Point(1, 1)],
        [Point(1, 1), Point(1, 2)],
        [Point(1, 1), Point(2, 2), Point(2, 3)],
        [Point(1, 1), Point(2, 0)],
        [Point(1, 1), Point(2, math.nan)],
        [Point(1, 1), Point(math.inf, 1)],
        [Point(-1, 1), Point(2, 1)],
    ],
    ids=["none", "one", "one size", "a size twice", "zero", "no number", "endless", "below zero"],
)
def test_what_is_no_measurement_is_refused(
    points: list[Point], fitted: Callable[[list[Point]], object]
) -> None:
    with pytest.raises(FitError):
        fitted(points)


def test_a_curve_has_no_point_at_nothing() -> None:
    with pytest.raises(FitError, match="at 0"):
        fit_curve([Point(0, 1), Point(2, 1)])


def test_a_line_is_never_below_zero() -> None:
    falling = line([Point(0, 5), Point(1, 1)])
    assert falling.slope == 0
    steep = line([Point(1, 0.1), Point(2, 5), Point(3, 10)])
    assert (steep.base, steep.slope > 0) == (0, True)
