"""The audit log: who did what, from where. Written in the transaction that does it, so neither is there alone."""

from aiohttp import web
from msgspec import Struct
from sqlalchemy import Connection, func, insert, select, tuple_

from streams.console.asker import client_of, person_or_none
from streams.console.people import Person
from streams.console.tables import AUDIT
from streams.epoch import now_ms

MOST_SUBJECT = 500
MOST_DETAIL = 2000
NOBODY = ""
"""By whom a sign-in failed: a name that is typed proves nothing."""
COMMAND = "(command line)"
"""Who has a shell on the console's machine; no person can have this name."""


class Filter(Struct, frozen=True, kw_only=True):
    """Which entries. None: any. Times: milliseconds since 1970. `before`: only those older than the entry of this
    number."""

    person: str | None = None
    subject: str | None = None
    action: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    before: int | None = None


class Entry(Struct, frozen=True):
    """One thing done."""

    number: int
    at_ms: int
    person: str
    address: str
    action: str
    subject: str
    detail: str


def record(  # noqa: PLR0917  what is told stands in the order it is told
    connection: Connection,
    by: web.Request | Person | str,
    address: str,
    action: str,
    subject: str,
    detail: str = "",
) -> None:
    """Write down what `by` does. `address`: `client_of(request)`; empty takes it from the request in `by`.

    `action`: a few fixed words, such as `role changed`; what they are called on the page is the word
    `audit.action.<action>`, if there is one. `subject`: what it was done to, a name or an id. Never a password.
    """
    if isinstance(by, web.Request):
        address = address or client_of(by)
        by = person_or_none(by) or NOBODY
    connection.execute(
        insert(AUDIT).values(
            at_ms=now_ms(),
            person=_kept(by.name if isinstance(by, Person) else by, 256),
            address=_kept(address, 100),
            action=action,
            subject=_kept(subject, MOST_SUBJECT),
            detail=_kept(detail, MOST_DETAIL),
        )
    )


def entries(connection: Connection, wanted: Filter, most: int) -> list[Entry]:
    """The newest entries of the filter, at most so many."""
    query = select(*(AUDIT.c[name] for name in Entry.__struct_fields__))
    for column, value in (
        (AUDIT.c.person, wanted.person),
        (AUDIT.c.subject, wanted.subject),
        (AUDIT.c.action, wanted.action),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.since_ms is not None:
        query = query.where(AUDIT.c.at_ms >= wanted.since_ms)
    if wanted.until_ms is not None:
        query = query.where(AUDIT.c.at_ms < wanted.until_ms)
    if wanted.before is not None:
        at_ms = connection.scalar(select(AUDIT.c.at_ms).where(AUDIT.c.number == wanted.before))
        if at_ms is None:
            return []
        query = query.where(tuple_(AUDIT.c.at_ms, AUDIT.c.number) < tuple_(at_ms, wanted.before))
    # In the order of the indexes, of which each of the filters has one.
    rows = connection.execute(query.order_by(AUDIT.c.at_ms.desc(), AUDIT.c.number.desc()).limit(most))
    return [Entry(*row) for row in rows]


def actions(connection: Connection) -> list[str]:
    """All that was ever done. One look into the index for each, however long the log is."""
    found: list[str] = []
    while True:
        query = select(func.min(AUDIT.c.action))
        following = connection.scalar(query.where(AUDIT.c.action > found[-1]) if found else query)
        if following is None:
            return found
        found.append(following)


def _kept(text: str, most: int) -> str:
    """What both databases can hold: no half characters, and no zero (PostgreSQL, 8.3)."""
    return text[:most].encode("utf-8", "replace").decode().replace("\x00", "\N{REPLACEMENT CHARACTER}")
