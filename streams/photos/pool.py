"""Photos decoded and hashed in processes of their own, so that no photo can stop or starve a worker.

Each child has one photo in hand at most, so the guilty photo is always known: one that hangs or kills its
child costs that child alone. The children end with this process, however it ends.
"""

import asyncio
from itertools import chain, repeat
from time import monotonic
from typing import Self

import structlog

from fingerprints.photo_decode import PhotoError
from fingerprints.photo_print import PhotoPrint
from streams.photos.child import Reply
from streams.photos.process import LONGEST_REPLY, ChildGone, PhotoProcess

log = structlog.get_logger(__name__)

ATTEMPTS = 2
"""A child may be ended from outside (out of memory, an operator); twice is the photo's doing."""
START_WAITS = (0.1, 0.5, 1.0, 2.0)
"""Seconds between attempts to start a child; the last one repeats."""
START_PATIENCE = 30.0
"""How long a child is tried to start. One was killed while it started (the kernel ends what eats memory, and it does
not ask whether it is ready): the photo that waited for it is not to blame."""
GRACE_SECONDS = 0.05
"""Read once more before blaming a photo: when this loop itself was held up, the reply is already there."""


class PhotoPool:
    """`processes` children, used as an async context manager.

    `item_timeout` is in seconds from when a ready child is given the photo; waiting for a child does not
    count. `patience`: seconds that a child which does not start is tried again and again. `child` is the
    module that is run, for other work and for tests with photos that hang or crash it.
    """

    def __init__(
        self,
        processes: int,
        item_timeout: float,
        *,
        max_pixels: int,
        child: str = "streams.photos.child",
        longest_reply: int = LONGEST_REPLY,
        patience: float = START_PATIENCE,
    ) -> None:
        if processes < 1 or item_timeout <= 0:
            raise ValueError(f"a pool needs a process and a time limit, not {processes} and {item_timeout} s")
        self._processes = processes
        self._item_timeout = item_timeout
        self._max_pixels = max_pixels
        self._module = child
        self._longest_reply = longest_reply
        self._patience = patience
        self._slots: asyncio.LifoQueue[PhotoProcess | None] = asyncio.LifoQueue()
        """Children without a photo; None is a place whose child has ended and is not yet replaced."""
        self._children: set[PhotoProcess] = set()
        self._closed = True

    async def __aenter__(self) -> Self:
        """Start all children. Raises OSError where they cannot start."""
        self._closed = False
        started = await asyncio.gather(
            *(self._start() for _ in range(self._processes)), return_exceptions=True
        )
        failures = [outcome for outcome in started if isinstance(outcome, BaseException)]
        if failures:
            await self.__aexit__()
            raise failures[0]
        for child in started:
            assert isinstance(child, PhotoProcess)  # noqa: S101  the failures were raised above
            self._slots.put_nowait(child)
        return self

    async def __aexit__(self, *_: object) -> None:
        """End all children; photos in hand or waiting fail with RuntimeError."""
        self._closed = True
        idle: set[PhotoProcess | None] = set()
        while not self._slots.empty():
            idle.add(self._slots.get_nowait())
        ends = [child.close() if child in idle else child.kill() for child in self._children]
        await asyncio.gather(*ends)
        self._children.clear()
        for _place in range(self._processes):
            # Whoever waits for a place is woken, sees that the pool is closed, and passes the place on.
            self._slots.put_nowait(None)

    @property
    def pids(self) -> frozenset[int]:
        """Process ids of the children that are alive."""
        return frozenset(child.pid for child in self._children if child.alive)

    async def fingerprint(self, raw: bytes) -> PhotoPrint | None:
        """The photo's fingerprint; None for one without features.

        Raises:
            PhotoError: as `decode_photo` does, and `timeout`, `crashed`.
            OSError: no child can be started: the machine's fault, not the photo's; try again later.
            RuntimeError: the pool is not open.
        """
        return (await self._reply(raw)).print

    async def _reply(self, raw: bytes) -> Reply:
        """What a child says of the request. Raises as `fingerprint`."""
        for _ in range(ATTEMPTS):
            child = await self._slots.get()
            kept: PhotoProcess | None = None
            try:
                if self._closed:
                    raise RuntimeError("the photo pool is not open")
                if child is None or not child.alive:
                    child = await self._replace(child)
                reply = await self._ask(child, raw)
                kept = child
            except ChildGone as error:
                log.warning("photo process ended", reason=str(error), photo_bytes=len(raw))
            finally:
                if kept is None and child is not None:
                    await asyncio.shield(self._discard(child))
                self._slots.put_nowait(kept)
            if kept is not None:
                return _checked(reply)
        raise PhotoError("crashed", f"{len(raw)} bytes that ended {ATTEMPTS} processes one after another")

    async def _ask(self, child: PhotoProcess, raw: bytes) -> Reply:
        asked = asyncio.create_task(child.ask(raw))
        try:
            for seconds in (self._item_timeout, GRACE_SECONDS):
                done, _ = await asyncio.wait({asked}, timeout=seconds)
                if done:
                    return asked.result()
        finally:
            asked.cancel()
        log.warning("photo takes too long", seconds=self._item_timeout, photo_bytes=len(raw))
        raise PhotoError("timeout", f"{len(raw)} bytes took over {self._item_timeout} s to decode and hash")

    async def _start(self) -> PhotoProcess:
        child = await PhotoProcess.start(self._module, self._max_pixels, self._longest_reply)
        if self._closed:
            await child.kill()
            raise RuntimeError("the photo pool was closed")
        self._children.add(child)
        return child

    async def _replace(self, ended: PhotoProcess | None) -> PhotoProcess:
        if ended is not None:
            await self._discard(ended)
        since = monotonic()
        waits = chain(START_WAITS, repeat(START_WAITS[-1]))
        while True:
            try:
                return await self._start()
            except OSError as error:
                wait = next(waits)
                if monotonic() - since + wait > self._patience:
                    raise
                log.warning("photo process does not start, trying again", reason=str(error), wait=wait)
            await asyncio.sleep(wait)

    async def _discard(self, child: PhotoProcess) -> None:
        await child.kill()
        self._children.discard(child)


def _checked(reply: Reply) -> Reply:
    if reply.error_kind is not None:
        raise PhotoError(reply.error_kind, reply.error)
    return reply
