"""Something that is read again and again in a thread of its own, so that what waits for it holds nobody up."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

import structlog

log = structlog.get_logger(__name__)

Value = TypeVar("Value")
JOIN_SECONDS = 2.0
COMPLAINT_SECONDS = 60.0
PAUSE_SECONDS = 1.0
"""After a failure."""


class Sampler(Generic[Value]):
    """Calls `read` every so many seconds; `latest` is what it gave last. A context manager; it starts on entering.

    A `read` that raises is called again at the next turn; `failure` says why it does not work now. `close` is called
    at the end, in the same thread.
    """

    def __init__(
        self, name: str, seconds: float, read: Callable[[], Value], close: Callable[[], None] = lambda: None
    ) -> None:
        self._name, self._seconds, self._read, self._close = name, seconds, read, close
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._complained = float("-inf")
        self.latest: Value | None = None
        self.failure: str | None = None

    def __enter__(self) -> "Sampler[Value]":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it. One that still waits for an answer is left behind: it has nothing to lose."""
        self._stop.set()
        self._thread.join(JOIN_SECONDS)

    def stop(self) -> None:
        """Ask it to end, without waiting."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            started = time.monotonic()
            try:
                self.latest = self._read()
                self.failure = None
            except Exception as error:  # noqa: BLE001  shown to operators; the next turn may do better
                self.failure = f"{type(error).__name__}: {error}".partition("\n")[0][:300]
                if started - self._complained > COMPLAINT_SECONDS:
                    self._complained = started
                    log.warning("cannot be read", what=self._name, error=self.failure)
                self._stop.wait(PAUSE_SECONDS)
            self._stop.wait(max(0.0, self._seconds - (time.monotonic() - started)))
        self._close()
