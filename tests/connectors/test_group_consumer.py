"""A join whose answer comes after the poll that began it is gone on with."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from kafka import KafkaConsumer

from connectors.group_consumer import GroupConsumer
from streams.settings import Settings

pytestmark = pytest.mark.kafka

FIRST, SECOND = "takedown-requests", "verdicts"


def member(kind: type[KafkaConsumer], settings: Settings) -> KafkaConsumer:
    return kind(
        bootstrap_servers=settings.kafka.bootstrap_servers.split(","),
        group_id=f"{settings.topics.prefix}joins",
        enable_auto_commit=False,
        session_timeout_ms=6_000,
        heartbeat_interval_ms=1_000,
    )


def topics_of(consumer: KafkaConsumer) -> set[str]:
    return {each.topic for each in consumer.assignment()}


@contextmanager
def joining(kind: type[KafkaConsumer], settings: Settings) -> Iterator[tuple[KafkaConsumer, set[str]]]:
    """A member of one topic, whose join for a second was sent in a poll that did not wait; and both names."""
    first, second = (settings.topics.prefix + each for each in (FIRST, SECOND))
    with closing(member(kind, settings)) as consumer:
        consumer.subscribe([first])
        deadline = time.monotonic() + 30
        while not topics_of(consumer):
            assert time.monotonic() < deadline
            consumer.poll(timeout_ms=1000)
        consumer.subscribe([first, second])
        while consumer._coordinator._join_task is None:
            assert time.monotonic() < deadline
            consumer.poll(timeout_ms=0)
        yield consumer, {first, second}


def test_it_becomes_a_member_with_polls_that_do_not_wait(topics: Settings) -> None:
    with joining(GroupConsumer, topics) as (consumer, wanted):
        deadline = time.monotonic() + 30
        while topics_of(consumer) != wanted:
            assert time.monotonic() < deadline
            consumer.poll(timeout_ms=0)
        assert consumer._coordinator.stable()
        generation = consumer.group_metadata().generation_id
        for _ in range(20):
            consumer.poll(timeout_ms=20)
        assert consumer.group_metadata().generation_id == generation, "it does not join again and again"


def test_kafka_python_does_not(topics: Settings) -> None:
    """Where it does, `connectors.group_consumer` is needed no more."""
    with joining(KafkaConsumer, topics) as (consumer, wanted):
        deadline = time.monotonic() + 3
        while time.monotonic() < deadline:
            consumer.poll(timeout_ms=0)
            time.sleep(0.05)
        assert topics_of(consumer) != wanted
        assert not consumer._coordinator.stable()
