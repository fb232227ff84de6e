"""Reports made beside the pages and kept for a while: whoever asks meanwhile gets the one there is."""

import asyncio
import contextlib
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from streams.console.context import Console
from streams.console.side_jobs import Failed, Reported, ReportJob
from streams.console.side_processes import SideProcesses
from streams.takedowns.cases import Dimension

FRESH_SECONDS = 30.0
"""After which a report is made anew when somebody asks; until it is there they get the older one, with its time."""
STALE_SECONDS = 3600.0
PAGE_SECONDS = 0.1
"""A process takes half a second to start: whoever asks first looks at a page that says so meanwhile."""
KEPT = 20
LONGEST_SECONDS = 300.0
KIND = "requests"


class ReportError(Exception):
    """The report could not be made; the message says why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is of."""

    by: tuple[Dimension, ...]
    since: datetime | None
    until: datetime | None


class Reports:
    """Makes one report at a time. Use it from the pages' loop."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._processes = SideProcesses()
        self._thread = ThreadPoolExecutor(1, "report")
        self._made: OrderedDict[Asked, tuple[float, Reported]] = OrderedDict()
        self._being_made: dict[Asked, asyncio.Task[Reported]] = {}
        self._failed: dict[Asked, str] = {}
        """Told to the next who asks, once."""

    async def soon(self, asked: Asked) -> Reported | None:
        """The report, or None where it takes longer than a page waits; pages are told when it is there.

        Raises:
            ReportError: it cannot be made.
        """
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(self.report(asked), PAGE_SECONDS)
        return None

    async def report(self, asked: Asked) -> Reported:
        """The report, not older than an hour; where it is older than half a minute, a new one is begun.

        Raises:
            ReportError: it cannot be made.
        """
        if (why := self._failed.pop(asked, None)) is not None:
            raise ReportError(why)
        found = self._made.get(asked)
        age = time.monotonic() - found[0] if found else STALE_SECONDS
        if found and age < FRESH_SECONDS:
            return found[1]
        task = self._being_made.get(asked)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._make(asked))
            self._being_made[asked] = task
            task.add_done_callback(lambda done: self._over(asked, done))
        if found and age < STALE_SECONDS:
            return found[1]
        return await asyncio.shield(task)

    def end(self) -> None:
        """End what runs; who asks now is told so."""
        self._processes.end()

    async def _make(self, asked: Asked) -> Reported:
        url = self._console.database.engine.url.render_as_string(hide_password=False)
        job = ReportJob(database=url, by=asked.by, since=asked.since, until=asked.until)
        answer = await asyncio.get_running_loop().run_in_executor(
            self._thread, lambda: self._processes.run(job, lambda _: None, LONGEST_SECONDS)
        )
        if isinstance(answer, Reported):
            return answer
        raise ReportError(answer.why if isinstance(answer, Failed) else type(answer).__name__)

    def _over(self, asked: Asked, done: asyncio.Task[Reported]) -> None:
        self._being_made.pop(asked, None)
        if done.cancelled():
            return
        if (error := done.exception()) is not None:
            self._failed[asked] = str(error)
            self._console.live.changed(KIND)
            return
        self._made[asked] = time.monotonic(), done.result()
        self._made.move_to_end(asked)
        while len(self._made) > KEPT:
            self._made.popitem(last=False)
        # Those who wait, or got the older one, look again.
        self._console.live.changed(KIND)


def dimensions(wanted: Sequence[str], known: Sequence[Dimension]) -> tuple[Dimension, ...]:
    """Those of them that there are, in their usual order; all where none is wanted."""
    return tuple(each for each in known if each in wanted) or tuple(known)


_making = threading.Lock()


def reports_of(console: Console) -> Reports:
    """The console's reports."""
    with _making:
        if Reports not in console.services:
            console.services[Reports] = Reports(console)
    return console.service(Reports)
