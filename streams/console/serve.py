"""The running console: its parts beside its pages, until it is stopped."""

import asyncio
import contextlib
import signal
from collections.abc import Callable

import structlog

from streams.console.app import build_app
from streams.console.console_metrics import answering_metrics
from streams.console.context import Console
from streams.console.database import Database, database_url
from streams.console.desk_part import DeskPart
from streams.console.feeder import Feeder
from streams.console.listening import listening
from streams.console.parts import Part, Parts
from streams.console.photo_proxy import PhotoProxy
from streams.console.verdict_sender import VerdictSender
from streams.console.watch import Watch
from streams.settings import Settings

log = structlog.get_logger(__name__)

PARTS: tuple[Callable[[], Part], ...] = (Feeder, Watch, DeskPart)
"""What runs beside the pages."""


def run_dashboard(settings: Settings, say: Callable[[str], None], metrics_port: int | None = None) -> None:
    """Answer until SIGTERM or SIGINT. `say` gets the address once pages are answered. `metrics_port`: of /metrics, at
    `web.host`; 0 takes a free one, None answers none.

    Raises:
        DatabaseError: the database cannot be used.
        OSError: a port is taken.
    """
    console = Console(settings, Database(database_url(settings)))
    parts = Parts(console, tuple(make() for make in PARTS))
    console.services[Parts] = parts
    console.services[PhotoProxy] = PhotoProxy(settings)
    sender = console.services[VerdictSender] = VerdictSender(settings)
    try:
        asyncio.run(_serve(console, parts, say, metrics_port))
    finally:
        parts.stop()
        sender.close()
        console.close()


async def _serve(
    console: Console, parts: Parts, say: Callable[[str], None], metrics_port: int | None
) -> None:
    wanted = console.settings.dashboard
    async with contextlib.AsyncExitStack() as ending:
        if metrics_port is not None:
            metrics = answering_metrics(console, console.settings.web.host, metrics_port)
            log.info("metrics", url=await ending.enter_async_context(metrics))
        port = await ending.enter_async_context(listening(build_app(console), wanted.host, wanted.port))
        parts.start()
        host = f"[{wanted.host}]" if ":" in wanted.host else wanted.host
        say(f"http://{host}:{port}/")
        await _stopped()


async def _stopped() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(ValueError, RuntimeError):
            loop.add_signal_handler(number, stop.set)
    await stop.wait()
