"""Sessions: a token that only the browser holds, another at each sign-in, and looked at in every request."""

import hashlib
import secrets

from msgspec import Struct
from sqlalchemy import Connection, delete, insert, or_, select, update

from streams.console.database import Database
from streams.console.people import Person, Role
from streams.console.tables import PEOPLE, SESSIONS
from streams.epoch import now_ms

TOKEN_BYTES = 32
SEEN_MS = 60_000
"""How often a sign of life is written down."""
IDLE_SHARE = 0.25
"""Of a session's longest life, after which it ends without a sign of life."""
CLOCK_MS = 300_000
"""How far several consoles' clocks may be apart; a session from further ahead would have no end."""
MOST_BROWSER = 300


class Session(Struct, frozen=True):
    """One that is alive. `key`: what the database knows it by."""

    key: str
    person: Person
    csrf: str


class OwnSession(Struct, frozen=True):
    """What people see of their sessions."""

    key: str
    made_ms: int
    seen_ms: int
    address: str
    browser: str


def token_key(token: str) -> str:
    """What of a session's token is kept: a stolen database signs nobody in."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def begin(connection: Connection, name: str, address: str, browser: str, hours: float) -> str:
    """A new session: the token for its cookie. Sessions that are over are removed."""
    token, now = secrets.token_urlsafe(TOKEN_BYTES), now_ms()
    lasts = int(hours * 3_600_000)
    over = or_(SESSIONS.c.made_ms < now - lasts, SESSIONS.c.seen_ms < now - int(lasts * IDLE_SHARE))
    connection.execute(delete(SESSIONS).where(over))
    connection.execute(
        insert(SESSIONS).values(
            token=token_key(token),
            person=name,
            csrf=secrets.token_urlsafe(TOKEN_BYTES),
            made_ms=now,
            seen_ms=now,
            address=address[:100],
            browser=browser[:MOST_BROWSER].encode("utf-8", "replace").decode().replace("\x00", ""),
        )
    )
    return token


def alive(database: Database, key: str, hours: float, *, sign_of_life: bool) -> Session | None:
    """The session of this key, unless it is over or its person disabled. The role is the one of now."""
    now, lasts = now_ms(), hours * 3_600_000
    with database.read() as connection:
        row = connection.execute(
            select(SESSIONS.c.csrf, SESSIONS.c.made_ms, SESSIONS.c.seen_ms, PEOPLE.c.name, PEOPLE.c.role)
            .join(PEOPLE, PEOPLE.c.name == SESSIONS.c.person)
            .where(SESSIONS.c.token == key, PEOPLE.c.disabled.is_(False))
        ).one_or_none()
    if row is None or now - row.made_ms > lasts or now - row.seen_ms > lasts * IDLE_SHARE:
        return None
    if min(now - row.made_ms, now - row.seen_ms) < -CLOCK_MS:
        return None
    if sign_of_life and now - row.seen_ms > min(SEEN_MS, lasts * IDLE_SHARE / 10):
        with database.write() as connection:
            connection.execute(update(SESSIONS).where(SESSIONS.c.token == key).values(seen_ms=now))
    role: Role = row.role
    return Session(key, Person(row.name, role), row.csrf)


def own(connection: Connection, name: str) -> list[OwnSession]:
    """All sessions of this person, the newest first."""
    columns = SESSIONS.c
    rows = connection.execute(
        select(columns.token, columns.made_ms, columns.seen_ms, columns.address, columns.browser)
        .where(columns.person == name)
        .order_by(columns.seen_ms.desc())
        .limit(100)
    )
    return [OwnSession(*row) for row in rows]


def end(connection: Connection, key: str) -> None:
    """This session is over."""
    connection.execute(delete(SESSIONS).where(SESSIONS.c.token == key))


def end_all(connection: Connection, name: str, but: str = "") -> int:
    """All sessions of the person are over, but the one with this key; how many were."""
    gone = delete(SESSIONS).where(SESSIONS.c.person == name, SESSIONS.c.token != but)
    return connection.execute(gone).rowcount
