"""When each listing of a load is due, drawn before the first is sent: nothing that happens then can move it. Pure."""

from typing import Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from connectors.sample.seeds import field

Arrival = Literal["constant", "poisson"]
MOST = 50_000_000
"""Listings of one run: their times take 8 bytes each."""


class Course(Struct, frozen=True, kw_only=True):
    """How the rate goes: `rate` listings a second for `seconds`, after a ramp of `ramp_seconds` from `ramp_from`.

    `constant`: at equal distances, as k6's constant-arrival-rate and wrk2 send. `poisson`: independent of each
    other, as many sellers list; two may be due at once.
    """

    rate: float
    seconds: float
    arrival: Arrival = "poisson"
    ramp_seconds: float = 0.0
    ramp_from: float = 0.0

    @property
    def length(self) -> float:
        """Seconds in all."""
        return self.ramp_seconds + self.seconds

    @property
    def expected(self) -> float:
        """Listings, as many as the rate gives on average."""
        return self.ramp_seconds * (self.ramp_from + self.rate) / 2 + self.seconds * self.rate

    def trouble(self) -> str | None:
        """What is wrong with it, in a sentence; None where nothing is."""
        if not (self.rate > 0 and self.seconds > 0):
            return "a load has a rate and a length above 0"
        if self.ramp_seconds < 0 or not 0 <= self.ramp_from <= self.rate:
            return "a ramp is from a rate between 0 and the load's, in 0 seconds or more"
        if self.expected > MOST:
            return f"a load has at most {MOST:,} listings, not {self.expected:,.0f}: shorten it or lower its rate"
        return None


def due_times(course: Course, seed: int) -> NDArray[np.float64]:
    """Seconds from the beginning at which each listing is due, ascending.

    The number of arrivals until t grows by the rate's integral; arrivals of a unit rate are drawn and moved to where
    that integral reaches them (time change of a Poisson process).
    """
    units = _unit_arrivals(course, seed)
    ramped = course.ramp_seconds * (course.ramp_from + course.rate) / 2
    on_ramp = units[units < ramped]
    steady = course.ramp_seconds + (units[on_ramp.size :] - ramped) / course.rate
    if not on_ramp.size:
        return steady
    slope = (course.rate - course.ramp_from) / course.ramp_seconds
    if slope == 0:
        return np.concatenate([on_ramp / course.rate, steady])
    # from * t + slope * t^2 / 2 = units, solved for t
    times = (np.sqrt(course.ramp_from**2 + 2 * slope * on_ramp) - course.ramp_from) / slope
    return np.concatenate([times, steady])


def _unit_arrivals(course: Course, seed: int) -> NDArray[np.float64]:
    if course.arrival == "constant":
        return np.arange(np.ceil(course.expected), dtype=np.float64)
    chance = field("load arrivals", seed)
    # Enough in all likelihood (8 standard deviations), and drawn on where it was not.
    size = int(course.expected + 8 * course.expected**0.5 + 16)
    arrivals = np.cumsum(chance.exponential(size=size))
    while arrivals[-1] < course.expected:
        arrivals = np.concatenate([arrivals, arrivals[-1] + np.cumsum(chance.exponential(size=size))])
    return arrivals[arrivals < course.expected]
