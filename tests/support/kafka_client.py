"""A test's own view of the topics: plain kafka-python, nothing of the product in between."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from connectors.kafka_offsets import of_every
from streams.settings import Settings


class KafkaClient:
    """Produces to and reads from one test's topics."""

    def __init__(self, settings: Settings, sign_in: Mapping[str, Any] | None = None) -> None:
        self._settings = settings
        servers = settings.kafka.bootstrap_servers.split(",")
        self._client: dict[str, Any] = {"bootstrap_servers": servers} | dict(sign_in or {})
        self._producer = KafkaProducer(**self._client, acks="all", linger_ms=5, max_request_size=30_000_000)

    def close(self) -> None:
        self._producer.close()

    def name(self, topic: str) -> str:
        return self._settings.topics.prefix + topic

    def send(self, topic: str, key: str | bytes | None, value: Any, headers: Any = None) -> Any:
        """Records are encoded, bytes and None go as they are."""
        raw = value if value is None or isinstance(value, bytes) else msgspec.json.encode(value)
        raw_key = key.encode() if isinstance(key, str) else key
        return self._producer.send(self.name(topic), key=raw_key, value=raw, headers=headers or [])

    def send_all(self, topic: str, items: Iterable[tuple[str, Any]]) -> None:
        futures = [self.send(topic, key, value) for key, value in items]
        self._producer.flush()
        for future in futures:
            future.get(timeout=30)

    def flush(self) -> None:
        self._producer.flush()

    def read_until(
        self, topic: str, done: Callable[[list[Any]], bool], *, seconds: float = 30.0, quiet: float = 0.0
    ) -> list[Any]:
        """All messages from the topic's start until `done(messages)`, then for `quiet` seconds more."""
        consumer = KafkaConsumer(**self._client, group_id=None, auto_offset_reset="earliest")
        messages: list[Any] = []
        deadline = time.monotonic() + seconds
        try:
            # Assigned, not subscribed to: a subscription takes the partitions that have a leader at this moment.
            numbers = sorted(consumer.partitions_for_topic(self.name(topic)))
            consumer.assign([TopicPartition(self.name(topic), number) for number in numbers])
            while not done(messages):
                if time.monotonic() > deadline:
                    raise AssertionError(
                        f"{topic}: still waiting after {seconds} s, {len(messages)} messages"
                    )
                for batch in consumer.poll(timeout_ms=200).values():
                    messages += batch
            end = time.monotonic() + quiet
            while time.monotonic() < end:
                for batch in consumer.poll(timeout_ms=100).values():
                    messages += batch
        finally:
            consumer.close()
        return messages

    def existing(self, topic: str) -> list[Any]:
        """All messages that are on the topic now, each partition's in order."""
        consumer = KafkaConsumer(**self._client, group_id=None, enable_auto_commit=False)
        try:
            numbers = sorted(consumer.partitions_for_topic(self.name(topic)))
            partitions = [TopicPartition(self.name(topic), number) for number in numbers]
            consumer.assign(partitions)
            consumer.seek_to_beginning()
            ends = of_every(consumer.end_offsets, partitions)
            messages: list[Any] = []
            deadline = time.monotonic() + 30
            while any(consumer.position(each) < ends[each] for each in partitions):
                assert time.monotonic() < deadline, f"{topic}: its end was not reached"
                for batch in consumer.poll(timeout_ms=200).values():
                    messages += batch
            return messages
        finally:
            consumer.close()
