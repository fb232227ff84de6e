"""The web application: every page's routes behind the guard."""

import asyncio
from collections.abc import Sequence

from aiohttp import web

from streams.console import (
    account_page,
    alert_actions,
    alert_export,
    alerts_page,
    audit_page,
    bulk_page,
    dead_letters,
    people_page,
    photo_pages,
    preferences,
    ready,
    sign_in_page,
    static_files,
    takedown_lists,
    throughput,
)
from streams.console.console_metrics import measured
from streams.console.context import CONSOLE, Console
from streams.console.faults import add_security_headers, faults
from streams.console.guard import NEEDS, guard
from streams.console.routes import Route
from streams.console.session_cookie import add_session_cookie

MAX_BODY = 64 * 1024 * 1024
"""The largest takedown list."""

PAGES = (
    static_files,
    preferences,
    ready,
    sign_in_page,
    account_page,
    people_page,
    audit_page,
    photo_pages,
    throughput,
    dead_letters,
    takedown_lists,
    bulk_page,
    alert_export,
    alert_actions,
    alerts_page,
)
ROUTES: tuple[Route, ...] = (
    *(route for part in PAGES for route in part.ROUTES),
    *alerts_page.LAST_ROUTES,  # an id alone, after all that has a name
)
"""Of all pages."""


def build_app(console: Console, routes: Sequence[Route] = ROUTES) -> web.Application:
    """The application. At its end it ends the photo proxy, whose processes belong to its loop, and nothing else."""
    app = web.Application(middlewares=[measured, faults, guard], client_max_size=MAX_BODY)
    app[CONSOLE] = console
    app[NEEDS] = {route.handler: route.needs for route in routes}
    for route in routes:
        app.router.add_route(route.method, route.path, route.handler)
    app.on_response_prepare.append(add_security_headers)
    app.on_response_prepare.append(add_session_cookie)
    app.on_startup.append(_begin)
    app.on_shutdown.append(_end)
    app.on_cleanup.append(photo_pages.end)
    return app


async def _begin(app: web.Application) -> None:
    app[CONSOLE].live.begin(asyncio.get_running_loop())


async def _end(app: web.Application) -> None:
    app[CONSOLE].live.end()
