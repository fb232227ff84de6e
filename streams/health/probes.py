"""Where a worker says how it is: /livez, /readyz and /metrics."""

import errno
import os
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiohttp import web
from mode import Service
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from streams.metrics.metrics import Metrics
from streams.settings import SettingsError, Web

log = structlog.get_logger(__name__)

Check = Callable[[], str | None]
"""None where all is well, else what is wrong."""


def require_port(settings: Web) -> None:
    """Say before anything is started that it could not be watched.

    Once a service has started others, the reason of its failure is followed by the end of each of them.

    Raises:
        SettingsError: another program answers there, or the port is not for this user.
    """
    if not settings.enabled or settings.port == 0:
        return
    try:
        for family, _, _, _, address in socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            socket.create_server(address[:2], family=family).close()
    except OSError as error:
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise SettingsError(
                f"cannot answer at {settings.host}:{settings.port}: {os.strerror(error.errno)}. "
                "Take another port: --port, or web.port; 0 takes a free one"
            ) from error


def metrics_app(registry: CollectorRegistry) -> web.Application:
    """/metrics alone."""

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    return app


def health_app(registry: CollectorRegistry, *, live: Check, ready: Check) -> web.Application:
    """The three pages. The checks are asked at each request, in the loop that answers."""
    app = metrics_app(registry)
    app.router.add_get("/livez", _answering(live))
    app.router.add_get("/readyz", _answering(ready))
    return app


def _answering(check: Check) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        wrong = check()
        return web.Response(text=f"{wrong or 'ok'}\n", status=503 if wrong else 200)

    return answer


class HealthServer(Service):  # type: ignore[misc]
    """A small web server of the worker's own; Faust's answers OK whatever happens."""

    def __init__(self, settings: Web, metrics: Metrics, *, live: Check, ready: Check, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._settings = settings
        self._app = health_app(metrics.registry, live=live, ready=ready)
        self._runner: web.AppRunner | None = None
        self.port = settings.port

    async def on_start(self) -> None:
        """Listen; a port in use raises, since a worker that no one can watch should not run."""
        if not self._settings.enabled:
            return
        self._runner = web.AppRunner(self._app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._settings.host, self._settings.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        log.info("health and metrics", url=f"http://{self._settings.host}:{self.port}/readyz")

    async def on_stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()
