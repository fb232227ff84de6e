"""The report on the console: the command's figures, with its groups and days, to look at and to take along."""

from datetime import timedelta
from typing import Any

from aiohttp import web

from streams.console.asked import day_asked, is_part_asked
from streams.console.asker import client_of, person_of
from streams.console.audit import record
from streams.console.context import console_of
from streams.console.rendering import language_for, page
from streams.console.reports import Asked, ReportError, dimensions, reports_of
from streams.console.routes import Route
from streams.console.side_jobs import Reported
from streams.takedowns.cases import DIMENSIONS
from streams.takedowns.report_forms import SHOWN, TIMES, as_csv, as_html, as_json, value_shown
from streams.takedowns.report_words import WORDS, duration

FILES = {"csv": "text/csv", "json": "application/json", "html": "text/html"}


async def report(request: web.Request) -> web.Response:
    """The figures in tables."""
    language = language_for(request)
    by = request.query.getall("by", [])[: len(DIMENSIONS)]
    asked = _asked(request)
    made: Reported | None = None
    why = ""
    try:
        made = await reports_of(console_of(request)).soon(asked)
    except ReportError as error:
        why = str(error)
    values: dict[str, Any] = {
        "made": made,
        "why": why,
        "by": by,
        "shown_by": asked.by,
        "dimensions": DIMENSIONS,
        "since": request.query.get("from", ""),
        "until": request.query.get("to", ""),
        "query": request.query_string,
        "shown": SHOWN,
        "times": TIMES,
        "words": WORDS[language],
        "files": tuple(FILES),
        "days": console_of(request).settings.dashboard.keep_days,
        "duration": lambda seconds: duration(seconds, language),
        "value": lambda dimension, value: value_shown(dimension, value, language),
    }
    template = "takedown_report_part.html" if is_part_asked(request) else "takedown_report.html"
    return page(request, template, values, status=503 if why else 200)


async def file(request: web.Request) -> web.Response:
    """The report as a file."""
    kind = request.match_info["kind"]
    if kind not in FILES:
        raise web.HTTPNotFound
    console = console_of(request)
    try:
        made = await reports_of(console).report(_asked(request))
    except ReportError as error:
        raise web.HTTPServiceUnavailable(text=str(error)[:200]) from None
    person, address = person_of(request), client_of(request)

    def note() -> None:
        with console.database.write() as connection:
            record(connection, person, address, "report taken", kind, request.query_string)

    await console.blocking(note)
    language = language_for(request)
    if kind == "csv":
        # A spreadsheet takes a file for UTF-8 by its byte order mark.
        body = as_csv(made.report, language).encode("utf-8-sig")
    elif kind == "json":
        body = as_json(made.report, made.made_at).encode()
    else:
        body = as_html(made.report, language, made.made_at).encode()
    return web.Response(
        body=body,
        content_type=FILES[kind],
        charset="utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="takedowns-report.{kind}"',
            "Cache-Control": "no-store",
        },
    )


def _asked(request: web.Request) -> Asked:
    last = day_asked(request, "to")
    return Asked(
        by=dimensions(request.query.getall("by", []), DIMENSIONS),
        since=day_asked(request, "from"),
        until=None if last is None else last + timedelta(days=1),
    )


ROUTES = (
    Route("GET", "/takedowns/report", report),
    Route("GET", "/takedowns/report.{kind}", file, needs="export"),
)
