"""Lines and curves through measured points, with the error of predicting a point that was left out.

The error is what the model is held to: each point in turn is left out, the rest fitted, and the point predicted. An
estimate is as wide as those fits differ, and by the worst of those errors besides.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from streams.capacity.series import Point

LEAST_ERROR = 0.02
"""Of a fit whose left out points happen to lie on it, and of a series too short to leave one out: no measurement here
repeats itself better."""
TAIL = 3
"""Points of a curve from which it goes on beyond the last."""


class FitError(ValueError):
    """Too few points, or ones that are no measurements."""


@dataclass(frozen=True, slots=True)
class Span:
    """A figure and what it may be."""

    low: float
    mid: float
    high: float


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One point, predicted from the others."""

    x: float
    measured: float
    predicted: float

    @property
    def error(self) -> float:
        """Relative: 0.1 is a tenth too much."""
        return self.predicted / self.measured - 1


@dataclass(frozen=True, slots=True)
class Law:
    """y = base + slope x, neither below 0."""

    base: float
    slope: float

    def at(self, x: float) -> float:
        """The y of this x."""
        return self.base + self.slope * x


@dataclass(frozen=True, slots=True)
class Line:
    """A law, the laws without one point each, and the largest x that was measured."""

    law: Law
    others: tuple[Law, ...]
    left_out: tuple[LeftOut, ...]
    high: float

    @property
    def error(self) -> float:
        """The worst relative error of a left out point."""
        return worst(self.left_out)

    @property
    def slope(self) -> Span:
        """What one more costs."""
        return self._span([law.slope for law in (self.law, *self.others)])

    def at(self, x: float) -> Span:
        """The figure at `x`, measured or not."""
        return self._span([law.at(x) for law in (self.law, *self.others)])

    def _span(self, found: Sequence[float]) -> Span:
        return Span(min(found) / (1 + self.error), found[0], max(found) * (1 + self.error))


def fit_line(points: Sequence[Point]) -> Line:
    """The line through these points, and its error.

    Raises:
        FitError: fewer than two sizes, or a measurement that is not above 0.
    """
    ordered = _checked(points)
    others, left_out = [], []
    # Without its first point a line says nothing of where it begins: that one always stays.
    for number, point in enumerate(ordered[1:], start=1):
        rest = ordered[:number] + ordered[number + 1 :]
        if len({one.x for one in rest}) >= 2:
            law = line(rest)
            others.append(law)
            left_out.append(LeftOut(point.x, point.y, law.at(point.x)))
    return Line(line(ordered), tuple(others), tuple(left_out), ordered[-1].x)


def line(points: Sequence[Point]) -> Law:
    """Least squares of the relative errors, so that small figures count as much as large ones."""
    weights = [1 / point.y**2 for point in points]
    weighed = list(zip(weights, points, strict=True))
    total = sum(weights)
    mean_x = sum(w * point.x for w, point in weighed) / total
    mean_y = sum(w * point.y for w, point in weighed) / total
    spread = sum(w * (point.x - mean_x) ** 2 for w, point in weighed)
    together = sum(w * (point.x - mean_x) * (point.y - mean_y) for w, point in weighed)
    slope = max(0.0, together / spread) if spread else 0.0
    base = mean_y - slope * mean_x
    if base >= 0:
        return Law(base, slope)
    # Through the origin instead.
    return Law(0.0, sum(w * p.x * p.y for w, p in weighed) / sum(w * p.x**2 for w, p in weighed))


@dataclass(frozen=True, slots=True)
class Curve:
    """A search's cost by what is held: as measured between the points, in logarithms, and beyond the last by the power
    of the last few, but no more than in proportion, since no search reads more than all that is held.

    Below the first point it costs what it does there.
    """

    points: tuple[Point, ...]
    left_out: tuple[LeftOut, ...]
    """The inner points, predicted from their neighbours."""

    @property
    def error(self) -> float:
        """The worst relative error of a left out point."""
        return worst(self.left_out)

    @property
    def high(self) -> float:
        """The largest size that was measured."""
        return self.points[-1].x

    @property
    def exponent(self) -> Span:
        """k of cost ~ size^k over all that was measured; least and greatest without one of the points."""
        rests = [self.points[:n] + self.points[n + 1 :] for n in range(len(self.points))]
        found = [exponent(one) for one in (self.points, *rests) if len(one) > 1]
        return Span(min(found), found[0], max(found))

    @property
    def tail(self) -> float:
        """k of the last points, from 0 to 1, by which it goes on."""
        return min(1.0, max(0.0, exponent(self.points[-TAIL:])))

    def at(self, x: float) -> Span:
        """The figure where so much is held. Beyond what was measured it may stay as it is or become proportional: a
        few points with their noise do not tell."""
        if x <= self.high:
            mid = between(self.points, x)
            return Span(mid / (1 + self.error), mid, mid * (1 + self.error))
        last, times = self.points[-1].y, x / self.high
        return Span(last / (1 + self.error), last * times**self.tail, last * times * (1 + self.error))


def fit_curve(points: Sequence[Point]) -> Curve:
    """The curve through these points.

    Raises:
        FitError: as `fit_line`, or a size of 0.
    """
    ordered = _checked(points)
    if ordered[0].x <= 0:
        raise FitError("a curve has no point at 0")
    left_out = [
        LeftOut(point.x, point.y, between(ordered[:number] + ordered[number + 1 :], point.x))
        for number, point in enumerate(ordered)
        if 0 < number < len(ordered) - 1
    ]
    return Curve(tuple(ordered), tuple(left_out))


def exponent(points: Sequence[Point]) -> float:
    """k of y ~ x^k: least squares of the logarithms."""
    logs = [(math.log(point.x), math.log(point.y)) for point in points]
    mean_x = sum(x for x, _ in logs) / len(logs)
    mean_y = sum(y for _, y in logs) / len(logs)
    return sum((x - mean_x) * (y - mean_y) for x, y in logs) / sum((x - mean_x) ** 2 for x, _ in logs)


def between(points: Sequence[Point], x: float) -> float:
    """On the straight line of logarithms between the neighbours of `x`; outside, what the nearest has."""
    if x <= points[0].x:
        return points[0].y
    for left, right in itertools.pairwise(points):
        if x <= right.x:
            share = math.log(x / left.x) / math.log(right.x / left.x)
            return float(left.y ** (1 - share) * right.y**share)
    return points[-1].y


def worst(left_out: Sequence[LeftOut]) -> float:
    """The largest relative error of these."""
    return max([LEAST_ERROR, *(abs(one.error) for one in left_out)])


def _checked(points: Sequence[Point]) -> list[Point]:
    ordered = sorted(points, key=lambda point: point.x)
    if bad := [point for point in ordered if not (0 <= point.x < math.inf and 0 < point.y < math.inf)]:
        raise FitError(f"{bad[0].y} at {bad[0].x} is no measurement")
    if len({point.x for point in ordered}) < 2:
        raise FitError("fewer than two sizes were measured")
    if len({point.x for point in ordered}) < len(ordered):
        raise FitError("a size was measured twice")
    return ordered
