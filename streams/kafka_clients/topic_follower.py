"""Topics followed without a group into a file or a database, which keeps the offsets beside what it took in."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import structlog
from kafka import TopicPartition
from kafka.errors import KafkaError

from connectors.kafka_offsets import of_every
from connectors.kafka_refusal import hides, lacking
from connectors.stop import Stop
from streams.kafka_clients.record_reader import (
    STALL_SECONDS,
    ReadError,
    Record,
    RefusedError,
    UnreachableError,
    connected,
    partitions_of,
    read_failure,
)
from streams.kafka_clients.topic_admin import administration
from streams.settings import Settings
from streams.topics import TopicSpec, topic_name

log = structlog.get_logger(__name__)

FETCH_BYTES = 1024 * 1024
AT_ONCE = 5000
PROGRESS_SECONDS = 5.0

Take = Callable[[TopicSpec, Sequence[Record]], None]


class Keeper(Protocol):
    """Keeps what was taken in and how far that is, both in one transaction: a crash loses and repeats nothing."""

    def begin(self, identity: Mapping[str, str]) -> None:
        """Make sure that what is kept is of these topics, a name and what identifies it; else begin with nothing."""

    def offsets(self) -> Mapping[tuple[str, int], int]:
        """The next offset to read of each topic and partition."""

    def commit(self, offsets: Mapping[tuple[str, int], int]) -> None:
        """Keep what was taken in since the last time, and that it goes as far as this."""


class TopicsChangedError(ReadError):
    """The topics are not those that are followed any more: made anew, or with more partitions. Follow them anew."""


class TopicFollower:
    """Gives `take` the records of the topics, each topic's in order; then `settle` is called, and all is committed
    together with the offsets. What was not committed is given again after a crash.

    `topics`: those of an earlier group are read to their end before the next group begins. Close it.
    """

    def __init__(
        self,
        settings: Settings,
        keeper: Keeper,
        topics: Sequence[Sequence[TopicSpec]],
        take: Take,
        settle: Callable[[], None],
    ) -> None:
        self._settings, self._keeper, self._groups = settings, keeper, topics
        self._take, self._settle = take, settle
        self._specs: dict[str, TopicSpec] = {
            topic_name(spec, settings.topics): spec for group in topics for spec in group
        }
        self._consumer: Any = None
        self._followed: dict[str, tuple[str, int]] = {}
        self.taken = 0
        """Records since the start."""

    def load(self, stop: Stop) -> None:
        """Connect, and read all that is there.

        Raises:
            UnreachableError: the broker cannot be reached, or stopped answering.
            ReadError: a topic does not exist.
            BrokerUnavailableError: the broker does not describe a topic.
        """
        self._followed = self._described()
        self._keeper.begin({name: identity for name, (identity, _) in self._followed.items()})
        self._connect()
        partitions: list[TopicPartition] = []
        for group in self._groups:
            new = [
                part
                for spec in group
                for part in partitions_of(
                    self._settings, self._consumer, topic_name(spec, self._settings.topics)
                )
            ]
            partitions += new
            self._assign(partitions)
            self.catch_up(stop)

    def catch_up(self, stop: Stop) -> None:
        """Take in all that the topics hold now.

        Raises:
            UnreachableError: the broker has stopped answering.
        """
        try:
            ends = of_every(self._consumer.end_offsets, sorted(self._consumer.assignment()))
            moved = said = time.monotonic()
            while not stop.is_set() and self._is_behind(ends):
                if self._step(200):
                    moved = time.monotonic()
                elif time.monotonic() - moved > STALL_SECONDS:
                    raise UnreachableError("the broker gives nothing of the topics that are followed")
                if time.monotonic() - said > PROGRESS_SECONDS:
                    said = time.monotonic()
                    log.info("reading what was seen", records=self.taken, behind=self._behind(ends))
        except KafkaError as error:
            raise read_failure(error, f"the topics cannot be followed: {error}") from error

    def step(self, timeout_ms: int) -> int:
        """Take in what comes within that time; how many records.

        Raises:
            UnreachableError: the broker refuses.
        """
        try:
            return self._step(timeout_ms)
        except KafkaError as error:
            raise read_failure(error, f"the topics cannot be followed: {error}") from error

    def check(self) -> None:
        """Look whether the topics are still those that were loaded.

        Raises:
            TopicsChangedError: they are not.
            ReadError: one does not exist any more.
            BrokerUnavailableError: no broker answers.
        """
        found = self._described()
        if changed := sorted(name for name in found if found[name] != self._followed[name]):
            raise TopicsChangedError(f"{', '.join(changed)}: made anew, or with more partitions")

    def close(self) -> None:
        """Disconnect."""
        if self._consumer is not None:
            self._consumer.close()

    def _step(self, timeout_ms: int) -> int:
        batches: Mapping[TopicPartition, list[Record]] = self._consumer.poll(
            timeout_ms=timeout_ms, max_records=AT_ONCE
        )
        offsets: dict[tuple[str, int], int] = {}
        for partition, records in batches.items():
            self._take(self._specs[partition.topic], records)
            offsets[partition.topic, partition.partition] = records[-1].offset + 1
        if not offsets:
            return 0
        self._settle()
        self._keeper.commit(offsets)
        count = sum(len(records) for records in batches.values())
        self.taken += count
        return count

    def _described(self) -> dict[str, tuple[str, int]]:
        """Which topics of which cluster these are, as a name can be given to another topic; and how many partitions
        each has."""
        with administration(self._settings) as admin:
            cluster = str(admin.describe_cluster().get("cluster_id"))
            described = {one["name"]: one for one in admin.describe_topics(sorted(self._specs))}
        for name in self._specs:
            if name in described and hides(described[name]):
                raise RefusedError(lacking("Read", f"topic {name}"))
            if not described.get(name, {}).get("partitions"):
                raise ReadError(f"there is no topic {name!r}; make it with: relistwatch topics create")
        return {
            name: (f"{cluster} {one.get('topic_id') or ''}", len(one["partitions"]))
            for name, one in described.items()
        }

    def _connect(self) -> None:
        self._consumer = connected(self._settings, fetch_bytes=FETCH_BYTES, lost="earliest")

    def _assign(self, partitions: list[TopicPartition]) -> None:
        held = self._keeper.offsets()
        self._consumer.assign(partitions)
        for partition in partitions:
            offset = held.get((partition.topic, partition.partition))
            if offset is None:
                self._consumer.seek_to_beginning(partition)
            else:
                self._consumer.seek(partition, offset)

    def _is_behind(self, ends: Mapping[TopicPartition, int]) -> bool:
        return any(end > 0 and self._consumer.position(part) < end for part, end in ends.items())

    def _behind(self, ends: Mapping[TopicPartition, int]) -> int:
        return sum(max(0, end - self._consumer.position(part)) for part, end in ends.items())
