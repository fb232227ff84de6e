"""How fast to ask: as fast as allowed, slower after every "too many requests", slowly faster again."""

from connectors.clock import Clock
from connectors.stop import Stop

SLOWER = 0.5
FASTER = 1.02
"""A request's growth after a success: from half the rate back to the whole within some 35 requests."""
LEAST_SHARE = 1 / 64


class Rate:
    """A token bucket of `per_second` requests with `burst` at once, whose rate follows the other side's answers.

    Additive increase would forget within seconds what "too many" taught; multiplication keeps the same shape at
    1 and at 1,000 requests a second. Not safe for threads: each connector has its own.
    """

    def __init__(self, per_second: float, *, burst: int = 1) -> None:
        if per_second <= 0 or burst < 1:
            raise ValueError("a rate has more than 0 requests a second and a burst of 1 or more")
        self.limit = per_second
        self.per_second = per_second
        """The rate in force: `limit`, or less after a refusal."""
        self._burst = burst
        self._left = float(burst)
        self._at: float | None = None
        self._closed_until = 0.0

    def wait(self, clock: Clock, stop: Stop) -> bool:
        """Wait for the next request's turn; False where `stop` was set meanwhile."""
        while not stop.is_set():
            now = clock.monotonic()
            if self._at is not None:
                self._left = min(float(self._burst), self._left + (now - self._at) * self.per_second)
            self._at = now
            pause = max(self._closed_until - now, (1.0 - self._left) / self.per_second)
            # What is below the clock's own grain is no wait: it would loop on rounding.
            if pause <= 1e-6:
                self._left -= 1.0
                return True
            clock.wait(stop, pause)
        return False

    def refused(self, clock: Clock, after: float) -> None:
        """The other side said "too many": half as fast, and nothing at all for `after` seconds."""
        self.per_second = max(self.limit * LEAST_SHARE, self.per_second * SLOWER)
        self._closed_until = clock.monotonic() + after
        self._left = 0.0

    def accepted(self) -> None:
        """A request went through: a little faster, up to the limit."""
        self.per_second = min(self.limit, self.per_second * FASTER)
