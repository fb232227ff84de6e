"""The alerts page: the queue, and beside it one alert. Both also as fragments, which the page's script asks for."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from aiohttp import web
from msgspec import Struct

from streams.console.asker import person_of
from streams.console.case import case_values
from streams.console.case_evidence import percent
from streams.console.context import Console, console_of
from streams.console.people import Person
from streams.console.queue.choices import KnownChoices
from streams.console.queue.claims import claim, holders
from streams.console.queue.deciding import decided_rows
from streams.console.queue.filters import (
    CAUGHT_BY,
    JUDGEMENTS,
    KINDS,
    LASTS,
    SORTS,
    STATES,
    Filter,
    FilterError,
    filter_of,
)
from streams.console.queue.reservation import seen_text
from streams.console.queue.rows import (
    QueueRow,
    neighbour,
    open_in_cluster,
    recent_reasons,
    rows_of,
)
from streams.console.queue.search import COUNTED, Place, PlaceError, place_of
from streams.console.queue_rows import rows_html
from streams.console.rendering import ENVIRONMENT, answer, language_for, page, plain
from streams.console.routes import Route
from streams.console.words import Language, word
from streams.epoch import now_ms

FRAGMENT = "X-Fragment"
MINUTE_MS = 60_000


class Opened(Struct, frozen=True):
    """One alert as the page around it needs it. `holder`: who else has it open, until `holder_until_ms`."""

    row: QueueRow
    case: dict[str, Any]
    holder: str | None
    holder_until_ms: int | None
    in_cluster: int
    reasons: list[str]

    @property
    def seen(self) -> str:
        """What a verdict says that it was given on."""
        return seen_text(self.row.state, self.row.decided_ms)


def address(wanted: Filter, path: str = "/alerts", **more: str) -> str:
    """The path with the filter behind it."""
    parts = wanted.address() | more
    return f"{path}?{urlencode(parts, quote_via=quote)}" if parts else path


def alert_path(alert_id: str, action: str = "") -> str:
    """Where an alert is."""
    return f"/alerts/{quote(alert_id, safe='')}{action and '/' + action}"


def age(language: Language, matched_ms: int, now: int) -> str:
    """How long ago, in a few characters."""
    minutes = max(0, now - matched_ms) // MINUTE_MS
    if minutes < 1:
        return word(language, "alerts.age.now")
    if minutes < 60:
        return word(language, "alerts.age.minutes", n=minutes)
    if minutes < 48 * 60:
        return word(language, "alerts.age.hours", n=minutes // 60)
    return word(language, "alerts.age.days", n=minutes // (24 * 60))


ENVIRONMENT.filters.update(percent=percent)
ENVIRONMENT.globals.update(alerts_address=address, alert_path=alert_path)


def wanted_of(request: web.Request) -> Filter:
    """The filter in the address; a page that says what is wrong with it."""
    try:
        return filter_of(request.query)
    except FilterError as error:
        raise web.HTTPBadRequest(
            text=word(language_for(request), "alerts.filter.wrong", name=str(error))
        ) from error


def place_in(request: web.Request) -> Place | None:
    """The place behind which rows are asked for."""
    try:
        return place_of(text) if (text := request.query.get("after")) else None
    except PlaceError as error:
        raise web.HTTPBadRequest(text="after") from error


def queue_values(request: web.Request, wanted: Filter, chosen: str | None = None) -> dict[str, Any]:
    """What every template about the queue needs."""
    language, now = language_for(request), now_ms()
    return {
        "wanted": wanted,
        "chosen": chosen,
        "age": lambda matched_ms: age(language, matched_ms, now),
        "counted": COUNTED,
        "me": person_of(request),
        "judgements": JUDGEMENTS,
        "renew_seconds": round(console_of(request).settings.dashboard.claim_minutes * 60 / 3, 3),
    }


async def alerts(request: web.Request) -> web.Response:
    """The queue, and nothing chosen."""
    return await _whole(request, wanted_of(request), None)


async def queue(request: web.Request) -> web.Response:
    """The rows alone."""
    wanted, after = wanted_of(request), place_in(request)
    if request.headers.get(FRAGMENT):
        return answer(await rows_html(request, wanted, after, queue_values(request, wanted)))
    return await _whole(request, wanted, None, after)


async def claims(request: web.Request) -> web.Response:
    """What others have open now: their names, as they are shown, by alert."""
    console, me = console_of(request), person_of(request).name

    def look() -> dict[str, str]:
        with console.database.read() as connection:
            having = holders(connection, now_ms())
        return {key: plain(held.person, 40) for key, held in having.items() if held.person != me}

    return web.json_response(await console.blocking(look), headers={"Cache-Control": "no-store"})


async def one(request: web.Request) -> web.Response:
    """An alert, which opening it keeps for whoever may decide; as a fragment, or with the queue beside it."""
    console, wanted = console_of(request), wanted_of(request)
    alert_id, person, language = request.match_info["alert_id"], person_of(request), language_for(request)
    opened = await console.blocking(open_alert, console, alert_id, person, language)
    if opened is None:
        said = word(language, "alerts.gone", n=f"{console.settings.dashboard.keep_days:g}")
        return page(request, "error.html", {"message": said}, status=404)
    if request.headers.get(FRAGMENT):
        values = queue_values(request, wanted, alert_id) | opened.case | {"opened": opened, "around": None}
        return page(request, "alert_pane.html", values)
    return await _whole(request, wanted, opened)


def open_alert(console: Console, alert_id: str, person: Person, language: Language) -> Opened | None:
    """Look everything up, and claim the alert if it is free. None: there is no such alert."""
    now, minutes = now_ms(), console.settings.dashboard.claim_minutes
    if "\0" in alert_id:
        return None
    if person.may("judge"):
        with console.database.write() as connection:
            if not rows_of(connection, [alert_id], now):
                return None
            holder = claim(connection, alert_id, person.name, now, minutes)
        console.live.changed("claims")
    else:
        holder = None
    with console.database.read() as connection:
        rows = rows_of(connection, [alert_id], now)
        if not rows:
            return None
        if holder is None:
            holder = holders(connection, now, [alert_id]).get(alert_id)
        in_cluster = open_in_cluster(connection, rows[0].cluster)
        reasons = recent_reasons(connection, person.name) if person.may("judge") else []
    case = case_values(console, alert_id, language)
    if case is None:
        return None
    if holder is None or holder.person == person.name:
        return Opened(rows[0], case, None, None, in_cluster, reasons)
    return Opened(rows[0], case, holder.person, holder.until_ms, in_cluster, reasons)


async def _whole(
    request: web.Request, wanted: Filter, opened: Opened | None, after: Place | None = None
) -> web.Response:
    console = console_of(request)
    known = console.services.setdefault(KnownChoices, KnownChoices(console.database))
    values: dict[str, Any] = queue_values(request, wanted, None if opened is None else opened.row.alert_id)
    values |= {
        "rows": await rows_html(request, wanted, after, values),
        "opened": opened,
        "choices": await console.blocking(known.get),
        "lists": _lists(),
        "around": None,
        "notice": None,
    }
    if opened is not None:
        values |= opened.case
        values["around"] = await console.blocking(
            _around, console, wanted, opened.row, person_of(request).name
        )
    if done := request.query.get("done"):
        values["notice"] = await console.blocking(_notice, console, person_of(request).name, done)
    return page(request, "alerts.html", values)


def _around(console: Console, wanted: Filter, row: QueueRow, person: str) -> Mapping[str, str | None]:
    """The alerts before and behind this one, for pages without their script."""
    return {
        "previous": neighbour(console.database, wanted, row.place, person, backwards=True),
        "next": neighbour(console.database, wanted, row.place, person),
    }


def _lists() -> Mapping[str, tuple[str, ...]]:
    return {"state": STATES, "kind": KINDS[1:], "caught_by": CAUGHT_BY[1:], "last": LASTS[1:], "sort": SORTS}


def _notice(console: Console, person: str, decision: str) -> Mapping[str, Any] | None:
    """What was just decided, with the way back."""
    rows = decided_rows(console, person, decision)
    if not rows:
        return None
    with console.database.read() as connection:
        found = rows_of(connection, [row.alert_id for row in rows[:1]], now_ms())
    return {"decision": decision, "count": len(rows), "row": found[0]} if found else None


ROUTES = (
    Route("GET", "/alerts", alerts),
    Route("GET", "/alerts/queue", queue),
    Route("GET", "/alerts/claims", claims),
)
LAST_ROUTES = (Route("GET", "/alerts/{alert_id}", one),)
"""After all others under `/alerts/`."""
