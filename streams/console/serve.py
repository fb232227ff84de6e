"""The running console: its parts beside its pages, until it is stopped."""

import asyncio
import contextlib
import signal
from collections.abc import Callable

from aiohttp import web

from streams.console.app import build_app
from streams.console.context import Console
from streams.console.database import Database, database_url
from streams.console.desk_part import DeskPart
from streams.console.feeder import Feeder
from streams.console.parts import Part, Parts
from streams.console.photo_proxy import PhotoProxy
from streams.console.verdict_sender import VerdictSender
from streams.console.watch import Watch
from streams.settings import Settings

PARTS: tuple[Callable[[], Part], ...] = (Feeder, Watch, DeskPart)
"""What runs beside the pages."""


def run_dashboard(settings: Settings, say: Callable[[str], None]) -> None:
    """Answer until SIGTERM or SIGINT. `say` gets the address once pages are answered.

    Raises:
        DatabaseError: the database cannot be used.
        OSError: the port is taken.
    """
    console = Console(settings, Database(database_url(settings)))
    parts = Parts(console, tuple(make() for make in PARTS))
    console.services[Parts] = parts
    console.services[PhotoProxy] = PhotoProxy(settings)
    sender = console.services[VerdictSender] = VerdictSender(settings)
    try:
        asyncio.run(_serve(console, parts, say))
    finally:
        parts.stop()
        sender.close()
        console.close()


async def _serve(console: Console, parts: Parts, say: Callable[[str], None]) -> None:
    wanted = console.settings.dashboard
    runner = web.AppRunner(build_app(console), access_log=None, shutdown_timeout=5)
    await runner.setup()
    try:
        await web.TCPSite(runner, wanted.host, wanted.port).start()
        parts.start()
        host = f"[{wanted.host}]" if ":" in wanted.host else wanted.host
        say(f"http://{host}:{runner.addresses[0][1]}/")
        await _stopped()
    finally:
        await runner.cleanup()


async def _stopped() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(ValueError, RuntimeError):
            loop.add_signal_handler(number, stop.set)
    await stop.wait()
