"""A replay asked for, confirmed with its number, and followed until it is over."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web
from sqlalchemy import ColumnElement, func, select

from streams.console.answers import asks_for_json
from streams.console.asked import is_part_asked, text_asked
from streams.console.asker import client_of, person_of
from streams.console.audit import record
from streams.console.claims import holder_of
from streams.console.context import Console, console_of
from streams.console.dead_letter_replays import (
    CLAIM,
    MOST_AT_ONCE,
    ChangedError,
    HeldError,
    Replayed,
    Sized,
    replays_of,
)
from streams.console.dead_letter_rows import at_place, count_by_topic, of_kind, places
from streams.console.people import Person
from streams.console.rendering import language_for, page
from streams.console.routes import Route
from streams.console.tables import DEAD_LETTERS
from streams.console.words import word
from streams.dead_letter_replay import Place
from streams.epoch import now_ms
from streams.words.safe_text import safe_text

AUDIT_ACTION = "dead letters replayed"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be replayed: one letter, or those of a kind of until then. `again`: also what was before."""

    place: Place | None
    stage: str
    error: str
    until_ms: int
    again: bool

    @property
    def what(self) -> str:
        """For a person."""
        return str(self.place) if self.place is not None else f"{self.error} ({self.stage})"

    def condition(self, now_ms: int, *, again: bool | None = None) -> ColumnElement[bool]:
        """The letters in the database."""
        again = self.again if again is None else again
        if self.place is None:
            return of_kind(self.stage, self.error, self.until_ms, now_ms, again=again)
        here = at_place(self.place)
        return here if again else here & DEAD_LETTERS.c.replayed_ms.is_(None)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a replay would send. `before`: when and by whom the one letter was replayed."""

    wanted: Wanted
    by_topic: dict[str, int]
    replayed: int
    before: tuple[int, str] | None
    held_by: str | None

    @property
    def count(self) -> int:
        """All letters."""
        return sum(self.by_topic.values())


async def ask(request: web.Request) -> web.Response:
    """Say what would be sent back, and ask."""
    console = console_of(request)
    wanted = _wanted(
        {name: text_asked(request, name) or "" for name in ("place", "stage", "error", "again", "until_ms")}
    )
    offer = await console.blocking(_offer, console, wanted)
    return _confirmation(request, offer)


async def begin(request: web.Request) -> web.StreamResponse:
    """Replay what was confirmed, if it is still that much."""
    console, person = console_of(request), person_of(request)
    form = {name: str(value) for name, value in (await request.post()).items()}
    wanted = _wanted(form)
    offer = await console.blocking(_offer, console, wanted)
    if offer.held_by is not None:
        return _refused(request, offer, "dead.held", by=safe_text(offer.held_by, 100))
    if form.get("count") != str(offer.count) or not offer.count:
        return _refused(request, offer, "dead.changed", count=offer.count)
    try:
        job = await console.blocking(_start, console, offer, person, client_of(request))
    except HeldError as held:
        return _refused(request, offer, "dead.held", by=safe_text(str(held), 100))
    except ChangedError:
        offer = await console.blocking(_offer, console, wanted)
        return _refused(request, offer, "dead.changed", count=offer.count)
    address = f"/dead-letters/replays/{job.job_id}"
    if asks_for_json(request):
        return web.json_response({"job": job.job_id, "address": address, "count": job.total})
    raise web.HTTPSeeOther(address)


async def progress(request: web.Request) -> web.Response:
    """How far a replay is, and what came of it."""
    job = replays_of(console_of(request)).job(request.match_info["job"])
    if job is None:
        raise web.HTTPNotFound
    return page(
        request, "dead_letter_job.html" if is_part_asked(request) else "dead_letter_replay.html", {"job": job}
    )


def _confirmation(request: web.Request, offer: Offer, said: str = "", status: int = 200) -> web.Response:
    values: dict[str, Any] = {
        "offer": offer,
        "wanted": offer.wanted,
        "count": min(offer.count, MOST_AT_ONCE),
        "most": MOST_AT_ONCE,
        "said": said,
        "job": replays_of(console_of(request)).running(),
    }
    return page(request, "dead_letter_confirm.html", values, status=status)


def _refused(request: web.Request, offer: Offer, key: str, **values: object) -> web.Response:
    said = word(language_for(request), key, **values)
    if asks_for_json(request):
        return web.json_response({"error": said, "count": offer.count}, status=409)
    return _confirmation(request, offer, said, status=409)


def _wanted(fields: dict[str, str]) -> Wanted:
    place: Place | None = None
    until = fields.get("until_ms", "")
    if fields.get("place"):
        try:
            place = Place.parse(fields["place"])
        except ValueError:
            raise web.HTTPBadRequest(text="place") from None
        if place.partition >= 2**31 or place.offset >= 2**63:
            raise web.HTTPBadRequest(text="place")
    elif not fields.get("stage") or not fields.get("error"):
        raise web.HTTPBadRequest(text="stage, error")
    return Wanted(
        place,
        fields.get("stage", "").replace("\x00", ""),
        fields.get("error", "").replace("\x00", ""),
        int(until) if until.isascii() and until.isdigit() and len(until) < 16 else now_ms(),
        fields.get("again") == "1",
    )


def _offer(console: Console, wanted: Wanted) -> Offer:
    now = now_ms()
    condition = wanted.condition(now)
    replayed = DEAD_LETTERS.c.replayed_ms.is_not(None)
    with console.database.read() as connection:
        before = None
        if wanted.place is not None:
            row = connection.execute(
                select(DEAD_LETTERS.c.replayed_ms, DEAD_LETTERS.c.replayed_by).where(at_place(wanted.place))
            ).one_or_none()
            if row is None:
                raise web.HTTPNotFound
            before = (row.replayed_ms, row.replayed_by) if row.replayed_ms is not None else None
        by_topic = count_by_topic(connection, condition)
        all_of_them = wanted.condition(now, again=True)
        count = connection.scalar(select(func.count()).where(all_of_them & replayed)) or 0
    return Offer(wanted, by_topic, count, before, holder_of(console.database, CLAIM, now))


def _start(console: Console, offer: Offer, person: Person, address: str) -> Replayed:
    def choose() -> list[Sized]:
        with console.database.read() as connection:
            return places(connection, offer.wanted.condition(now_ms()), MOST_AT_ONCE)

    def over(job: Replayed) -> None:
        told = f"{job.sent} sent, {job.copies} copies, {job.refused} refused"
        with console.database.write() as connection:
            record(
                connection, person, address, AUDIT_ACTION, job.what, f"{told}; {job.why}" if job.why else told
            )

    return replays_of(console).start(
        person.name, offer.wanted.what, choose, min(offer.count, MOST_AT_ONCE), over
    )


ROUTES = (
    Route("GET", "/dead-letters/replay", ask, needs="operate"),
    Route("POST", "/dead-letters/replay", begin, needs="operate"),
    Route("GET", "/dead-letters/replays/{job}", progress),
)
