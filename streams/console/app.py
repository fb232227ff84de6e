"""The web application: every page's routes behind the guard."""

import asyncio
from collections.abc import Sequence

from aiohttp import web

from streams.console import preferences, ready, static_files
from streams.console.console_metrics import measured
from streams.console.context import CONSOLE, Console
from streams.console.faults import add_security_headers, faults
from streams.console.guard import NEEDS, guard
from streams.console.routes import Route

MAX_BODY = 64 * 1024 * 1024
"""The largest takedown list."""

ROUTES: tuple[Route, ...] = (*static_files.ROUTES, *preferences.ROUTES, *ready.ROUTES)
"""Of all pages."""


def build_app(console: Console, routes: Sequence[Route] = ROUTES) -> web.Application:
    """The application, which closes nothing of the console."""
    app = web.Application(middlewares=[measured, faults, guard], client_max_size=MAX_BODY)
    app[CONSOLE] = console
    app[NEEDS] = {route.handler: route.needs for route in routes}
    for route in routes:
        app.router.add_route(route.method, route.path, route.handler)
    app.on_response_prepare.append(add_security_headers)
    app.on_startup.append(_begin)
    app.on_shutdown.append(_end)
    return app


async def _begin(app: web.Application) -> None:
    app[CONSOLE].live.begin(asyncio.get_running_loop())


async def _end(app: web.Application) -> None:
    app[CONSOLE].live.end()
