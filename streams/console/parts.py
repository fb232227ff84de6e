"""The console's background parts, a thread each: what follows topics and watches the system while pages are shown."""

import threading
import time
from dataclasses import dataclass
from typing import Protocol

import structlog

from streams.console.context import Console

log = structlog.get_logger(__name__)

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
JOIN_SECONDS = 20.0


class Part(Protocol):
    """Something that runs beside the pages."""

    name: str

    def run(self, console: Console, stop: threading.Event) -> None:
        """Work until `stop` is set. Whatever it raises is logged, shown, and followed by a new start."""


@dataclass(slots=True)
class Failure:
    """Why a part does not run now. `since`: seconds since 1970."""

    why: str
    since: float


class Parts:
    """All of them, started together. A part that fails starts again after growing pauses; pages go on meanwhile."""

    def __init__(self, console: Console, parts: tuple[Part, ...]) -> None:
        self._console, self._parts = console, parts
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self.failures: dict[str, Failure] = {}
        """Of parts that do not run now, by name."""

    def start(self) -> None:
        """Start a thread for each."""
        for part in self._parts:
            thread = threading.Thread(target=self._keep_running, args=(part,), name=part.name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Ask all to end, and wait for them."""
        self._stop.set()
        until = time.monotonic() + JOIN_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _keep_running(self, part: Part) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._stop.is_set():
            started = time.monotonic()
            why = self._run(part)
            if self._stop.is_set() or why is None:
                return
            if time.monotonic() - started > LONGEST_PAUSE_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            earlier = self.failures.get(part.name)
            self.failures[part.name] = Failure(why, earlier.since if earlier else time.time())
            log.warning(
                "a part of the console failed and starts again", part=part.name, error=why, seconds=pause
            )
            self._stop.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _run(self, part: Part) -> str | None:
        try:
            part.run(self._console, self._stop)
        except Exception as error:  # noqa: BLE001  one part's fault must not take the console down
            return f"{type(error).__name__}: {error}"
        return None

    def runs_again(self, name: str) -> None:
        """Called by a part that has got so far that its earlier failure is over."""
        self.failures.pop(name, None)
