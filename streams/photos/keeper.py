"""Photos kept while a worker goes on: off the event loop, in bounds, and never in the way of a fingerprint."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from time import monotonic
from typing import Self, TypeVar

import structlog
from prometheus_client import Counter

from streams.metrics.metrics import Metrics
from streams.photos.store import PhotoStore, StoreError, StoreFullError, digest_of

log = structlog.get_logger(__name__)

T = TypeVar("T")

THREADS = 16
"""Photos in hand at once: a bucket takes some 50 ms for each, a folder less than one."""
PATIENCE_SECONDS = 5.0
"""For one photo, the wait for a place included."""
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
"""After a failure nothing is tried for a while, twice as long after each: a store that hangs would otherwise hold up
every photo for `PATIENCE_SECONDS`."""


class PhotoKeeper:
    """Puts photos into a store and takes them out, as an async context manager. Without a store it only names them.

    What cannot be kept is counted and logged, and the photo's digest is given all the same: it says which bytes
    were seen.
    """

    def __init__(
        self, store: PhotoStore | None, metrics: Metrics, *, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._store = store
        self._metrics = metrics
        self._patience = patience
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._open = False
        self._places = asyncio.Semaphore(THREADS)
        self._pause = 0.0
        self._paused_until = 0.0

    async def __aenter__(self) -> Self:
        """Start; nothing is connected yet."""
        if self._store is not None:
            self._open = True
            for number in range(THREADS):
                # Not an executor's: the interpreter waits for those, also for one that hangs in the store.
                Thread(target=self._serve, name=f"photo-store-{number}", daemon=True).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """End. A thread that hangs in the store is left behind, and ends with the process."""
        if self._open:
            self._open = False
            for _thread in range(THREADS):
                self._work.put(None)

    def _serve(self) -> None:
        while (job := self._work.get()) is not None:
            job()

    async def keep(self, raw: bytes) -> str:
        """The photo's digest; it is in the store if the store could take it. Never raises for the store's sake."""
        store = self._store
        if store is None:
            return digest_of(raw)
        started = monotonic()
        sha256 = await self._guarded(lambda: store.put(raw), self._metrics.photos_kept, "kept")
        self._metrics.photo_seconds.labels("keep").observe(monotonic() - started)
        return sha256 or digest_of(raw)

    async def find(self, sha256: str) -> bytes | None:
        """The photo of this digest, or None where the store does not have it or cannot be read."""
        store = self._store
        if store is None:
            return None
        return await self._guarded(lambda: store.get(sha256), self._metrics.photos_found, "found")

    async def _guarded(self, work: Callable[[], T | None], counter: Counter, done: str) -> T | None:
        outcome, result = await self._tried(work, done)
        counter.labels(outcome).inc()
        return result

    async def _tried(self, work: Callable[[], T | None], done: str) -> tuple[str, T | None]:
        if not self._open or monotonic() < self._paused_until:
            return "skipped", None
        try:
            async with asyncio.timeout(self._patience):
                result = await self._in_thread(work)
        except TimeoutError:
            self._rest("timeout", f"nothing within {self._patience} s")
            return "timeout", None
        except StoreFullError as error:
            self._rest("full", str(error))
            return "full", None
        except StoreError as error:
            self._rest("failed", str(error))
            return "failed", None
        except Exception:
            log.exception("the photo store fails in a way it should not", store=self._place)
            self._rest("failed", "an error of the program")
            return "failed", None
        self._pause = 0.0
        return (done if result is not None else "missing"), result

    async def _in_thread(self, work: Callable[[], T | None]) -> T | None:
        await self._places.acquire()
        done: Future[T | None] = Future()
        loop = asyncio.get_running_loop()

        def job() -> None:
            # From here on it cannot be cancelled, so that a result is always taken; before, it need not be done.
            if done.set_running_or_notify_cancel():
                try:
                    done.set_result(work())
                except BaseException as error:  # noqa: BLE001  raised where it is awaited
                    done.set_exception(error)
            # When the thread is done, not when we stop waiting for it: hanging ones keep their places.
            with suppress(RuntimeError):  # the loop may have ended meanwhile
                loop.call_soon_threadsafe(self._places.release)

        self._work.put(job)
        return await asyncio.wrap_future(done)

    def _rest(self, outcome: str, why: str) -> None:
        """Photos that fail together count as one failure."""
        now = monotonic()
        if now < self._paused_until:
            return
        self._pause = min(max(FIRST_PAUSE_SECONDS, 2 * self._pause), LONGEST_PAUSE_SECONDS)
        self._paused_until = now + self._pause
        log.warning(
            "photos are not kept", store=self._place, outcome=outcome, reason=why, seconds=self._pause
        )

    @property
    def _place(self) -> str:
        return self._store.place if self._store is not None else ""
