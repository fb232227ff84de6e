"""Requests taken as a member of a consumer group: committed only when all that came of them is acknowledged."""

import time
from typing import Any

import structlog
from kafka import TopicPartition
from kafka.errors import KafkaError

from connectors.group_consumer import GroupConsumer
from connectors.group_membership import LOST_SECONDS, MembershipGuard
from connectors.kafka_offsets import of_every
from connectors.stop import Stop
from streams.kafka_clients.kafka_options import client_options
from streams.kafka_clients.record_reader import REACH_MS, ReadError, Record, read_failure
from streams.settings import Settings
from streams.topics import TAKEDOWN_REQUESTS, topic_name

log = structlog.get_logger(__name__)

JOIN_SECONDS = 30.0
HANDLE_MS = 15 * 60 * 1000
"""The longest that a batch may take before the group gives its partitions to another member."""


class RequestGroup:
    """Reads `takedown-requests`. Close it."""

    def __init__(self, settings: Settings, lost_seconds: float = LOST_SECONDS) -> None:
        self._settings = settings
        self._group = f"{settings.kafka.group}-resolve"
        self._topic = topic_name(TAKEDOWN_REQUESTS, settings.topics)
        self._guard = MembershipGuard(client_options(settings.kafka), self._group, self._topic, lost_seconds)
        self._consumer: Any = None
        self._ends: dict[TopicPartition, int] = {}
        self._first: list[Record] = []

    def join(self, stop: Stop) -> None:
        """Become a member; returns when there are partitions, or after half a minute.

        Raises:
            UnreachableError: no broker answers.
        """
        try:
            self._connect()
            deadline = time.monotonic() + JOIN_SECONDS
            while not stop.is_set() and not self._consumer.assignment() and time.monotonic() < deadline:
                self._first += self._polled(100)
            self._ends = self._unread()
        except KafkaError as error:
            raise self._failure(error) from error

    def poll(self, timeout_ms: int) -> list[Record]:
        """The next requests, each partition's in order.

        Raises:
            UnreachableError: the broker refuses.
        """
        if self._first:
            first, self._first = self._first, []
            return first
        try:
            return self._polled(timeout_ms)
        except KafkaError as error:
            raise self._failure(error) from error

    def _failure(self, error: KafkaError) -> ReadError:
        otherwise = f"the requests cannot be read: {error}"
        return read_failure(error, otherwise, topic=self._topic, group=self._group)

    def _connect(self) -> None:
        kafka = self._settings.kafka
        self._consumer = GroupConsumer(
            **client_options(kafka),
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            allow_auto_create_topics=False,
            max_poll_records=self._settings.resolve.batch,
            max_poll_interval_ms=HANDLE_MS,
            session_timeout_ms=int(kafka.session_timeout * 1000),
            heartbeat_interval_ms=int(kafka.heartbeat_interval * 1000),
            bootstrap_timeout_ms=REACH_MS,
        )
        self._consumer.subscribe([self._topic])
        self._guard.joined_anew()

    def _polled(self, timeout_ms: int) -> list[Record]:
        batches = self._consumer.poll(timeout_ms=timeout_ms)
        if self._guard.is_lost(self._consumer, heard=bool(batches)):
            log.warning("the group does not know this member; it joins again", group=self._group)
            lost = self._consumer
            self._connect()
            lost.close(autocommit=False)
        return [record for records in batches.values() for record in records]

    def commit(self) -> None:
        """All that was polled is done. A group that has given the partitions to another gives them again."""
        try:
            self._consumer.commit()
        except KafkaError as error:
            log.warning("requests are done but not committed; they come again", error=repr(error))

    def partitions(self) -> list[int]:
        """The numbers of the partitions that this member has."""
        return [partition.partition for partition in self._consumer.assignment()]

    def unread(self) -> int:
        """Requests of this member's partitions that it has not taken yet, as far as it has heard. Asks nobody."""
        ends = {each: self._consumer.highwater(each) for each in self._consumer.assignment()}
        return sum(max(0, end - self._place(each)) for each, end in ends.items() if end is not None)

    def is_done(self) -> bool:
        """Whether all that was there on joining is read: by this member, or by another that has committed it.

        A member without partitions, such as one whose group still waits for an earlier member, is not done.

        Raises:
            UnreachableError: no broker answers.
        """
        try:
            return all(self._place(partition) >= end for partition, end in self._ends.items())
        except KafkaError as error:
            raise self._failure(error) from error

    def _unread(self) -> dict[TopicPartition, int]:
        """The end of each of the topic's partitions that holds anything."""
        numbers = self._consumer.partitions_for_topic(self._topic) or ()
        partitions = [TopicPartition(self._topic, number) for number in sorted(numbers)]
        beginnings = of_every(self._consumer.beginning_offsets, partitions)
        ends = of_every(self._consumer.end_offsets, partitions)
        return {each: end for each, end in ends.items() if end > beginnings[each]}

    def _place(self, partition: TopicPartition) -> int:
        if partition in self._consumer.assignment():
            return int(self._consumer.position(partition))
        return int(self._consumer.committed(partition) or 0)

    def close(self) -> None:
        """Leave the group; nothing is committed."""
        if self._consumer is not None:
            self._consumer.close(autocommit=False)
