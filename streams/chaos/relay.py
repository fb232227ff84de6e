"""A late line where the kernel has no netem: inside a namespace, another's addresses are taken by a relay that passes
every byte on some time later, both ways. Root only.

Its listening sockets are made within the namespace (setns(2)) and stay there; its own connections go out from here.
"""

import asyncio
import contextlib
import ctypes
import os
import socket
import subprocess
import threading
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

CLONE_NEWNET = 0x40000000
"""setns(2): linux/sched.h."""
CHUNK = 64 * 1024
ROOM = 256
"""Chunks under way in one direction; then the sender waits."""


class Relay:
    """While the context lasts, whoever in namespace `space` connects to one of `targets` (host, port) is late."""

    def __init__(self, space: str, targets: Sequence[tuple[str, int]], seconds: float) -> None:
        self._space, self._targets, self._seconds = space, tuple(targets), seconds
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self._listening: list[socket.socket] = []
        self.connections = 0

    def __enter__(self) -> Self:
        for host in sorted({host for host, _ in self._targets}):
            self._address("add", host)
        try:
            self._listen()
        except BaseException:
            self._give_back()
            raise
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._give_back()

    def _give_back(self) -> None:
        for listening in self._listening:
            listening.close()
        for host in sorted({host for host, _ in self._targets}):
            self._address("del", host)

    def _address(self, how: str, host: str) -> None:
        command = ["ip", "-n", self._space, "addr", how, f"{host}/32", "dev", "lo"]
        subprocess.run(command, check=how == "add", capture_output=True, timeout=20)  # noqa: S603

    def _listen(self) -> None:
        """A thread enters the namespace for good, and leaves its sockets to us."""
        failures: list[OSError] = []

        def make() -> None:
            try:
                with Path(f"/run/netns/{self._space}").open() as space:
                    if ctypes.CDLL(None, use_errno=True).setns(space.fileno(), CLONE_NEWNET):
                        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
                for target in self._targets:
                    listening = socket.socket()
                    self._listening.append(listening)
                    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    listening.bind(target)
                    listening.listen()
            except OSError as error:
                failures.append(error)

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        if failures:
            raise failures[0]

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)

        servers: list[asyncio.Server] = []

        async def serve() -> None:
            for listening, target in zip(self._listening, self._targets, strict=True):
                servers.append(await asyncio.start_server(partial(self._pass_on, target), sock=listening))

        self._loop.run_until_complete(serve())
        self._loop.run_forever()
        for server in servers:
            server.close()
        # Each closes its two connections: one that stayed open in silence would be another fault than this. One that
        # was just taken may have no task yet.
        while tasks := asyncio.all_tasks(self._loop):
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(asyncio.sleep(0.05))
        self._loop.close()

    async def _pass_on(
        self, target: tuple[str, int], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.connections += 1
        # A server's task that ends as cancelled is logged as an error (asyncio.streams, Python 3.11).
        with aborting(writer), contextlib.suppress(OSError, asyncio.CancelledError):
            far_reader, far_writer = await asyncio.open_connection(*target)
            with aborting(far_writer):
                ways = [self._late(reader, far_writer), self._late(far_reader, writer)]
                tasks = [asyncio.create_task(way) for way in ways]
                try:
                    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for task in tasks:
                        task.cancel()
                    await asyncio.gather(*tasks, return_exceptions=True)

    async def _late(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Bytes of one direction; ends when they do, and when they have all come."""
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(ROOM)

        async def read() -> None:
            chunk = b"-"
            while chunk:
                try:
                    chunk = await reader.read(CHUNK)
                except OSError:
                    chunk = b""
                await under_way.put((self._loop.time() + self._seconds, chunk))

        reading = asyncio.create_task(read())
        try:
            while True:
                due, chunk = await under_way.get()
                if not chunk:
                    return
                await asyncio.sleep(due - self._loop.time())
                writer.write(chunk)
                await writer.drain()
        except OSError:
            return
        finally:
            reading.cancel()


@contextlib.contextmanager
def aborting(writer: asyncio.StreamWriter) -> Iterator[None]:
    """Cut the connection at the end, whatever is still to be sent: what was late has been passed on by then."""
    try:
        yield
    finally:
        writer.transport.abort()
