"""A worker that hangs as it is told: `python hanging_worker.py HOW`, settings from the environment.

What hangs does so at the first listing whose title begins with the word `hang`; `leaves` at once when it has its partitions.
"""

import asyncio
import re
import sys
import time
from collections.abc import Sequence
from typing import Any

from streams.logs import configure_logs
from streams.settings import load_settings
from streams.stages.fingerprint import FingerprintListings
from streams.worker.lost_watch import LostWatch
from streams.worker.worker import run_worker

process = FingerprintListings.process


def sleeping() -> None:
    """Blocks the loop; other threads run."""
    time.sleep(600)


def matching() -> None:
    """Blocks every thread: the lock is held for ever."""
    re.match(r"(a|a)*$", "a" * 60 + "b")


async def hanging(self: Any, messages: Sequence[Any]) -> Any:
    """In place of the stage's own."""
    if any(b'"title":"hang ' in (message.value or b"") for message in messages):
        if HOW == "waits":
            await asyncio.Event().wait()
        {"sleeps": sleeping, "matches": matching}[HOW]()
    return await process(self, messages)


class Leaving(LostWatch):
    """Takes the consumer out of its group behind Faust's back, as aiokafka does after max.poll."""

    def __enter__(self) -> Any:
        self._loop.call_later(0.1, self._leave)
        return super().__enter__()

    def _leave(self) -> None:
        if not WATCHED[0].partitions():
            self._loop.call_later(0.1, self._leave)
            return
        thread = WATCHED[0]._app.consumer._thread
        coordinator = thread._consumer._coordinator
        asyncio.run_coroutine_threadsafe(coordinator.close(), thread.thread_loop)
        sys.stderr.write("left the group\n")
        sys.stderr.flush()


WATCHED: list[Any] = []

if __name__ == "__main__":
    HOW = sys.argv[1]
    FingerprintListings.process = hanging  # type: ignore[method-assign]
    if HOW == "leaves":
        import streams.worker.worker as module

        made = module.Watch.__init__

        def noted(self: Any, *args: Any, **options: Any) -> None:
            made(self, *args, **options)
            WATCHED.append(self)

        module.Watch.__init__ = noted  # type: ignore[method-assign]
        module.LostWatch = Leaving  # type: ignore[misc]
    configure_logs(as_json=True)
    run_worker(load_settings())
