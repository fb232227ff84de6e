"""Photos hashed in processes of their own, with a time limit each, and the guilty one known.

A child works on one photo at a time. One that hangs is ended and its photo is `timeout`; one that dies has
its photo tried once more, then it is `crashed`. The photos in the other children never notice.
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

import msgspec
import structlog

from fingerprints.photo_decode import PhotoError
from fingerprints.photo_hash import PhotoPrint
from streams.photo_child import LENGTH, Reply

log = structlog.get_logger(__name__)

START_SECONDS = 60.0
RESPAWN_SECONDS = 1.0
TRIES = 2
DIED = (asyncio.IncompleteReadError, BrokenPipeError, ConnectionResetError)


class _Child:
    """One process and its two pipes."""

    def __init__(self, process: Process) -> None:
        self.process = process

    @classmethod
    async def spawn(cls, command: Sequence[str]) -> "_Child":
        # One thread a child: the pool itself is the parallelism.
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, env=environment)
        child = cls(process)
        try:
            async with asyncio.timeout(START_SECONDS):
                await child._read()
        except BaseException:
            child.kill()
            raise
        return child

    async def ask(self, raw: bytes) -> Reply:
        stdin = self.process.stdin
        assert stdin is not None  # noqa: S101  it was asked for
        stdin.write(LENGTH.pack(len(raw)) + raw)
        await stdin.drain()
        return msgspec.msgpack.decode(await self._read(), type=Reply)

    async def _read(self) -> bytes:
        stdout = self.process.stdout
        assert stdout is not None  # noqa: S101  it was asked for
        (length,) = LENGTH.unpack(await stdout.readexactly(LENGTH.size))
        return await stdout.readexactly(length)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self.process.kill()

    async def close(self) -> None:
        self.kill()
        await self.process.wait()


class PhotoPool:
    """`processes` children; each photo may take `item_timeout` seconds of a child's time."""

    def __init__(
        self,
        processes: int,
        item_timeout: float,
        *,
        max_pixels: int,
        child_module: str = "streams.photo_child",
    ) -> None:
        self._processes, self._item_timeout = processes, item_timeout
        self._command = (sys.executable, "-m", child_module, str(max_pixels))
        self._children: set[_Child] = set()
        self._idle: asyncio.Queue[_Child] = asyncio.Queue()
        self._spawning: set[asyncio.Task[None]] = set()
        self._closed = False

    async def __aenter__(self) -> Self:
        await asyncio.gather(*(self._spawn() for _ in range(self._processes)))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        for task in self._spawning:
            task.cancel()
        await asyncio.gather(*self._spawning, return_exceptions=True)
        await asyncio.gather(*(child.close() for child in self._children))

    @property
    def pids(self) -> list[int]:
        """The children's process ids."""
        return [child.process.pid for child in self._children]

    async def fingerprint(self, raw: bytes) -> PhotoPrint | None:
        """The photo's fingerprint, or None for one without features.

        Raises:
            PhotoError: the photo cannot be used; `timeout` and `crashed` where it broke its process.
        """
        for _ in range(TRIES):
            child = await self._idle.get()
            try:
                async with asyncio.timeout(self._item_timeout):
                    reply = await child.ask(raw)
            except TimeoutError:
                self._replace(child)
                raise PhotoError("timeout", f"not decoded in {self._item_timeout} s") from None
            except DIED:
                self._replace(child)
                continue
            except BaseException:
                # Cancelled in the middle of an answer: what the pipe holds is not ours any more.
                self._replace(child)
                raise
            self._idle.put_nowait(child)
            if reply.error is not None:
                raise PhotoError(reply.error, reply.detail)
            return reply.print
        raise PhotoError("crashed", "its process died twice")

    async def _spawn(self) -> None:
        child = await _Child.spawn(self._command)
        self._children.add(child)
        self._idle.put_nowait(child)

    def _replace(self, child: _Child) -> None:
        child.kill()
        self._children.discard(child)
        if not self._closed:
            task = asyncio.create_task(self._respawn(child))
            self._spawning.add(task)
            task.add_done_callback(self._spawning.discard)

    async def _respawn(self, gone: _Child) -> None:
        await gone.process.wait()
        while True:
            try:
                return await self._spawn()
            except (OSError, TimeoutError, *DIED) as error:
                log.error("photo process does not start, trying again", error=repr(error))
                await asyncio.sleep(RESPAWN_SECONDS)
