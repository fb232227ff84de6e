"""Where a worker says how it is: /livez, /readyz and /metrics."""

from collections.abc import Callable
from typing import Any

import structlog
from aiohttp import web
from mode import Service
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from streams.metrics import Metrics
from streams.settings import Web

log = structlog.get_logger(__name__)

Check = Callable[[], str | None]
"""None where all is well, else what is wrong."""


class HealthServer(Service):  # type: ignore[misc]
    """A small web server of the worker's own; Faust's answers OK whatever happens."""

    def __init__(self, settings: Web, metrics: Metrics, *, live: Check, ready: Check, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._settings = settings
        self._metrics = metrics
        self._checks = {"/livez": live, "/readyz": ready}
        self._runner: web.AppRunner | None = None
        self.port = settings.port

    async def on_start(self) -> None:
        """Listen; a port in use raises, since a worker that no one can watch should not run."""
        if not self._settings.enabled:
            return
        app = web.Application()
        for path in self._checks:
            app.router.add_get(path, self._answer_check)
        app.router.add_get("/metrics", self._answer_metrics)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._settings.host, self._settings.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        log.info("health and metrics", url=f"http://{self._settings.host}:{self.port}/readyz")

    async def on_stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer_check(self, request: web.Request) -> web.Response:
        wrong = self._checks[request.path]()
        return web.Response(text=f"{wrong or 'ok'}\n", status=503 if wrong else 200)

    async def _answer_metrics(self, _: web.Request) -> web.Response:
        return web.Response(
            body=generate_latest(self._metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )
