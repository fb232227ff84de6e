"""The audit log as a page and as a file for a spreadsheet. For admins."""

import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from connectors.csv_cells import defuse
from streams.console import audit
from streams.console.audit import Entry, Filter
from streams.console.context import Console, console_of
from streams.console.rendering import language_for, page
from streams.console.routes import Route
from streams.console.words import ALL, Language, word

ON_A_PAGE = 100
IN_A_CHUNK = 2000
FIELDS = ("person", "about", "action", "from", "to")


async def show(request: web.Request) -> web.StreamResponse:
    """The newest entries of the filter."""
    console, wanted, language = console_of(request), _filter(request.query), language_for(request)

    def look() -> tuple[list[Entry], list[str]]:
        with console.database.read() as connection:
            return audit.entries(connection, wanted, ON_A_PAGE + 1), audit.actions(connection)

    found, actions = await console.blocking(look)
    chosen = {name: request.query.get(name, "") for name in FIELDS}
    address = urlencode({name: value for name, value in chosen.items() if value})
    older = f"/audit?{address}&before={found[ON_A_PAGE - 1].number}" if len(found) > ON_A_PAGE else None
    values = {
        "entries": found[:ON_A_PAGE],
        "actions": actions,
        "chosen": chosen,
        "older": older,
        "newest": f"/audit?{address}" if wanted.before is not None else None,
        "export": f"/audit.csv?{address}",
        "is_filtered": bool(address),
        "name_of": lambda action: _name(language, action),
    }
    return page(request, "audit.html", values)


async def export(request: web.Request) -> web.StreamResponse:
    """All entries of the filter as CSV; that it was taken is an entry itself."""
    console, wanted = console_of(request), _filter(request.query)

    def first() -> list[Entry]:
        with console.database.write() as connection:
            audit.record(connection, request, "", "audit log exported", "", request.query_string)
        return _more(console, wanted)

    found = await console.blocking(first)
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": 'attachment; filename="audit.csv"',
            "Cache-Control": "no-store",
        }
    )
    await response.prepare(request)
    await response.write(_lines([Entry.__struct_fields__]))
    while found:
        await response.write(_lines([_cells(entry) for entry in found]))
        wanted = msgspec.structs.replace(wanted, before=found[-1].number)
        found = await console.blocking(_more, console, wanted)
    await response.write_eof()
    return response


def _more(console: Console, wanted: Filter) -> list[Entry]:
    with console.database.read() as connection:
        return audit.entries(connection, wanted, IN_A_CHUNK)


def _cells(entry: Entry) -> tuple[str, ...]:
    at = datetime.fromtimestamp(entry.at_ms / 1000, UTC).isoformat(timespec="milliseconds")
    said = (entry.person, entry.address, entry.action, entry.subject, entry.detail)
    return (str(entry.number), at, *map(defuse, said))


def _lines(rows: list[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


def _filter(query: Mapping[str, str]) -> Filter:
    before = query.get("before", "")
    number = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    return Filter(
        person=query.get("person") or None,
        subject=query.get("about") or None,
        action=query.get("action") or None,
        since_ms=_time(query.get("from", "")),
        until_ms=_time(query.get("to", "")),
        before=number,
    )


def _time(text: str) -> int | None:
    """Of a field for date and time, in UTC; what is no time filters nothing."""
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _name(language: Language, action: str) -> str:
    key = f"audit.action.{action}"
    return word(language, key) if key in ALL else action


ROUTES = (
    Route("GET", "/audit", show, needs="people"),
    Route("GET", "/audit.csv", export, needs="people"),
)
