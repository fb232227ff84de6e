"""A small HTTP server in a thread of its own that takes POSTs on one path and trusts nobody who sends them.

It speaks plain HTTP and listens on the loopback address: a proxy in front of it is expected to end TLS and
to pass on the path, the headers and the body as they are. Its limits hold without the proxy too.
"""

import asyncio
import contextlib
import re
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web
from msgspec import Struct

from connectors.sdk import AbortError, OptionsError
from connectors.turned_away import TurnedAway

HEALTH_PATH = "/health"
LINGER_SECONDS = 1.0
"""Read and thrown away after an early answer, so that a sender still writing sees the answer."""
CLOSE_SECONDS = 5.0
ACCEPT_TURNS = 10
"""Of the event loop; asyncio needs three from the accepted socket to the protocol that holds it."""


class PushRequest(Struct, frozen=True):
    """A POST as it came in."""

    path: str
    query: str
    headers: Mapping[str, str]
    """Names in lower case; values of a repeated name are joined with commas (RFC 9110, 5.3)."""
    body: bytes
    """The raw bytes, which signatures are made of."""


Handler = Callable[[PushRequest], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one sender, and all of them together, may take of us."""

    max_bytes: int = 256 * 1024
    """Of a body."""
    read_seconds: float = 10.0
    """From the start of a connection to the end of the headers, and again to the end of the body."""
    most_connections: int = 256
    most_bytes: int = 64 * 1024 * 1024
    """Of all bodies in hand together."""


class HttpListener:
    """Serves from `start` to `close`. `handle` runs in the listener's thread and answers each POST."""

    def __init__(self, listen: str, path: str, handle: Handler, limits: Limits, *, name: str) -> None:
        """Nothing listens yet.

        Raises:
            OptionsError: `listen` is no `host:port`, or `path` no plain path.
        """
        self._host, self._port = address(listen, name)
        if not re.fullmatch(r"/[A-Za-z0-9._~/-]*", path) or path == HEALTH_PATH:
            raise OptionsError(f"{name}: option path: {path!r} is no path of letters, digits and ._~-/")
        self._path = path
        self._handle = handle
        self._limits = limits
        self._name = name
        self._bytes = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Event | None = None
        self._started = threading.Event()
        self._failure: OSError | UnicodeError | None = None
        self._thread = threading.Thread(target=self._run, name=f"{name}-listener", daemon=True)

    @property
    def port(self) -> int:
        """The port that is listened on, also where the option said 0."""
        return self._port

    def start(self) -> None:
        """Return when connections are taken.

        Raises:
            AbortError: the address cannot be listened on.
        """
        self._thread.start()
        self._started.wait()
        if self._failure is not None:
            self._thread.join()
            why = getattr(self._failure, "strerror", None) or self._failure
            raise AbortError(f"{self._name}: cannot listen on {self._host}:{self._port}: {why}")

    def call(self, function: Callable[[], object]) -> None:
        """Have the listener's thread call this soon; nothing happens once it is closed."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(function)

    def close(self) -> None:
        """Take no more connections, finish what is in hand within some seconds, and end the thread."""
        if self._ended is not None:
            self.call(self._ended.set)
            self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        finally:
            self._started.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        # The body is judged as it was sent: not unpacked, which would also let a small one become huge.
        app = web.Application(client_max_size=self._limits.max_bytes)
        app.router.add_post(self._path, self._answer)
        app.router.add_get(HEALTH_PATH, _healthy)
        runner = web.AppRunner(
            app,
            access_log=None,
            auto_decompress=False,
            keepalive_timeout=self._limits.read_seconds,
            lingering_time=LINGER_SECONDS,
            shutdown_timeout=CLOSE_SECONDS,
        )
        await runner.setup()
        server = runner.server
        assert server is not None  # noqa: S101  setup made it

        def connected() -> asyncio.BaseProtocol:
            return server() if len(server.connections) < self._limits.most_connections else TurnedAway()

        try:
            listening = await self._loop.create_server(connected, self._host, self._port, backlog=1024)
        except (OSError, UnicodeError) as error:  # a host that is no name cannot even be encoded
            self._failure = error
            await runner.cleanup()
            return
        self._port = listening.sockets[0].getsockname()[1]
        self._started.set()
        await self._ended.wait()
        # asyncio loses a connection that it is just accepting when the server closes, and leaves it open for
        # ever: so first take no more, then let those at the door in, then close.
        for door in listening.sockets:
            self._loop.remove_reader(door.fileno())
        for _ in range(ACCEPT_TURNS):
            await asyncio.sleep(0)
        listening.close()
        await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        body = bytearray()
        try:
            await self._read(request, body)
            headers: dict[str, str] = {}
            for name, value in request.headers.items():
                lower = name.lower()
                headers[lower] = f"{headers[lower]}, {value}" if lower in headers else value
            path, _, query = request.raw_path.partition("?")
            return await self._handle(PushRequest(path, query, headers, bytes(body)))
        finally:
            self._bytes -= len(body)

    async def _read(self, request: web.Request, body: bytearray) -> None:
        most = self._limits.max_bytes
        if (request.content_length or 0) > most:
            raise web.HTTPRequestEntityTooLarge(most, request.content_length or 0)
        try:
            async with asyncio.timeout(self._limits.read_seconds):
                async for chunk in request.content.iter_any():
                    if len(body) + len(chunk) > most:
                        raise web.HTTPRequestEntityTooLarge(most, len(body) + len(chunk))
                    if self._bytes + len(chunk) > self._limits.most_bytes:
                        raise web.HTTPServiceUnavailable(headers={"Retry-After": "5"})
                    body += chunk
                    self._bytes += len(chunk)
        except TimeoutError:
            raise web.HTTPRequestTimeout from None
        except web.RequestPayloadError:
            raise web.HTTPBadRequest(text="the body is cut short") from None


async def _healthy(_: web.Request) -> web.Response:
    return web.Response(text="ok\n")


def address(listen: str, name: str) -> tuple[str, int]:
    """Host and port of `127.0.0.1:8700` or `[::1]:8700`; port 0 is any free one.

    Raises:
        OptionsError: it is neither.
    """
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:\[\]/]+)):(\d{1,5})", listen)
    if found is None or int(found[3]) > 65_535:
        raise OptionsError(f"{name}: option listen: {listen!r} is no host:port")
    return found[1] or found[2], int(found[3])
