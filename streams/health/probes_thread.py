"""/livez, /readyz and /metrics of a part that has no event loop: answered from a thread, also while it works."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

SECONDS = 10.0


@contextmanager
def answering(app: web.Application, host: str, port: int) -> Iterator[int]:
    """Answer meanwhile; the port that was taken. 0 takes a free one.

    Raises:
        OSError: it is taken already.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="health", daemon=True)
    thread.start()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)

    async def start() -> int:
        await runner.setup()
        await web.TCPSite(runner, host, port).start()
        return int(runner.addresses[0][1])

    try:
        yield asyncio.run_coroutine_threadsafe(start(), loop).result(SECONDS)
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(SECONDS)
        loop.close()
