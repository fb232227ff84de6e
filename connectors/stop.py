"""How whatever runs learns that it should end: set once, by a signal or a test."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Protocol


class Stop(Protocol):
    """How a source learns that it should end, and waits meanwhile. A `threading.Event` is one."""

    def is_set(self) -> bool:
        """Whether to end now."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait at most so many seconds; True as soon as it is set."""


@contextmanager
def stop_on_signals() -> Iterator[threading.Event]:
    """An event that the first SIGINT or SIGTERM sets; the second ends the process as it always would."""
    stop = threading.Event()
    before: dict[int, Any] = {}

    def handle(number: int, _: FrameType | None) -> None:
        stop.set()
        signal.signal(number, before[number])

    for number in (int(signal.SIGINT), int(signal.SIGTERM)):
        before[number] = signal.signal(number, handle)
    try:
        yield stop
    finally:
        for restored, handler in before.items():
            signal.signal(restored, handler)
