"""Records as the topic follower gives them to the console's feed, and what of them is in the database."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Table, select

from streams.console.database import Database
from streams.console.feed.keeper import BatchKeeper
from streams.console.feed.turn import Turn, turn_on
from streams.topics import TopicSpec

ARRIVED_MS = 1_795_000_000_000


@dataclass
class Fed:
    """One record of a topic."""

    key: bytes | None
    value: bytes | None
    topic: str = "t"
    partition: int = 0
    offset: int = 0
    timestamp: int = ARRIVED_MS
    headers: list[tuple[str, bytes]] = field(default_factory=list)


def fed(key: str | bytes | None, value: Any, **fields: Any) -> Fed:
    """A record with this value, encoded unless it is bytes or None."""
    raw = value if value is None or isinstance(value, bytes) else msgspec.json.encode(value)
    return Fed(key.encode() if isinstance(key, str) else key, raw, **fields)


class Feeding:
    """Feeds a database without Kafka: each `put` is one step with one commit."""

    def __init__(self, database: Database, since_ms: int = -(2**62)) -> None:
        self.database = database
        self.turn: Turn = turn_on(database)
        assert self.turn.take()
        self.told: list[set[str]] = []
        self.keeper = BatchKeeper(self.turn, lambda: since_ms, self.told.append)
        self._steps = 0

    def put(self, *parts: tuple[TopicSpec, Fed]) -> None:
        """Take these in and commit."""
        self._steps += 1
        for topic, record in parts:
            self.keeper.take(topic, [record])
        self.keeper.commit({("t", 0): self._steps})

    def rows(self, table: Table) -> list[dict[str, Any]]:
        """All rows, by their key."""
        with self.database.read() as connection:
            found = connection.execute(select(table).order_by(*table.primary_key.columns)).mappings()
            return [dict(row) for row in found]

    def row(self, table: Table) -> dict[str, Any]:
        """The only row."""
        (row,) = self.rows(table)
        return row
