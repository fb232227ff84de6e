"""The throughput page for operators: what needs doing, figures of this second, of the last hour and the last day."""

import gzip
from typing import Any

import msgspec
from aiohttp import web

from streams.console.context import Console, console_of
from streams.console.rendering import language_for, page
from streams.console.routes import Route
from streams.console.runbook import runbook_html
from streams.console.throughput_view import STAGES, kind_of, values_of
from streams.console.watch import Watch

CHARTS = ("connect", "fingerprint", "match", "marketplaces", "lag", "took", "alerts", "letters")
SPANS = ("hour", "day")


def watch_of(console: Console) -> Watch | None:
    """The part that watches, once it runs."""
    return console.services.get(Watch)


async def show(request: web.Request) -> web.Response:
    """The page with the figures of now."""
    watch, language = watch_of(console_of(request)), language_for(request)
    snapshot = watch.snapshot if watch is not None else None
    values: dict[str, Any] = {"now": None, "kind": kind_of(language), "charts": CHARTS, "stages": STAGES}
    if snapshot is not None:
        values |= values_of(language, snapshot)
    return page(request, "throughput.html", values)


async def history(request: web.Request) -> web.Response:
    """The course of all figures: `?span=hour` or `?span=day`. Made once for each step and all who ask."""
    span = request.query.get("span", "hour")
    if span not in SPANS:
        raise web.HTTPBadRequest(text="span is hour or day")
    console = console_of(request)
    watch = watch_of(console)
    if watch is None:
        raise web.HTTPServiceUnavailable(text="the console is starting")
    body = await console.blocking(_packed, watch, span)
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
    else:
        body = await console.blocking(gzip.decompress, body)
    return web.Response(body=body, content_type="application/json", headers=headers)


def _packed(watch: Watch, span: str) -> bytes:
    return watch.packed(span, lambda course: gzip.compress(msgspec.json.encode(course), 5))


async def runbook(request: web.Request) -> web.Response:
    """What to do, out of the package itself: it is there when the internet is not."""
    return page(request, "runbook.html", {"text": runbook_html()})


ROUTES = (
    Route("GET", "/throughput", show),
    Route("GET", "/throughput/history", history),
    Route("GET", "/runbook", runbook),
)
