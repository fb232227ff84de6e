"""Something that one person at a time does, on whichever console: held for a while, renewed, let go."""

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from streams.console.database import Database
from streams.console.tables import CLAIMS


def claim(database: Database, what: str, holder: str, now_ms: int, lasts_ms: int) -> str | None:
    """Take it. Returns None where it is ours now, or else who holds it."""
    try:
        with database.write() as connection:
            connection.execute(delete(CLAIMS).where(CLAIMS.c.alert_id == what, CLAIMS.c.until_ms <= now_ms))
            held = connection.scalar(select(CLAIMS.c.person).where(CLAIMS.c.alert_id == what))
            if held is not None:
                return str(held)
            connection.execute(
                insert(CLAIMS).values(alert_id=what, person=holder, until_ms=now_ms + lasts_ms)
            )
    except IntegrityError:
        # PostgreSQL lets two get this far; one of them came first.
        with database.read() as connection:
            return str(connection.scalar(select(CLAIMS.c.person).where(CLAIMS.c.alert_id == what)) or "?")
    return None


def renew(database: Database, what: str, holder: str, until_ms: int) -> bool:
    """Hold it until then; whether it is still ours."""
    with database.write() as connection:
        done = connection.execute(
            update(CLAIMS)
            .where(CLAIMS.c.alert_id == what, CLAIMS.c.person == holder)
            .values(until_ms=until_ms)
        )
        return bool(done.rowcount)


def let_go(database: Database, what: str, holder: str) -> None:
    """Let others do it."""
    with database.write() as connection:
        connection.execute(delete(CLAIMS).where(CLAIMS.c.alert_id == what, CLAIMS.c.person == holder))


def holder_of(database: Database, what: str, now_ms: int) -> str | None:
    """Who does it now."""
    with database.read() as connection:
        held = connection.scalar(
            select(CLAIMS.c.person).where(CLAIMS.c.alert_id == what, CLAIMS.c.until_ms > now_ms)
        )
    return None if held is None else str(held)
