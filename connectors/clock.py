"""Time as connectors see it: injected, so that hours of polling are tested in milliseconds."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

from connectors.stop import Stop


class Clock(Protocol):
    """What time it is, and waiting."""

    def now(self) -> datetime:
        """The wall clock's time in UTC, with a zone; it may jump."""

    def monotonic(self) -> float:
        """Seconds that never go back."""

    def wait(self, stop: Stop, seconds: float) -> bool:
        """Wait until `stop` is set or the seconds are over; whether it is set."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some moment."""
        return time.monotonic()

    def wait(self, stop: Stop, seconds: float) -> bool:
        """Wait for real."""
        return stop.wait(max(0.0, seconds))


class SetClock:
    """A clock that stands still until it is set, or waited on: waiting moves it at once."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._elapsed = 0.0
        self.waited: list[float] = []
        """Every wait in seconds, in order."""

    def now(self) -> datetime:
        """The time it was set to, and what was waited since."""
        return self._now

    def monotonic(self) -> float:
        """Seconds waited and moved forward so far."""
        return self._elapsed

    def wait(self, stop: Stop, seconds: float) -> bool:
        """Move on by the seconds."""
        self.waited.append(seconds)
        self.move(seconds)
        return stop.is_set()

    def move(self, seconds: float) -> None:
        """Move on by the seconds; where they are negative the wall clock jumps back."""
        self._now += timedelta(seconds=seconds)
        self._elapsed += max(0.0, seconds)
