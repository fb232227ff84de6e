"""Where values stand on a plot, and which of them are written beside it. Pure."""

import math
from collections.abc import Callable
from dataclasses import dataclass

TICKS = 5
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
PIXEL_DIGITS = 1


@dataclass(frozen=True, slots=True)
class Tick:
    """A value that is written at its place, in pixels."""

    place: float
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """From values to pixels: `low` is at `start`, `high` at `end`, whichever of the two is larger."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[Tick, ...] = ()
    logarithmic: bool = False

    def at(self, value: float) -> float:
        """The place of a value; one beyond the ends is at the end."""
        low, high, here = self.low, self.high, min(max(value, self.low), self.high)
        if self.logarithmic:
            low, high, here = math.log(low), math.log(high), math.log(here)
        return round(self.start + (here - low) / (high - low) * (self.end - self.start), PIXEL_DIGITS)


def plain(number: float) -> str:
    """A number as short as it can be read."""
    return f"{number:,.0f}" if number >= 100 or number == int(number) else f"{number:.3g}"


def linear(most: float, start: float, end: float, label: Callable[[float], str] = plain) -> Axis:
    """From 0 to a round number at or above `most`."""
    step = step_of(most if most > 0 else 1.0)
    count = max(1, math.ceil(round(most / step, 9)))
    axis = Axis(0.0, step * count, start, end)
    ticks = tuple(Tick(axis.at(step * n), label(step * n)) for n in range(count + 1))
    return Axis(axis.low, axis.high, start, end, ticks)


def within(most: float, start: float, end: float, label: Callable[[float], str] = plain) -> Axis:
    """From 0 to just `most`, with round numbers on the way."""
    axis = Axis(0.0, max(most, 1e-9), start, end)
    step = step_of(axis.high)
    ticks = tuple(Tick(axis.at(step * n), label(step * n)) for n in range(int(axis.high / step + 1e-9) + 1))
    return Axis(axis.low, axis.high, start, end, ticks)


def step_of(most: float) -> float:
    """A round distance of which some five make `most`."""
    power = 10.0 ** math.floor(math.log10(most / TICKS))
    return next(power * step for step in STEPS if power * step * TICKS >= most * (1 - 1e-9))


def logarithmic(
    least: float, most: float, start: float, end: float, label: Callable[[float], str] = plain
) -> Axis:
    """From a power of ten (or two or five of it) at or below `least` to one at or above `most`; both above 0."""
    marks = [10.0**power * step for power in range(-4, 9) for step in (1, 2, 5)]
    low = max((mark for mark in marks if mark <= least), default=marks[0])
    high = min((mark for mark in marks if mark >= most and mark > low), default=marks[-1])
    axis = Axis(low, high, start, end, logarithmic=True)
    shown = [mark for mark in marks if low <= mark <= high]
    if len(shown) > 2 * TICKS:
        shown = [mark for mark in shown if math.log10(mark).is_integer()]
    return Axis(low, high, start, end, tuple(Tick(axis.at(mark), label(mark)) for mark in shown), True)
