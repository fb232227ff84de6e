"""A producer whose sequence the broker refuses is dead for good; the outbox goes on with a new one."""

import asyncio

import pytest
from aiokafka import TopicPartition
from kafka_client import KafkaClient

from streams.kafka_clients.outbox import Outbox, Outgoing
from streams.metrics.metrics import Metrics
from streams.settings import Settings
from streams.topics import DEAD_LETTERS, FINGERPRINTS

pytestmark = pytest.mark.kafka


async def test_what_cannot_be_sent_any_more_is_sent_by_a_new_producer(
    topics: Settings, client: KafkaClient
) -> None:
    outbox = Outbox(topics, Metrics())
    await outbox.on_start()
    first = outbox._producer
    assert first is not None
    try:
        await outbox.deliver(records(range(8)))
        # What a batch leaves behind that had its numbers and ran out of time: a gap that the broker refuses.
        for name in (FINGERPRINTS.name, DEAD_LETTERS.name):
            for number in range(topics.topics.partitions):
                first._txn_manager.increment_sequence_number(
                    TopicPartition(topics.topics.prefix + name, number), 7
                )
        async with asyncio.timeout(30):
            await asyncio.gather(
                outbox.deliver(records(range(8, 16))), outbox.deliver(records(range(16, 24)))
            )
        assert outbox._producer is not first
        assert not outbox.waits
        await outbox.deliver(records(range(24, 32)))
    finally:
        await outbox.on_stop()

    there = await asyncio.to_thread(client.existing, "fingerprints")
    assert {message.key for message in there} == {record.key for record in records(range(32))}


def records(numbers: range) -> list[Outgoing]:
    return [Outgoing(FINGERPRINTS, f"k{number}".encode(), b"{}") for number in numbers]
