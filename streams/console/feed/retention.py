"""What is too old goes, some rows at a time, so that nobody waits for it."""

import time
from collections.abc import Callable, Iterable, Iterator

import structlog
from sqlalchemy import Column, ColumnElement, Connection, Table, and_, delete, not_, select, tuple_

from streams.console.feed.turn import Turn
from streams.console.feed.upserts import chunks
from streams.console.tables import (
    ALERT_TAKEDOWNS,
    ALERTS,
    ATTEMPTS,
    CHANGES,
    CLAIMS,
    DEAD_LETTERS,
    DECISIONS,
    REQUESTS,
    SESSIONS,
    TAKEDOWN_PHOTOS,
    TAKEDOWNS,
    VERDICTS,
)
from streams.epoch import now_ms
from streams.settings import Dashboard

log = structlog.get_logger(__name__)

ROWS = 1000
"""In one transaction: some 20 ms on SQLite, where others wait to write meanwhile."""
EVERY_SECONDS = 600.0
DAY_MS = 24 * 3600 * 1000
HOUR_MS = 3600 * 1000

Now = Callable[[], int]


class Retention:
    """Call `step` again and again: it takes little away, and most times nothing."""

    def __init__(self, turn: Turn, settings: Dashboard, now: Now = now_ms) -> None:
        self._turn, self._settings, self._now = turn, settings, now
        self._due = 0.0
        self._steps: Iterator[int] | None = None

    def since_ms(self) -> int:
        """What is older is not kept."""
        return self._now() - int(self._settings.keep_days * DAY_MS)

    def step(self) -> int:
        """Take away some rows where it is time; how many."""
        if self._steps is None:
            if time.monotonic() < self._due:
                return 0
            self._steps = self._all()
        gone = next(self._steps, None)
        if gone is None:
            self._steps, self._due = None, time.monotonic() + EVERY_SECONDS
            return 0
        return gone

    def _all(self) -> Iterator[int]:
        now, since = self._now(), self.since_ms()
        yield from self._repeat(lambda connection: _alerts(connection, since))
        yield from self._repeat(lambda connection: _takedowns(connection, since))
        session_ms = int(self._settings.session_hours * HOUR_MS)
        its_takedown = select(TAKEDOWNS.c.takedown_id).where(TAKEDOWNS.c.takedown_id == CHANGES.c.takedown_id)
        rest: tuple[tuple[Table, ColumnElement[bool]], ...] = (
            (REQUESTS, REQUESTS.c.received_ms < since),
            (DEAD_LETTERS, DEAD_LETTERS.c.failed_ms < since),
            (CHANGES, and_(CHANGES.c.at_ms < since, not_(its_takedown.exists()))),
            (CLAIMS, CLAIMS.c.until_ms < now - HOUR_MS),
            (DECISIONS, DECISIONS.c.decided_ms < now - DAY_MS),
            (ATTEMPTS, ATTEMPTS.c.until_ms < now),
            (SESSIONS, SESSIONS.c.made_ms < now - session_ms),
            (SESSIONS, SESSIONS.c.seen_ms < now - session_ms // 4),
        )
        for table, is_old in rest:
            yield from self._repeat(lambda connection, t=table, old=is_old: _rows(connection, t, old))  # type: ignore[misc]

    def _repeat(self, some: Callable[[Connection], int]) -> Iterator[int]:
        gone = ROWS
        while gone == ROWS:
            with self._turn.write() as connection:
                gone = some(connection)
            yield gone


def _alerts(connection: Connection, since: int) -> int:
    """An alert goes by its own age, and its verdict with it: the verdict stays on its topic."""
    old = select(ALERTS.c.alert_id).where(ALERTS.c.matched_ms < since).limit(ROWS)
    columns = ALERT_TAKEDOWNS.c.alert_id, VERDICTS.c.alert_id, ALERTS.c.alert_id
    return _with_key(connection, list(connection.scalars(old)), columns)


def _takedowns(connection: Connection, since: int) -> int:
    """Those in force stay, however old."""
    old = select(TAKEDOWNS.c.takedown_id).where(TAKEDOWNS.c.withdrawn_ms < since).limit(ROWS)
    columns = TAKEDOWN_PHOTOS.c.takedown_id, TAKEDOWNS.c.takedown_id
    return _with_key(connection, list(connection.scalars(old)), columns)


def _with_key(connection: Connection, keys: list[str], columns: Iterable[Column[str]]) -> int:
    for column in columns:
        for some in chunks(keys):
            connection.execute(delete(column.table).where(column.in_(some)))
    return len(keys)


def _rows(connection: Connection, table: Table, is_old: ColumnElement[bool]) -> int:
    key = tuple_(*table.primary_key.columns)
    old = select(*table.primary_key.columns).where(is_old).limit(ROWS)
    return int(connection.execute(delete(table).where(key.in_(old))).rowcount)
