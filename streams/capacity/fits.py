"""Lines and curves through measured points, with the error of predicting a point that was left out.

The error is what the model is held to: each point in turn is left out, the rest fitted, and the point predicted. Beyond
the measured range an estimate is as wide as those fits differ, and by the worst of those errors besides.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from streams.capacity.series import Point

Shape = Literal["line", "power"]
"""`line`: y = a + b x, neither below 0. `power`: y = c x^k."""
TAIL = 3
"""Points of a curve from which it goes on beyond the last."""
LEAST_ERROR = 0.02
"""Of a fit whose left out points happen to lie on it, and of a series too short to leave one out: no measurement here
repeats itself better."""


class FitError(ValueError):
    """Too few points, or ones that are no measurements; the message says of which series."""


@dataclass(frozen=True, slots=True)
class Span:
    """A figure and what it may be."""

    low: float
    mid: float
    high: float


@dataclass(frozen=True, slots=True)
class Law:
    """What was fitted: y = base + factor x^exponent."""

    base: float
    factor: float
    exponent: float

    def at(self, x: float) -> float:
        """The y of this x."""
        return self.base + (self.factor * x**self.exponent if x > 0 else 0.0)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One point, predicted from the others. `error`: predicted over measured, less 1."""

    x: float
    measured: float
    predicted: float

    @property
    def error(self) -> float:
        """Relative: 0.1 is a tenth too much."""
        return self.predicted / self.measured - 1


@dataclass(frozen=True, slots=True)
class Fit:
    """A law, the laws without one point each, and the range it was measured in."""

    law: Law
    others: tuple[Law, ...]
    left_out: tuple[LeftOut, ...]
    low: float
    high: float

    @property
    def error(self) -> float:
        """The worst relative error of a left out point."""
        return max([LEAST_ERROR, *(abs(one.error) for one in self.left_out)])

    @property
    def exponents(self) -> Span:
        """The exponent, and the least and greatest without one of the points."""
        found = [self.law.exponent, *(law.exponent for law in self.others)]
        return Span(min(found), self.law.exponent, max(found))

    @property
    def slope(self) -> Span:
        """What one more costs on a line."""
        found = [self.law.factor, *(law.factor for law in self.others)]
        return Span(min(found) / (1 + self.error), self.law.factor, max(found) * (1 + self.error))

    def at(self, x: float) -> Span:
        """The figure at `x`, measured or not."""
        mid = self.law.at(x)
        found = [mid, *(law.at(x) for law in self.others)]
        return Span(min(found) / (1 + self.error), mid, max(found) * (1 + self.error))

    def measured_at(self, x: float) -> bool:
        """Whether `x` lies in the measured range."""
        return self.low <= x <= self.high


def fit(points: Sequence[Point], shape: Shape) -> Fit:
    """The law through these points, and its error.

    Raises:
        FitError: fewer than two sizes, or a measurement that is not above 0.
    """
    ordered = sorted(points, key=lambda point: point.x)
    if len({point.x for point in ordered}) < 2:
        raise FitError("fewer than two sizes were measured")
    if bad := [point for point in ordered if not (0 <= point.x < math.inf and 0 < point.y < math.inf)]:
        raise FitError(f"{bad[0].y} at {bad[0].x} is no measurement")
    if shape == "power" and ordered[0].x <= 0:
        raise FitError("a power has no point at 0")
    fitted = line if shape == "line" else power
    others, left_out = [], []
    # Without its first point a line says nothing of where it begins: that one always stays.
    kept = 1 if shape == "line" else 0
    for number, point in enumerate(ordered):
        rest = ordered[:number] + ordered[number + 1 :]
        if number >= kept and len({one.x for one in rest}) >= 2:
            law = fitted(rest)
            others.append(law)
            left_out.append(LeftOut(point.x, point.y, law.at(point.x)))
    return Fit(fitted(ordered), tuple(others), tuple(left_out), ordered[0].x, ordered[-1].x)


def line(points: Sequence[Point]) -> Law:
    """Least squares of the relative errors, so that small figures count as much as large ones."""
    weights = [1 / point.y**2 for point in points]
    total = sum(weights)
    mean_x = sum(w * point.x for w, point in zip(weights, points, strict=True)) / total
    mean_y = sum(w * point.y for w, point in zip(weights, points, strict=True)) / total
    spread = sum(w * (point.x - mean_x) ** 2 for w, point in zip(weights, points, strict=True))
    together = sum(
        w * (point.x - mean_x) * (point.y - mean_y) for w, point in zip(weights, points, strict=True)
    )
    slope = max(0.0, together / spread) if spread else 0.0
    base = mean_y - slope * mean_x
    if base < 0:  # through the origin instead
        base = 0.0
        slope = sum(w * point.x * point.y for w, point in zip(weights, points, strict=True)) / sum(
            w * point.x**2 for w, point in zip(weights, points, strict=True)
        )
    return Law(base, slope, 1.0)


def power(points: Sequence[Point]) -> Law:
    """Least squares of the logarithms."""
    logs = [(math.log(point.x), math.log(point.y)) for point in points]
    mean_x = sum(x for x, _ in logs) / len(logs)
    mean_y = sum(y for _, y in logs) / len(logs)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in logs) / sum((x - mean_x) ** 2 for x, _ in logs)
    return Law(0.0, math.exp(mean_y - slope * mean_x), slope)


@dataclass(frozen=True, slots=True)
class Curve:
    """A search's cost by what is held: as measured between the points, in logarithms, and beyond the last by the power
    of the last few, but no more than in proportion, since no search reads more than all that is held.

    Below the first point it costs what it does there. `error`: worst of the inner points, predicted from its
    neighbours.
    """

    points: tuple[Point, ...]
    tail: Fit
    left_out: tuple[LeftOut, ...]

    @property
    def error(self) -> float:
        """The worst relative error of a left out point."""
        return max([LEAST_ERROR, *(abs(one.error) for one in self.left_out)])

    @property
    def high(self) -> float:
        """The largest size that was measured."""
        return self.points[-1].x

    def at(self, x: float) -> Span:
        """The figure where so much is held."""
        if x <= self.high:
            mid = between(self.points, x)
            return Span(mid / (1 + self.error), mid, mid * (1 + self.error))
        last, times = self.points[-1].y, x / self.high
        powers = [min(1.0, max(0.0, power)) for power in
                  (self.tail.exponents.low, self.tail.exponents.mid, self.tail.exponents.high)]  # fmt: skip
        # A tail may end flat or steep by the noise of one point: beyond what was measured anything from there to
        # proportional is possible.
        low, mid, high = (last * times**power for power in (powers[0], powers[1], 1.0))
        return Span(low / (1 + self.error), mid, high * (1 + self.error))


def fit_curve(points: Sequence[Point]) -> Curve:
    """The curve through these points.

    Raises:
        FitError: as `fit`.
    """
    ordered = tuple(sorted(points, key=lambda point: point.x))
    tail = fit(ordered[-TAIL:], "power")
    fit(ordered, "power")
    left_out = [
        LeftOut(point.x, point.y, between(ordered[:number] + ordered[number + 1 :], point.x))
        for number, point in enumerate(ordered)
        if 0 < number < len(ordered) - 1
    ]
    return Curve(ordered, tail, tuple(left_out))


def between(points: Sequence[Point], x: float) -> float:
    """On the straight line of logarithms between the neighbours of `x`; outside, what the nearest has."""
    if x <= points[0].x:
        return points[0].y
    for left, right in itertools.pairwise(points):
        if x <= right.x:
            share = math.log(x / left.x) / math.log(right.x / left.x)
            return float(left.y ** (1 - share) * right.y**share)
    return points[-1].y
