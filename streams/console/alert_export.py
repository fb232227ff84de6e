"""The queue as a file: CSV for a spreadsheet, which runs none of its cells, or JSON lines with the records.

Read and sent a few hundred at a time, so that its length is no matter.
"""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from aiohttp import web
from sqlalchemy import select

from connectors.csv_cells import defuse
from connectors.csv_tables import COLUMNS, cells
from connectors.events import Alert
from streams.console.alerts_page import wanted_of
from streams.console.context import Console, console_of
from streams.console.feed.upserts import chunks
from streams.console.queue.actor import Actor, actor_of, note
from streams.console.queue.filters import Filter
from streams.console.queue.reservation import EPOCH
from streams.console.queue.search import Place, find
from streams.console.routes import Route
from streams.console.tables import ALERTS, VERDICTS
from streams.epoch import now_ms
from streams.words.safe_text import safe_text

AT_ONCE = 500
VERDICT_COLUMNS = ("state", "held", "verdict_by", "verdict_reason", "verdict_at")
TYPES = {"csv": "text/csv", "jsonl": "application/jsonl"}
BOM = "\ufeff"
"""By which spreadsheets know UTF-8."""


async def export(request: web.Request) -> web.StreamResponse:
    """The alerts of the filter, in their order, with the verdicts on them."""
    console, wanted = console_of(request), wanted_of(request)
    form = request.query.get("format", "csv")
    if form not in TYPES:
        raise web.HTTPBadRequest(text="format")
    now = now_ms()
    await console.blocking(_write_down, console, actor_of(request), wanted, form)
    name = f"alerts-{datetime.now(UTC):%Y%m%d-%H%M%S}.{form}"
    response = web.StreamResponse(
        headers={
            "Content-Type": f"{TYPES[form]}; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        }
    )
    await response.prepare(request)
    if form == "csv":
        await response.write((BOM + _csv([[*COLUMNS["alerts"], *VERDICT_COLUMNS]])).encode())
    after: Place | None = None
    while True:
        text, after = await console.blocking(_some, console, wanted, form, now, after)
        if text:
            await response.write(text)
        if after is None:
            break
    await response.write_eof()
    return response


def _some(
    console: Console, wanted: Filter, form: str, now: int, after: Place | None
) -> tuple[bytes, Place | None]:
    """The next alerts as they stand in the file, and where to go on."""
    with console.database.read() as connection:
        found = find(connection, wanted, now, limit=AT_ONCE, after=after)
        ids = [place.alert_id for place in found.places]
        rows: dict[str, Any] = {}
        query = (
            select(
                ALERTS.c.alert_id, ALERTS.c.record, ALERTS.c.state, ALERTS.c.held,
                VERDICTS.c.by, VERDICTS.c.reason, VERDICTS.c.decided_ms,
            ).join(VERDICTS, VERDICTS.c.alert_id == ALERTS.c.alert_id, isouter=True)
        )  # fmt: skip
        for some in chunks(ids):
            rows |= {
                row.alert_id: row for row in connection.execute(query.where(ALERTS.c.alert_id.in_(some)))
            }
    lines = [rows[each] for each in ids if each in rows]
    text = _csv([_cells(row) for row in lines]).encode() if form == "csv" else b"".join(map(_line, lines))
    return text, found.places[-1] if found.more else None


def _line(row: Any) -> bytes:
    """The alert's record as it was on its topic, and beside it what was said of it."""
    verdict = None
    if row.by is not None:
        verdict = {
            "verdict": row.state,
            "by": row.by,
            "reason": row.reason,
            "decided_at": _time(row.decided_ms),
        }
    return (
        msgspec.json.encode({"alert": msgspec.Raw(row.record), "held": row.held, "verdict": verdict}) + b"\n"
    )


def _cells(row: Any) -> list[str]:
    alert = msgspec.json.decode(row.record, type=Alert)
    found = cells(alert) | {
        "state": row.state,
        "held": "true" if row.held else "false",
        "verdict_by": row.by or "",
        "verdict_reason": row.reason or "",
        "verdict_at": _time(row.decided_ms) or "",
    }
    return [defuse(found.get(name, "")) for name in (*COLUMNS["alerts"], *VERDICT_COLUMNS)]


def _csv(rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


def _time(milliseconds: int | None) -> str | None:
    if milliseconds is None:
        return None
    at = datetime.fromtimestamp(milliseconds // 1000, UTC) if milliseconds >= 0 else EPOCH
    return f"{at:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"


def _write_down(console: Console, actor: Actor, wanted: Filter, form: str) -> None:
    what = ", ".join(f"{name}={safe_text(value, 100)}" for name, value in sorted(wanted.address().items()))
    with console.database.write() as connection:
        note(connection, actor, "export", f"alerts as {form}", what)


ROUTES = (Route("GET", "/alerts/export", export, needs="export"),)
