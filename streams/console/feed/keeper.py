"""Writes what a step brought into the database, together with how far the topics are read."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import Connection, and_, bindparam, delete, func, insert, select, update

from streams.console.feed.alert_rows import OPEN
from streams.console.feed.batch import Batch
from streams.console.feed.takedown_rows import WAITING, put_together
from streams.console.feed.turn import Turn
from streams.console.feed.upserts import held, insert_missing, remove, upsert
from streams.console.tables import (
    ALERT_TAKEDOWNS,
    ALERTS,
    CHANGES,
    DEAD_LETTERS,
    FROM_TOPICS,
    META,
    OFFSETS,
    REQUESTS,
    SELLER_LINKS,
    TAKEDOWN_PHOTOS,
    TAKEDOWNS,
    VERDICTS,
)
from streams.kafka_clients.record_reader import Record
from streams.topics import TopicSpec

log = structlog.get_logger(__name__)

TOPIC = "topic "
"""Before a topic's name in the table `meta`, with what identifies it."""
READ_ONCE = "read once"
"""In `meta` once all that was there has been read: a console that does not feed is ready then too."""


class BatchKeeper:
    """A `Keeper` of the topic follower. `since_ms`: records of before that are passed over; `tell`: gets the kinds of
    news that a step brought, when they are in the database."""

    def __init__(self, turn: Turn, since_ms: Callable[[], int], tell: Callable[[set[str]], None]) -> None:
        self._turn, self._since_ms, self._tell = turn, since_ms, tell
        self._batch = Batch(since_ms())
        self.unreadable: Counter[str] = Counter()
        """Records that were none, by topic, since the start."""

    def begin(self, identity: Mapping[str, str]) -> None:
        """Forget what came from the topics unless they are the same as before."""
        with self._turn.write() as connection:
            rows = connection.execute(select(META).where(META.c.name.startswith(TOPIC)))
            before = {row.name.removeprefix(TOPIC): row.value for row in rows}
            if any(identity.get(name) != value for name, value in before.items()):
                log.warning("these are other topics than those that were read before; reading them anew")
                for table in FROM_TOPICS:
                    connection.execute(delete(table))
                connection.execute(
                    delete(META).where(META.c.name.startswith(TOPIC) | (META.c.name == READ_ONCE))
                )
                before = {}
            new = [
                {"name": TOPIC + name, "value": identity[name]} for name in identity.keys() - before.keys()
            ]
            if new:
                connection.execute(insert(META), new)

    def offsets(self) -> dict[tuple[str, int], int]:
        """The next offset to read of each topic and partition."""
        with self._turn.write() as connection:
            return offsets_in(connection)

    def take(self, topic: TopicSpec, records: Sequence[Record]) -> None:
        """Remember what records of one topic say, until the next commit."""
        self._batch.take(topic, records)

    def commit(self, offsets: Mapping[tuple[str, int], int]) -> None:
        """Write it, all or nothing."""
        batch, self._batch = self._batch, Batch(self._since_ms())
        with self._turn.write() as connection:
            _write(connection, batch)
            rows = [
                {"topic": topic, "partition": partition, "next": offset}
                for (topic, partition), offset in offsets.items()
            ]
            upsert(connection, OFFSETS, rows)
        self.unreadable += batch.unreadable
        self._tell(batch.kinds)

    def read_once(self) -> None:
        """All that was there has been read."""
        with self._turn.write() as connection:
            upsert(connection, META, [{"name": READ_ONCE, "value": "yes"}])


def offsets_in(connection: Connection) -> dict[tuple[str, int], int]:
    """How far the topics are read, by topic and partition."""
    return {(row.topic, row.partition): row.next for row in connection.execute(select(OFFSETS))}


def _write(connection: Connection, batch: Batch) -> None:
    _write_alerts(connection, batch)
    _write_takedowns(connection, batch)
    insert_missing(connection, REQUESTS, list(batch.requests.values()))
    _put_or_remove(connection, CHANGES, batch.changes)
    _put_or_remove(connection, SELLER_LINKS, batch.links)
    upsert(connection, REQUESTS, [row for row in batch.statuses.values() if row is not None])
    if gone := [key for key, row in batch.statuses.items() if row is None]:
        waiting = {"state": WAITING, "unresolved_because": None, "takedown_id": None, "record": None}
        connection.execute(
            update(REQUESTS).where(REQUESTS.c.request_id == bindparam("key")).values(waiting),
            [{"key": key} for key in gone],
        )
    insert_missing(connection, DEAD_LETTERS, list(batch.letters.values()))


def _write_alerts(connection: Connection, batch: Batch) -> None:
    judged = {key: row["verdict"] if row else OPEN for key, row in batch.verdicts.items()}
    states = (
        held(connection, VERDICTS, [key for key in batch.alerts if key not in judged], "verdict") | judged
    )
    for key, row in batch.alerts.items():
        row["state"] = states.get(key, OPEN)
    for key, row in batch.judged.items():
        row["state"] = states[key]
    upsert(
        connection,
        ALERTS,
        list(batch.alerts.values()),
        lambda new: {
            "held": and_(ALERTS.c.held, new.held),
            "took_ms": func.coalesce(ALERTS.c.took_ms, new.took_ms),
        },
    )
    insert_missing(connection, ALERTS, [row for key, row in batch.judged.items() if key not in batch.alerts])
    insert_missing(connection, ALERT_TAKEDOWNS, [row for rows in batch.together.values() for row in rows])
    _put_or_remove(connection, VERDICTS, batch.verdicts)
    if judged:
        connection.execute(
            update(ALERTS).where(ALERTS.c.alert_id == bindparam("key")).values(state=bindparam("said")),
            [{"key": key, "said": state} for key, state in judged.items()],
        )


def _write_takedowns(connection: Connection, batch: Batch) -> None:
    _put_or_remove(connection, TAKEDOWN_PHOTOS, batch.photos)
    digests = {key: row["digests"] for key, row in batch.photos.items() if row is not None}
    elsewhere = [key for key in batch.takedowns if key not in batch.photos]
    known = digests | held(connection, TAKEDOWN_PHOTOS, elsewhere, "digests")
    for key, row in batch.takedowns.items():
        row["photos"] = put_together(row["photos"], known.get(key, "{}"))
    upsert(connection, TAKEDOWNS, list(batch.takedowns.values()))
    _change_takedowns(connection, "withdrawn_ms", batch.withdrawn)
    there = held(connection, TAKEDOWNS, [key for key in digests if key not in batch.takedowns], "photos")
    photos = {key: put_together(before, digests[key]) for key, before in there.items()}
    _change_takedowns(connection, "photos", photos)


def _change_takedowns(connection: Connection, column: str, values: Mapping[str, Any]) -> None:
    if values:
        connection.execute(
            update(TAKEDOWNS)
            .where(TAKEDOWNS.c.takedown_id == bindparam("key"))
            .values({column: bindparam("new")}),
            [{"key": key, "new": value} for key, value in values.items()],
        )


def _put_or_remove(connection: Connection, table: Any, rows: Mapping[str, Any]) -> None:
    upsert(connection, table, [row for row in rows.values() if row is not None])
    remove(connection, table, [key for key, row in rows.items() if row is None])
