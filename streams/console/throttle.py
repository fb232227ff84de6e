"""Pauses that grow with each failed sign-in, by name and by address. Kept in the database, so a restart forgives none.

An attempt is counted as failed before the password is looked at, and forgiven when it was right: a thousand attempts
at once are a thousand, not one. Nobody is locked out for ever: pauses have an end, a session that is there is not
looked at, and an address from which the person has signed in lately has a count of its own, so that attempts from
elsewhere do not keep the person out.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from streams.console.client_address import neighbourhood
from streams.console.tables import ATTEMPTS
from streams.epoch import now_ms

HOUR_MS = 3_600_000
FAMILIAR_MS = 30 * 24 * HOUR_MS
"""How long an address is the person's own."""
KEPT_MS = 24 * HOUR_MS
MOST_REMOVED = 1000


class Limit(Struct, frozen=True):
    """`free`: failures before the first pause. Times in milliseconds; `forgotten`: after the last failure."""

    free: int
    longest: int
    forgotten: int


BY_NAME = Limit(free=5, longest=15 * 60_000, forgotten=KEPT_MS)
"""Typing errors are free; a search through passwords has 4 an hour."""
BY_ADDRESS = Limit(free=20, longest=5 * 60_000, forgotten=HOUR_MS)
"""An office may be behind it."""


class Attempt(Struct, frozen=True):
    """One that was counted: under what, and by which limits."""

    counted: tuple[tuple[str, Limit], ...]
    familiar: str = ""


def pause_after(failures: int, limit: Limit) -> int:
    """Milliseconds: none at first, then two seconds, and twice as long with each failure."""
    if failures < limit.free:
        return 0
    return int(min(limit.longest, 2000 * 2 ** min(failures - limit.free, 20)))


def sign_in_attempt(connection: Connection, name: str, address: str) -> Attempt:
    """What an attempt to sign in counts under."""
    place = neighbourhood(address)
    familiar, now = f"familiar {_hash(name, place)}", now_ms()
    known = connection.scalar(select(ATTEMPTS.c.until_ms).where(ATTEMPTS.c.what == familiar))
    by_name = f"here {_hash(name, place)}" if known is not None and known > now else f"name {_hash(name)}"
    return Attempt(((f"address {place}", BY_ADDRESS), (by_name, BY_NAME)), familiar)


def password_attempt(name: str) -> Attempt:
    """What a signed-in person's present password, asked for before another is set, counts under."""
    return Attempt(((f"account {_hash(name)}", BY_NAME),))


def wait_of(connection: Connection, attempt: Attempt) -> int:
    """Milliseconds until it may be made; 0: now."""
    names = [what for what, _ in attempt.counted]
    rows = connection.execute(select(ATTEMPTS).where(ATTEMPTS.c.what.in_(names))).all()
    return _longest_wait(attempt, {row.what: row for row in rows}, now_ms())


def begin(connection: Connection, attempt: Attempt) -> int:
    """Count the attempt as failed, unless it must wait: then how many milliseconds."""
    now = now_ms()
    rows = {what: _held(connection, what) for what, _ in attempt.counted}  # in the same order everywhere
    if wait := _longest_wait(attempt, rows, now):
        return wait
    for what, limit in attempt.counted:
        row = rows[what]
        failed = 1 if row.until_ms < now - limit.forgotten else row.failed + 1
        _put(connection, what, failed, now + pause_after(failed, limit))
    _remove_old(connection, now)
    return 0


def succeeded(connection: Connection, attempt: Attempt) -> None:
    """It was no failure. Earlier ones of the name are over; of the address only this one is taken back, or one
    account of an attacker's own would cover a search through others."""
    now = now_ms()
    for what, limit in attempt.counted:
        if limit is BY_NAME:
            connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.what == what))
        else:
            row = _held(connection, what)
            _put(connection, what, max(0, row.failed - 1), now)
    if attempt.familiar:
        _held(connection, attempt.familiar)
        _put(connection, attempt.familiar, 0, now + FAMILIAR_MS)


def _longest_wait(attempt: Attempt, rows: Mapping[str, Any], now: int) -> int:
    """A pause longer than any is that of a clock which was wrong, and would last for years."""
    waits = [(rows[what].until_ms - now, limit) for what, limit in attempt.counted if what in rows]
    return max((wait for wait, limit in waits if 0 < wait <= limit.longest), default=0)


def _held(connection: Connection, what: str) -> Any:
    """The row, made if it is not there, which no other transaction changes until this one ends."""
    kind = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    made = kind(ATTEMPTS).values(what=what, failed=0, until_ms=0)
    connection.execute(made.on_conflict_do_nothing())
    return connection.execute(select(ATTEMPTS).where(ATTEMPTS.c.what == what).with_for_update()).one()


def _remove_old(connection: Connection, now: int) -> None:
    """Last in its transaction, and never waiting: so that two attempts cannot wait for each other."""
    old = select(ATTEMPTS.c.what).where(ATTEMPTS.c.until_ms < now - KEPT_MS).limit(MOST_REMOVED)
    connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.what.in_(old.with_for_update(skip_locked=True))))


def _put(connection: Connection, what: str, failed: int, until_ms: int) -> None:
    row = update(ATTEMPTS).where(ATTEMPTS.c.what == what)
    connection.execute(row.values(failed=failed, until_ms=until_ms))


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()
