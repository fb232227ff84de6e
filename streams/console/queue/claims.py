"""Who looks at which alert: taken, kept and given back, each in one statement, so that two never both have it."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, and_, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from streams.console.feed.upserts import chunks
from streams.console.tables import CLAIMS

C = CLAIMS.c
OLD_MS = 3_600_000
PRUNED = 100


class Claim(Struct, frozen=True):
    """Until then this person has the alert."""

    alert_id: str
    person: str
    until_ms: int


def claim(
    connection: Connection, alert_id: str, person: str, now: int, minutes: float, *, take_over: bool = False
) -> Claim:
    """Take the alert, or keep it for longer; whose it is now. With `take_over` also from somebody else, but not
    while their decision is on its way."""
    free: Any = or_(C.person == person, C.until_ms <= now)
    if take_over:
        free = or_(free, C.decision.is_(None))
    # Somebody's decision under way is not to be forgotten, not even by themselves in another window.
    free = and_(free, or_(C.decision.is_(None), C.until_ms <= now))
    statement = insert_for(connection).values(
        alert_id=alert_id, person=person, until_ms=now + int(minutes * 60_000), decision=None
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["alert_id"],
            set_={name: statement.excluded[name] for name in ("person", "until_ms", "decision")},
            where=free,
        )
    )
    row = connection.execute(select(C.person, C.until_ms).where(C.alert_id == alert_id)).one()
    return Claim(alert_id, row.person, row.until_ms)


def leave(connection: Connection, alert_id: str, person: str) -> None:
    """Give the alert back, unless a decision on it is under way."""
    connection.execute(delete(CLAIMS).where(C.alert_id == alert_id, C.person == person, C.decision.is_(None)))


def holders(connection: Connection, now: int, alert_ids: Sequence[str] | None = None) -> Mapping[str, Claim]:
    """Who has what now: of these alerts, or of all."""
    query = select(C.alert_id, C.person, C.until_ms).where(C.until_ms > now)
    if alert_ids is None:
        rows = connection.execute(query).all()
    else:
        rows = [
            row for some in chunks(alert_ids) for row in connection.execute(query.where(C.alert_id.in_(some)))
        ]
    return {row.alert_id: Claim(*row) for row in rows}


def insert_for(connection: Connection) -> Any:
    """The dialect's own INSERT into the claims, which has `on_conflict_...`."""
    return postgresql.insert(CLAIMS) if connection.dialect.name == "postgresql" else sqlite.insert(CLAIMS)


def prune(connection: Connection, now: int) -> None:
    """Forget some of those that ended long ago; not those that somebody is writing, which would make two wait for
    each other."""
    old = select(C.alert_id).where(C.until_ms < now - OLD_MS).limit(PRUNED).with_for_update(skip_locked=True)
    connection.execute(delete(CLAIMS).where(C.alert_id.in_(old.scalar_subquery())))
