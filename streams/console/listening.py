"""The console's door: where connections come in, how many at once, and how long one may take to say what it wants.

The framework keeps a connection that says nothing, or a byte a minute, for an hour; with a thousand of them the
process has no file left to open (slowloris). A proxy in front has limits of its own; these hold without it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from msgspec import Struct

from connectors.turned_away import TurnedAway

SHUTDOWN_SECONDS = 5.0
LINGER_SECONDS = 2.0
"""Read and thrown away after an early answer, so that a browser still writing sees the answer."""


class Door(Struct, frozen=True):
    """What all connections together may take, and each alone."""

    connections: int = 800
    """At once: below the 1,024 files that a process usually may have open. Each open page has one for its news."""
    idle_seconds: float = 75.0
    """From the connection's start, or the answer before, to the end of the next request's headers. Longer than a proxy
    keeps a connection (nginx: 60 s), or it would send requests into one that is just being closed."""


@asynccontextmanager
async def listening(
    app: web.Application, host: str, port: int, door: Door | None = None
) -> AsyncIterator[int]:
    """Answer until the context ends. Gives the port, also where 0 was asked for.

    Raises:
        OSError: the address cannot be listened on.
    """
    door = door or Door()
    runner = web.AppRunner(
        app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS, keepalive_timeout=door.idle_seconds,
        lingering_time=LINGER_SECONDS,
    )  # fmt: skip
    await runner.setup()
    try:
        server = runner.server
        assert server is not None  # noqa: S101  setup made it

        def connected() -> asyncio.BaseProtocol:
            return server() if len(server.connections) < door.connections else TurnedAway()

        listener = await asyncio.get_running_loop().create_server(connected, host, port, backlog=128)
        try:
            yield int(listener.sockets[0].getsockname()[1])
        finally:
            listener.close()
    finally:
        await runner.cleanup()
