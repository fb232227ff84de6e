"""The parent's end of one photo process: started ready, asked one photo at a time, ended for good."""

import asyncio
import os
import sys
from contextlib import suppress
from typing import Self

import msgspec

from streams.photos.child import LENGTH, Reply

START_SECONDS = 60.0
"""A child is ready in a quarter of a second; a loaded machine may take many times that."""
CLOSE_SECONDS = 2.0
LONGEST_REPLY = 128 * 1024
"""A child that has been taken over may send anything; a print has some 16 KB, and at most 74 by its limits."""
KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "LANG", "TMPDIR")


class ChildGone(Exception):  # noqa: N818  an event to handle, not an error to show
    """The process ended or broke the protocol while it had a photo in hand."""


class PhotoProcess:
    """One child. Whoever gets an exception from `ask` must `kill` it: its pipes are in an unknown state."""

    def __init__(self, process: asyncio.subprocess.Process, longest_reply: int = LONGEST_REPLY) -> None:
        assert process.stdin is not None  # noqa: S101  as started below
        assert process.stdout is not None  # noqa: S101
        self._process, self._stdin, self._stdout = process, process.stdin, process.stdout
        self._longest_reply = longest_reply

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it has not been seen to end."""
        return self._process.returncode is None

    @classmethod
    async def start(cls, module: str, max_pixels: int, longest_reply: int = LONGEST_REPLY) -> Self:
        """A child that has loaded what it needs.

        Raises:
            OSError: no process could be started, or it ended or hung before it was ready.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            module,
            str(os.getpid()),
            str(max_pixels),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=_environment(),
            # Ctrl-C in a terminal goes to the whole session; the parent alone decides.
            start_new_session=True,
        )
        child = cls(process, longest_reply)
        try:
            async with asyncio.timeout(START_SECONDS):
                await child._reply()
        except (ChildGone, TimeoutError) as error:
            await child.kill()
            raise OSError(
                f"a photo process ({module}) did not start: {error or 'not ready in time'}"
            ) from None
        except BaseException:
            await child.kill()
            raise
        return child

    async def ask(self, raw: bytes) -> Reply:
        """What became of the photo. Raises ChildGone."""
        try:
            self._stdin.write(LENGTH.pack(len(raw)))
            self._stdin.write(raw)
            await self._stdin.drain()
        except (OSError, RuntimeError) as error:
            raise ChildGone(f"closed its pipe: {error}") from None
        return await self._reply()

    async def _reply(self) -> Reply:
        try:
            (length,) = LENGTH.unpack(await self._stdout.readexactly(LENGTH.size))
            if length > self._longest_reply:
                raise ChildGone(f"sent a reply of {length} bytes")
            return msgspec.msgpack.decode(await self._stdout.readexactly(length), type=Reply)
        except (asyncio.IncompleteReadError, OSError) as error:
            raise ChildGone(f"ended: {error}") from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ChildGone(f"sent no reply: {error}") from None

    async def kill(self) -> None:
        """End it at once, and wait until it is gone."""
        with suppress(ProcessLookupError):
            self._process.kill()
        # `wait` waits for the pipes too, and a full one that nobody reads any more never ends by itself.
        replies = self._process._transport.get_pipe_transport(1)  # type: ignore[attr-defined]
        if replies is not None:
            replies.close()
        await self._process.wait()

    async def close(self) -> None:
        """End it between photos: its pipe is closed, and it leaves by itself."""
        self._stdin.close()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._process.wait()
        except TimeoutError:
            await self.kill()


def _environment() -> dict[str, str]:
    """None of the parent's secrets (its settings are in the environment), and one thread for numpy."""
    kept = {name: value for name in KEPT_VARIABLES if (value := os.environ.get(name)) is not None}
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OPENBLAS_NUM_THREADS": "1"}
