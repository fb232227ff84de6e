"""Single records read by where they stand, on a real Kafka."""

import random
from collections.abc import Iterator

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka_client import KafkaClient
from worker_fixtures import client

from streams.resolving.offset_reader import SKIP, OffsetReader
from streams.resolving.seen_listings import Place
from streams.settings import Settings
from streams.topics import FINGERPRINTS, LISTINGS

__all__ = ["client"]
pytestmark = pytest.mark.kafka
COUNT = 3000


@pytest.fixture
def reader(topics: Settings) -> Iterator[OffsetReader]:
    reader = OffsetReader(topics)
    yield reader
    reader.close()


def fill(client: KafkaClient, topic: str, count: int = COUNT) -> dict[Place, bytes]:
    """Records of that topic, with where each stands."""
    futures = {n: client.send(topic, f"k{n}", b"%d of %s" % (n, topic.encode())) for n in range(count)}
    client.flush()
    return {
        Place(sent.get(timeout=30).partition, sent.get(timeout=30).offset): b"%d of %s" % (n, topic.encode())
        for n, sent in futures.items()
    }


@pytest.mark.parametrize("share", [1.0, 0.3, 0.01])
def test_many_at_once_and_each_the_right_one(share: float, client: KafkaClient, reader: OffsetReader) -> None:
    held = {
        (spec.name, place): value
        for spec in (LISTINGS, FINGERPRINTS)
        for place, value in fill(client, spec.name).items()
    }
    dice = random.Random(share)
    for _ in range(3):
        wanted = [each for each in held if dice.random() < share]
        found = reader.read(wanted)
        assert {each: record.value for each, record in found.items()} == {each: held[each] for each in wanted}
    assert SKIP < 1 / 0.005, "the smallest share leaps"


def test_what_is_not_there_is_left_out(client: KafkaClient, reader: OffsetReader, topics: Settings) -> None:
    held = fill(client, LISTINGS.name, 400)
    last = max(place for place in held if place.partition == 0)
    beyond = Place(0, last.offset + 1)
    assert reader.read([(LISTINGS.name, beyond)]) == {}
    assert reader.read([]) == {}
    first = Place(0, 0)
    assert set(reader.read([(LISTINGS.name, first), (LISTINGS.name, last)])) == {
        (LISTINGS.name, first), (LISTINGS.name, last),
    }  # fmt: skip
    # Retention takes the beginning away between two looks.
    admin = KafkaAdminClient(bootstrap_servers=topics.kafka.bootstrap_servers)
    try:
        admin.delete_records({TopicPartition(client.name("listings"), 0): last.offset})
    finally:
        admin.close()
    assert set(reader.read([(LISTINGS.name, first), (LISTINGS.name, last)])) == {(LISTINGS.name, last)}


def test_what_came_since_is_found(client: KafkaClient, reader: OffsetReader) -> None:
    for _ in range(3):
        held = fill(client, LISTINGS.name, 50)
        found = reader.read((LISTINGS.name, place) for place in held)
        assert {place: record.value for (_, place), record in found.items()} == held


def test_it_belongs_to_no_group(client: KafkaClient, reader: OffsetReader, topics: Settings) -> None:
    held = fill(client, LISTINGS.name, 10)
    reader.read((LISTINGS.name, place) for place in held)
    consumer = KafkaConsumer(bootstrap_servers=topics.kafka.bootstrap_servers, group_id=topics.kafka.group)
    try:
        partitions = {TopicPartition(client.name("listings"), place.partition) for place in held}
        assert all(consumer.committed(each) is None for each in partitions)
    finally:
        consumer.close()
