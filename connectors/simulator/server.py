"""HTTP on 127.0.0.1 in a thread and an event loop of its own: a slow client holds up nobody."""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiohttp import web

from connectors.simulator.desk import Outgoing

MOST_BODY_BYTES = 1024 * 1024
BODY_SECONDS = 20.0
Answer = Callable[[web.Request, bytes], Outgoing]
Photo = Callable[[str], bytes | None]


class Server:
    """Serves `answer` and, under /photos/, `photo`, which may take its time. The port is taken at once."""

    def __init__(self, answer: Answer, photo: Photo, *, port: int, slow_seconds: Callable[[], float]) -> None:
        self._answer, self._photo, self._slow_seconds = answer, photo, slow_seconds
        self._socket = socket.create_server(("127.0.0.1", port), backlog=256)
        self.port = int(self._socket.getsockname()[1])
        self._loop = asyncio.new_event_loop()
        self._thread: threading.Thread | None = None
        # One artist: drawing holds the interpreter, and two requests for one photo draw it once.
        self._artist = ThreadPoolExecutor(1, "simulated-photos")
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, *jobs: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Answer from now on, and run these jobs beside it until `stop`. Returns when requests are taken."""
        ready = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(ready, jobs), name="simulated-marketplace", daemon=True
        )
        self._thread.start()
        ready.wait()

    def stop(self) -> None:
        """End, and give the port back. Stopping twice is no error."""
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._thread = None
        self._artist.shutdown(cancel_futures=True)
        self._socket.close()
        if not self._loop.is_closed():
            self._loop.close()

    def _run(self, ready: threading.Event, jobs: tuple[Callable[[], Coroutine[Any, Any, None]], ...]) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application(client_max_size=MOST_BODY_BYTES)
        app.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.5)
        self._loop.run_until_complete(self._open(runner))
        self._tasks = [self._loop.create_task(job()) for job in jobs]
        ready.set()
        self._loop.run_forever()
        for task in self._tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*self._tasks, return_exceptions=True))
        self._loop.run_until_complete(runner.cleanup())
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())

    async def _open(self, runner: web.AppRunner) -> None:
        await runner.setup()
        await web.SockSite(runner, self._socket).start()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/photos/"):
            return await self._photograph(request.path.removeprefix("/photos/"))
        try:
            body = await asyncio.wait_for(request.read(), BODY_SECONDS)
        except TimeoutError:
            raise web.HTTPRequestTimeout from None
        going = self._answer(request, body)
        match going.wire:
            case "hang-up" | "hang-up-after":
                return _cut(request)
            case "torn" | "reset":
                return await self._tear(request, going)
            case "slow":
                await asyncio.sleep(self._slow_seconds())
        headers = {"Content-Type": "application/json", **going.headers}
        return web.Response(body=going.body, status=going.status, headers=headers)

    async def _photograph(self, name: str) -> web.Response:
        drawn = await self._loop.run_in_executor(self._artist, self._photo, name)
        if drawn is None:
            return web.Response(text="no such photo\n", status=404)
        return web.Response(body=drawn, content_type="image/jpeg")

    async def _tear(self, request: web.Request, going: Outgoing) -> web.StreamResponse:
        """Half of the body under the length of the whole, then nothing more."""
        response = web.StreamResponse(status=going.status, headers={"Content-Type": "application/json"})
        response.content_length = len(going.body)
        response.force_close()
        await response.prepare(request)
        await response.write(going.body[: len(going.body) // 2])
        if going.wire == "reset" and request.transport is not None:
            peer: socket.socket | None = request.transport.get_extra_info("socket")
            if peer is not None:
                # No lingering: closing now sends a reset rather than an end (SO_LINGER of socket(7)).
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        _cut(request)
        return response


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.close()
    return web.Response()
