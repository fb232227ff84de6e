"""A topic in memory as a consumer without a group reads it: what aiokafka's offers, as far as the project uses it."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from aiokafka import TopicPartition


class SentRecord(NamedTuple):
    """One record; `timestamp` in milliseconds since 1970."""

    key: bytes | None
    value: bytes | None
    timestamp: int = 0


class Found(NamedTuple):
    """The answer to when."""

    offset: int


@dataclass
class SentTopic:
    """Reads what `logs` hold, by partition; all are assigned. `errors` are raised by the next polls, `refuses` when it
    is started."""

    name: str
    logs: dict[int, list[SentRecord]]
    errors: list[Exception] = field(default_factory=list)
    refuses: Exception | None = None
    places: dict[TopicPartition, int] = field(default_factory=dict)
    closed: set[TopicPartition] = field(default_factory=set)
    read: list[tuple[int, int]] = field(default_factory=list)
    """Each record given so far, by partition and offset."""
    polls: int = 0
    stopped: bool = False

    def __post_init__(self) -> None:
        self.places = {TopicPartition(self.name, number): 0 for number in self.logs}

    async def start(self) -> None:
        if self.refuses is not None:
            raise self.refuses

    async def stop(self) -> None:
        self.stopped = True

    def assignment(self) -> set[TopicPartition]:
        return set(self.places)

    def paused(self) -> set[TopicPartition]:
        return set(self.closed)

    def pause(self, *partitions: TopicPartition) -> None:
        self.closed |= set(partitions)

    def resume(self, *partitions: TopicPartition) -> None:
        self.closed -= set(partitions)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self.places[partition] = offset

    async def position(self, partition: TopicPartition) -> int:
        return self.places[partition]

    async def beginning_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, 0)

    async def end_offsets(
        self, partitions: "set[TopicPartition] | list[TopicPartition]"
    ) -> dict[TopicPartition, int]:
        return {each: len(self.logs[each.partition]) for each in partitions}

    async def offsets_for_times(self, times: dict[TopicPartition, int]) -> dict[TopicPartition, Found | None]:
        return {each: self._since(each, time) for each, time in times.items()}

    def _since(self, partition: TopicPartition, time: int) -> Found | None:
        for offset, record in enumerate(self.logs[partition.partition]):
            if record.timestamp >= time:
                return Found(offset)
        return None

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int, max_records: int
    ) -> dict[TopicPartition, list[SentRecord]]:
        assert timeout_ms > 0
        self.polls += 1
        if self.errors:
            raise self.errors.pop(0)
        given = {each: list(self._next(each, max_records)) for each in partitions or self.places}
        if not any(given.values()):
            await asyncio.sleep(timeout_ms / 1000 / 20)
        return given

    def _next(self, partition: TopicPartition, most: int) -> Iterator[SentRecord]:
        if partition in self.closed:
            return
        first = self.places[partition]
        for offset, record in enumerate(self.logs[partition.partition][first : first + most], first):
            self.places[partition] = offset + 1
            self.read.append((partition.partition, offset))
            yield record
