"""How many requests a simulated marketplace takes: a bucket that fills steadily and is emptied by requests."""


class Bucket:
    """`per_second` requests in the long run, `burst` at once. Measured by whatever clock the caller uses."""

    def __init__(self, per_second: float, burst: float | None = None) -> None:
        if per_second <= 0:
            raise ValueError(f"requests per second are more than 0, not {per_second}")
        self._per_ms = per_second / 1000
        self._room = max(1.0, per_second if burst is None else burst)
        self._level = self._room
        self._at_ms: int | None = None

    def take(self, now_ms: int) -> bool:
        """Whether one more request is allowed now; a clock set back fills nothing."""
        passed = max(0, now_ms - (now_ms if self._at_ms is None else self._at_ms))
        self._level = min(self._room, self._level + passed * self._per_ms)
        self._at_ms = now_ms
        if self._level < 1:
            return False
        self._level -= 1
        return True
