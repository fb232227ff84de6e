"""What the console's database says of the flow: how late alerts were, how many of which kind, dead letters."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, case, func, select

from streams.console.database import Database
from streams.console.tables import ALERTS, DEAD_LETTERS
from streams.epoch import now_ms
from streams.percentiles import Latency, latency
from streams.topics import DAY_MS
from streams.topics import DEAD_LETTERS as LETTERS_TOPIC

MINUTE_MS = 60_000
TOOK_MINUTES = 5
"""Of the tile and the judgement: long enough for a few alerts, short enough to be about now."""
RECENT_MINUTES = 10
"""Dead letters that came within so many minutes are ones that appear."""
COUNT_SECONDS = 5.0
"""Least time between two counts of all that is open, which look at many rows."""
COUNT_SHARE = 0.02
"""Most of the database's time for them: of 100,000 alerts, SQLite counts in 10 ms, PostgreSQL in up to 200. One count
that a busy machine held up does not make the next ones rare."""
MOST_TIMES = 20_000
"""Times that percentiles are of; of more, those of the newest."""
KEPT_MS = (LETTERS_TOPIC.retention_days or 30) * DAY_MS


@dataclass(frozen=True, slots=True)
class LetterKind:
    """Dead letters of one stage and error that can still be replayed and were not; `recent`: of the last minutes."""

    stage: str
    error: str
    open: int
    recent: int
    newest_ms: int


@dataclass(frozen=True, slots=True)
class StoreFigures:
    """`took`: from a listing's arrival on Kafka to its alert's, over the last minutes; `took_minute`, `alerts_minute`:
    over the last one."""

    took: Latency | None
    took_minute: Latency | None
    alerts_minute: Mapping[str, int]
    open_alerts: int
    letters: tuple[LetterKind, ...]

    @property
    def letters_open(self) -> int:
        """All dead letters that can be replayed and were not."""
        return sum(kind.open for kind in self.letters)

    @property
    def letters_recent(self) -> int:
        """Of those, the ones that came within the last minutes."""
        return sum(kind.recent for kind in self.letters)


class StoreReader:
    """Reads the figures, those that cost more less often. For one thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._count_at, self._count_took = float("-inf"), 0.0
        self._counts: tuple[int, tuple[LetterKind, ...]] = (0, ())

    def read(self) -> StoreFigures:
        """The figures now.

        Raises:
            SQLAlchemyError: the database does not answer.
        """
        now = now_ms()
        with self._database.read() as connection:
            if (began := time.monotonic()) >= self._count_at:
                self._counts = _open_alerts(connection), _letters(connection, now)
                took = time.monotonic() - began
                self._count_at = began + max(COUNT_SECONDS, min(took, self._count_took) / COUNT_SHARE)
                self._count_took = took
            times = _times(connection, now - TOOK_MINUTES * MINUTE_MS)
            kinds = _alerts_by_kind(connection, now - MINUTE_MS)
        return StoreFigures(
            took=latency([took for _, took in times]),
            took_minute=latency([took for matched, took in times if matched > now - MINUTE_MS]),
            alerts_minute=kinds,
            open_alerts=self._counts[0],
            letters=self._counts[1],
        )


def _times(connection: Connection, since_ms: int) -> list[tuple[int, int]]:
    a = ALERTS.c
    rows = connection.execute(
        select(a.matched_ms, a.took_ms)
        .where(a.matched_ms > since_ms, a.took_ms.is_not(None))
        .order_by(a.matched_ms.desc())
        .limit(MOST_TIMES)
    )
    return [(int(matched), int(took)) for matched, took in rows]


def _alerts_by_kind(connection: Connection, since_ms: int) -> dict[str, int]:
    a = ALERTS.c
    query = select(a.kind, func.count()).where(a.matched_ms > since_ms).group_by(a.kind)
    return {str(kind): int(count) for kind, count in connection.execute(query)}


def _open_alerts(connection: Connection) -> int:
    query = select(func.count()).select_from(ALERTS).where(ALERTS.c.state == "open")
    return int(connection.scalar(query) or 0)


def _letters(connection: Connection, now_ms: int) -> tuple[LetterKind, ...]:
    d: Any = DEAD_LETTERS.c
    recent = func.sum(case((d.failed_ms > now_ms - RECENT_MINUTES * MINUTE_MS, 1), else_=0))
    rows = connection.execute(
        select(d.stage, d.error, func.count(), recent, func.max(d.failed_ms))
        .where(and_(d.replayed_ms.is_(None), d.failed_ms > now_ms - KEPT_MS))
        .group_by(d.stage, d.error)
    )
    kinds = [LetterKind(stage, error, int(count), int(new), int(at)) for stage, error, count, new, at in rows]
    return tuple(sorted(kinds, key=lambda kind: (-kind.recent, -kind.open, kind.stage, kind.error)))
