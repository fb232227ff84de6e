"""Single records of topics, read by where they stand: many at once, without a consumer group."""

import time
from collections.abc import Iterable
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from connectors.kafka_offsets import of_every
from streams.kafka_clients.kafka_options import client_options
from streams.kafka_clients.record_reader import (
    REACH_MS,
    STALL_SECONDS,
    Record,
    UnreachableError,
    read_failure,
)
from streams.resolving.seen_listings import Place
from streams.settings import Settings
from streams.topics import names_on_broker

FETCH_BYTES = 256 * 1024
"""Of a partition at once; a larger batch of records still comes, alone."""
SKIP = 100
"""Records in between that are read rather than leapt over: a leap costs a question to the broker."""
POLL_MS = 250
BOUNDS_SECONDS = 60.0

Wanted = tuple[str, Place]
"""A topic's name, without the settings' prefix, and the place on it."""


class OffsetReader:
    """Reads records by partition and offset. Not safe for threads; close it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._names = {here: there for there, here in names_on_broker(settings.topics).items()}
        self._consumer: Any = None
        self._bounds: dict[TopicPartition, tuple[int, int]] = {}
        self._looked = 0.0

    def read(self, wanted: Iterable[Wanted]) -> dict[Wanted, Record]:
        """The records that are still there; what was dropped or compacted away is left out.

        Raises:
            UnreachableError: the broker has stopped answering.
        """
        by_partition: dict[TopicPartition, dict[int, Wanted]] = {}
        for topic, place in wanted:
            partition = TopicPartition(self._names[topic], place.partition)
            by_partition.setdefault(partition, {})[place.offset] = (topic, place)
        if not by_partition:
            return {}
        try:
            return self._read(by_partition)
        except KafkaError as error:
            self.close()
            raise read_failure(error, f"records cannot be read by offset: {error}") from error

    def close(self) -> None:
        """Disconnect."""
        consumer, self._consumer = self._consumer, None
        self._bounds.clear()
        if consumer is not None:
            consumer.close()

    def _read(self, wanted: dict[TopicPartition, dict[int, Wanted]]) -> dict[Wanted, Record]:
        consumer = self._connected()
        consumer.assign(list(wanted))
        self._look_at_bounds(wanted)
        left: dict[TopicPartition, list[int]] = {}
        for partition, places in wanted.items():
            first, end = self._bounds[partition]
            # The last in front, to be taken off the list's end.
            left[partition] = sorted((offset for offset in places if first <= offset < end), reverse=True)
        left = {partition: offsets for partition, offsets in left.items() if offsets}
        self._only(left)
        for partition, offsets in left.items():
            consumer.seek(partition, offsets[-1])
        found: dict[Wanted, Record] = {}
        moved = time.monotonic()
        while left:
            batches = consumer.poll(timeout_ms=POLL_MS)
            if batches:
                moved = time.monotonic()
            elif time.monotonic() - moved > STALL_SECONDS:
                raise UnreachableError("records by offset: the broker gives nothing")
            for partition, records in batches.items():
                if partition in left:
                    self._take(partition, records, wanted[partition], left, found)
        return found

    def _take(
        self,
        partition: TopicPartition,
        records: list[Record],
        places: dict[int, Wanted],
        left: dict[TopicPartition, list[int]],
        found: dict[Wanted, Record],
    ) -> None:
        offsets = left[partition]
        for record in records:
            # Passed without being met: compacted away.
            while offsets and offsets[-1] < record.offset:
                offsets.pop()
            if offsets and offsets[-1] == record.offset:
                found[places[offsets.pop()]] = record
            if not offsets:
                del left[partition]
                self._only(left)
                return
        if offsets[-1] > records[-1].offset + SKIP:
            self._consumer.seek(partition, offsets[-1])

    def _look_at_bounds(self, wanted: dict[TopicPartition, dict[int, Wanted]]) -> None:
        """Know each partition's first and end offset; those of a minute ago will do where all is within."""
        if time.monotonic() - self._looked > BOUNDS_SECONDS:
            self._bounds.clear()
            self._looked = time.monotonic()
        asked = [
            partition
            for partition, places in wanted.items()
            if partition not in self._bounds or max(places) >= self._bounds[partition][1]
        ]
        if asked:
            first = of_every(self._consumer.beginning_offsets, asked)
            end = of_every(self._consumer.end_offsets, asked)
            self._bounds.update({partition: (first[partition], end[partition]) for partition in asked})

    def _only(self, left: dict[TopicPartition, list[int]]) -> None:
        """Fetch these alone. One that is paused instead stays paused when it is assigned anew."""
        if left:
            self._consumer.assign(list(left))

    def _connected(self) -> Any:
        if self._consumer is None:
            self._consumer = KafkaConsumer(
                **client_options(self._settings.kafka),
                group_id=None,
                enable_auto_commit=False,
                allow_auto_create_topics=False,
                # Where retention was faster than we are, what is left is passed over.
                auto_offset_reset="earliest",
                max_partition_fetch_bytes=FETCH_BYTES,
                bootstrap_timeout_ms=REACH_MS,
            )
        return self._consumer
