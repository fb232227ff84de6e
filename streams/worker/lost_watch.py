"""A thread that ends a worker which hangs or has lost its group, so that a supervisor starts another.

Independent of the event loop, and of the interpreter's lock too: where a call burns time under the lock for ever, such
as a regular expression gone wild, no thread runs any more, and the kernel's own timer ends the process.
"""

import asyncio
import faulthandler
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from types import TracebackType
from typing import Self

import structlog

from streams.first_process import end_by_sigprof
from streams.settings import Settings
from streams.worker.group_standing import is_readable, standing_of
from streams.worker.vigil import Verdict, Vigil

log = structlog.get_logger(__name__)

EXIT_LOST = 75
"""EX_TEMPFAIL of sysexits.h: try again."""
TURNS = 60
"""Looks at the event loop in the time that a worker may be lost."""
ASKS = 8
"""Questions to Kafka in that time."""
LOG_SECONDS = 3.0
"""To write why. Stderr may be what everything hangs on."""
LATER = 1.5
"""Of the bound, in processor time since this watch last ran: then the process ends by SIGPROF. Not by the clock, which
goes on for a process that is stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What the watch looks at in a worker, from its own threads; the callables only read.

    `group` is its consumer group. `joins`: whether the worker should be in it by now. `progress`: by topic, grows as
    the work on it gets on. `waits`: whether what it made cannot be delivered now.
    """

    client_id: str
    group: str
    joins: Callable[[], bool]
    progress: Callable[[], Mapping[str, int]]
    waits: Callable[[], bool]


class LostWatch:
    """A context manager around the worker's life. Without a bound (`worker.lost_seconds = 0`) it does nothing."""

    def __init__(
        self,
        settings: Settings,
        loop: asyncio.AbstractEventLoop,
        watched: Watched,
        end: Callable[[int], object] = os._exit,
    ) -> None:
        self._settings, self._loop, self._watched, self._end = settings, loop, watched, end
        self._bound = settings.worker.lost_seconds
        self._turn = self._bound / TURNS
        self._vigil = Vigil(self._bound, 2 * self._turn)
        self._over = threading.Event()
        self._loop_turns = 0
        self._answer: threading.Thread | None = None
        self._verdict: Verdict | None = None
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        if self._bound:
            self._threads = [
                threading.Thread(target=self._watch, name="lost-watch", daemon=True),
                threading.Thread(target=self._ask, name="lost-ask", daemon=True),
            ]
            end_by_sigprof()
            # The traceback of every thread, then the signal's own effect: the end. In C, without the lock.
            faulthandler.register(signal.SIGPROF, all_threads=True, chain=True)
            for thread in self._threads:
                thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._over.set()
        if self._threads:
            self._threads[0].join()
            signal.setitimer(signal.ITIMER_PROF, 0)

    def _watch(self) -> None:
        while not self._over.wait(self._turn):
            signal.setitimer(signal.ITIMER_PROF, LATER * self._bound)
            try:
                self._loop.call_soon_threadsafe(self._turned)
            except RuntimeError:
                return  # The loop is closed: the worker is ending.
            verdict = self._vigil.turn(monotonic(), self._loop_turns) or self._verdict
            if verdict is not None:
                self._end_uncommitted(verdict)
                return

    def _turned(self) -> None:
        self._loop_turns += 1

    def _ask(self) -> None:
        """In a thread of its own: Kafka may take half a minute to say nothing, and the loop is looked at meanwhile."""
        while not self._over.wait(self._bound / ASKS):
            if not self._watched.joins():
                continue
            standing = standing_of(self._settings, self._watched.group, self._watched.client_id)
            verdict = self._vigil.told(standing, self._watched.progress(), waits=self._watched.waits())
            if verdict is not None and verdict.doubt is not None:
                partition, offset = verdict.doubt
                if not is_readable(self._settings, partition, offset):
                    self._vigil.cleared(partition)
                    continue
            self._verdict = verdict

    def _end_uncommitted(self, verdict: Verdict) -> None:
        """End at once, as a kill would: what is in hand is not committed and goes to another worker."""
        says = threading.Thread(target=self._say, args=(verdict,), daemon=True)
        says.start()
        says.join(LOG_SECONDS)
        self._end(EXIT_LOST)

    def _say(self, verdict: Verdict) -> None:
        log.critical("worker is lost, ending uncommitted", why=verdict.why, exit_code=EXIT_LOST,
                     group=self._watched.group, client=self._watched.client_id)  # fmt: skip
        # What it hangs on, for whoever looks into it.
        faulthandler.dump_traceback(sys.stderr, all_threads=True)
