"""Dead letters: by kind, one by one, and each with its bytes."""

from typing import Any

from aiohttp import web

from connectors.codec import RecordError
from connectors.events import DeadLetter
from streams.console import dead_letter_replay_pages
from streams.console.asked import choice_asked, is_part_asked, text_asked
from streams.console.asker import client_of, person_of
from streams.console.audit import record
from streams.console.context import Console, console_of
from streams.console.dead_letter_bytes import Shown, shown
from streams.console.dead_letter_replays import replays_of
from streams.console.dead_letter_rows import (
    KEPT_MS,
    STATES,
    Chosen,
    Kind,
    Letter,
    State,
    came_back,
    kinds,
    letter,
    letters,
    tries,
)
from streams.console.letter_reader import FILE_SECONDS, PAGE_SECONDS, letter_reader
from streams.console.remembered import remembered
from streams.console.rendering import page
from streams.console.routes import Route
from streams.console.words import ALL
from streams.dead_letter_replay import Place
from streams.epoch import now_ms
from streams.kafka_clients.record_reader import ReadError
from streams.words.safe_text import safe_bytes

HEADERS_SHOWN = 100
HEADER_BYTES = 1000


def help_for(error: str) -> str:
    """The key of the words that say what to do about this kind of error."""
    key = f"dead.help.{error}"
    return key if key in ALL else "dead.help.other"


async def overview(request: web.Request) -> web.Response:
    """Every kind with its counts."""
    console = console_of(request)
    found = await remembered(console, "dead-letters", "kinds", lambda: _kinds(console))
    values: dict[str, Any] = {
        "kinds": found,
        "total": {
            name: sum(getattr(kind, name) for kind in found) for name in ("hour", "day", "all", "open")
        },
        "help_for": help_for,
        "job": replays_of(console).running(),
    }
    return page(request, "dead_letter_kinds.html" if is_part_asked(request) else "dead_letters.html", values)


async def listed(request: web.Request) -> web.Response:
    """A page of letters of one kind, or of all."""
    console = console_of(request)
    state: State = "open"
    for each in STATES:
        if choice_asked(request, "state", (each,)):
            state = each
    chosen = Chosen(text_asked(request, "stage"), text_asked(request, "error"), state)
    rows, back, following = await console.blocking(
        _letters, console, chosen, text_asked(request, "after", 100)
    )
    values: dict[str, Any] = {
        "chosen": chosen,
        "rows": rows,
        "back": back,
        "following": following,
        "is_first": "after" not in request.query,
        "place_of": place_of,
        "is_gone": is_gone,
        "help_for": help_for,
    }
    return page(
        request, "dead_letter_rows.html" if is_part_asked(request) else "dead_letter_list.html", values
    )


async def one(request: web.Request) -> web.Response:
    """One letter, with its raw bytes while Kafka has them."""
    console, place = console_of(request), asked_place(request)
    row, others = await console.blocking(_letter, console, place)
    if row is None:
        raise web.HTTPNotFound
    values: dict[str, Any] = {
        "row": row,
        "place": place,
        "others": others,
        "came_back": any(each.attempt > row.attempt for each in others),
        "is_gone": is_gone,
        "place_of": place_of,
        "help_for": help_for,
    }
    if is_part_asked(request):
        return page(request, "dead_letter_news.html", values)
    found: DeadLetter | None = None
    unread = ""
    try:
        found = await letter_reader(console).read(place, PAGE_SECONDS)
    except (ReadError, RecordError) as error:
        unread = str(error)
    value: Shown | None = None
    if found is not None and found.value is not None:
        value = await console.blocking(shown, found.value)
    values |= {"record": found, "headers": _headers(found), "unread": unread, "value": value}
    return page(request, "dead_letter.html", values)


async def value_file(request: web.Request) -> web.Response:
    """The letter's value as a file, byte for byte."""
    console, place = console_of(request), asked_place(request)
    try:
        found = await letter_reader(console).read(place, FILE_SECONDS)
    except RecordError:
        raise web.HTTPNotFound from None
    if found.value is None:
        raise web.HTTPNotFound
    person, address = person_of(request), client_of(request)

    def note() -> None:
        with console.database.write() as connection:
            record(connection, person, address, "dead letter taken", str(place), f"{size} bytes")

    size = len(found.value)
    await console.blocking(note)
    name = f"dead-letter-{place.partition}-{place.offset}.bin"
    return web.Response(
        body=found.value,
        content_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def asked_place(request: web.Request) -> Place:
    """The place in the address. Raises HTTPNotFound where it can be none."""
    try:
        place = Place.parse(request.match_info["place"])
    except ValueError:
        raise web.HTTPNotFound from None
    if place.partition >= 2**31 or place.offset >= 2**63:
        raise web.HTTPNotFound
    return place


def place_of(row: Letter) -> Place:
    """Where the row's letter stands on `dead-letters`."""
    return Place(row.partition, row.offset)


def is_gone(row: Letter) -> bool:
    """Whether Kafka has let the letter go."""
    return bool(row.failed_ms < now_ms() - KEPT_MS)


def _headers(found: DeadLetter | None) -> list[tuple[str, str]]:
    if found is None:
        return []
    return [(name, safe_bytes(value, HEADER_BYTES)) for name, value in found.headers[:HEADERS_SHOWN]]


def _kinds(console: Console) -> list[Kind]:
    with console.database.read() as connection:
        return kinds(connection, now_ms())


def _letters(
    console: Console, chosen: Chosen, after: str | None
) -> tuple[list[Letter], dict[Place, Letter], str | None]:
    with console.database.read() as connection:
        rows, following = letters(connection, chosen, now_ms(), after)
        return rows, came_back(connection, rows), following


def _letter(console: Console, place: Place) -> tuple[Letter | None, list[Letter]]:
    with console.database.read() as connection:
        row = letter(connection, place)
        return row, [] if row is None else tries(connection, row)


ROUTES = (
    Route("GET", "/dead-letters", overview),
    Route("GET", "/dead-letters/letters", listed),
    *dead_letter_replay_pages.ROUTES,
    Route("GET", "/dead-letters/{place}", one),
    Route("GET", "/dead-letters/{place}/value.bin", value_file, needs="export"),
)
