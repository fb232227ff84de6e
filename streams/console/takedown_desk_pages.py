"""One listing's takedown asked for, or taken back, with who and why."""

import threading
from datetime import UTC, datetime
from typing import cast, get_args
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy import select, update

from connectors.takedown_lists.headers import tidy
from connectors.takedown_requests import RequestSource, TakedownRequest
from streams.console.answers import asks_for_json
from streams.console.asker import client_of, person_of
from streams.console.audit import record
from streams.console.claims import claim, let_go
from streams.console.context import Console, console_of
from streams.console.people import Person
from streams.console.rendering import language_for, page
from streams.console.routes import Route
from streams.console.tables import TAKEDOWNS
from streams.console.words import word
from streams.epoch import now_ms
from streams.takedowns.desk import NoListingError, request_of, send_request, target_of, withdraw
from streams.words.safe_text import safe_text

LONGEST_LINK = 4096
LONGEST_TEXT = 1000
CLAIM_MS = 60_000


class DeskError(ValueError):
    """Nothing was done; `key` and `values` are the words that say why."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = key, values


async def form(request: web.Request) -> web.Response:
    """Which listing, and in whose name."""
    return _form(request, {"link": request.query.get("link", "")[:LONGEST_LINK]})


async def add(request: web.Request) -> web.StreamResponse:
    """Ask for the takedown; returns when Kafka has it."""
    console = console_of(request)
    fields = {name: str(value) for name, value in (await request.post()).items()}
    try:
        made = await console.blocking(_add, console, fields, person_of(request), client_of(request))
    except DeskError as error:
        said = word(language_for(request), error.key, **error.values)
        if asks_for_json(request):
            return web.json_response({"error": said}, status=400)
        return _form(request, fields, said, 400)
    if asks_for_json(request):
        return web.json_response({"request_id": made.request_id})
    asked = urlencode({"what": made.request_id, "done": "lists.added"})
    raise web.HTTPSeeOther(f"/takedowns/of?{asked}")


async def take_back(request: web.Request) -> web.StreamResponse:
    """Withdraw a takedown; returns when Kafka has it."""
    console = console_of(request)
    fields = {name: str(value) for name, value in (await request.post()).items()}
    takedown_id = fields.get("takedown_id", "")
    try:
        await console.blocking(
            _withdraw, console, takedown_id, fields.get("reason", ""), person_of(request), client_of(request)
        )
    except DeskError as error:
        said = word(language_for(request), error.key, **error.values)
        if asks_for_json(request):
            return web.json_response({"error": said}, status=409)
        return page(request, "error.html", {"message": said}, status=409)
    if asks_for_json(request):
        return web.json_response({"takedown_id": takedown_id})
    asked = urlencode({"what": takedown_id, "done": "lists.withdrawn_now"})
    raise web.HTTPSeeOther(f"/takedowns/of?{asked}")


def _add(console: Console, fields: dict[str, str], person: Person, address: str) -> TakedownRequest:
    link = fields.get("link", "").strip()
    texts = {}
    for name in ("authority", "reason"):
        if len(fields.get(name, "")) > LONGEST_TEXT:
            raise DeskError("lists.text_bounds", field=name, most=LONGEST_TEXT)
        texts[name] = tidy(fields.get(name, "")) or None
    if not link or len(link) > LONGEST_LINK:
        raise DeskError("lists.text_bounds", field="link", most=LONGEST_LINK)
    source = fields.get("source", "platform")
    if source not in get_args(RequestSource):
        raise DeskError("import.wrong", field="source")
    try:
        target = target_of(link, threading.Event())
    except NoListingError as error:
        raise DeskError("lists.add_none", why=safe_text(str(error), 300)) from None
    made = request_of(
        link, target, received_at=datetime.now(UTC), by=person.name, reason=texts["reason"],
        authority=texts["authority"], source=cast("RequestSource", source),
    )  # fmt: skip
    send_request(console.settings, made)
    with console.database.write() as connection:
        record(connection, person, address, "takedown asked for", made.request_id, safe_text(link, 1000))
    return made


def _withdraw(console: Console, takedown_id: str, reason: str, person: Person, address: str) -> None:
    why = tidy(reason)
    if not why or len(reason) > LONGEST_TEXT:
        raise DeskError("lists.reason_needed", most=LONGEST_TEXT)
    database, now = console.database, now_ms()
    # A second press, or a second person, waits for no Kafka: it is being done.
    held = f"withdraw/{takedown_id}"[:200]
    if claim(database, held, person.name, now, CLAIM_MS) is not None:
        raise DeskError("lists.not_in_force")
    try:
        in_force = TAKEDOWNS.c.takedown_id == takedown_id, TAKEDOWNS.c.withdrawn_ms.is_(None)
        with database.read() as connection:
            if connection.scalar(select(TAKEDOWNS.c.takedown_id).where(*in_force)) is None:
                raise DeskError("lists.not_in_force")
        withdraw(console.settings, takedown_id, at=datetime.now(UTC), by=person.name, reason=why)
        with database.write() as connection:
            # The feed says so too, in a moment; until then nobody withdraws it once more.
            connection.execute(update(TAKEDOWNS).where(*in_force).values(withdrawn_ms=now))
            record(connection, person, address, "takedown withdrawn", takedown_id, why)
    finally:
        let_go(database, held, person.name)
    console.live.changed("takedowns")
    console.live.changed("requests")


def _form(request: web.Request, fields: dict[str, str], said: str = "", status: int = 200) -> web.Response:
    values = {"fields": fields, "said": said, "sources": get_args(RequestSource)}
    return page(request, "takedown_add.html", values, status=status)


ROUTES = (
    Route("GET", "/takedowns/add", form, needs="lists"),
    Route("POST", "/takedowns/add", add, needs="lists"),
    Route("POST", "/takedowns/withdraw", take_back, needs="lists"),
)
