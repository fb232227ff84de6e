"""Where a key's records are: as both producers share them out, and read from there alone."""

from datetime import UTC, datetime, timedelta

import aiokafka.partitioner
import kafka.partitioner
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka_client import KafkaClient
from listing_records import listing

from streams.kafka_clients.key_partition import partition_of
from streams.kafka_clients.record_reader import RecordReader
from streams.settings import Settings
from streams.topics import LISTINGS


class Cluster:
    """What kafka-python asks for a topic's partitions."""

    def __init__(self, partitions: int) -> None:
        self._partitions = set(range(partitions))

    def topics(self) -> set[str]:
        return {"t"}

    def partitions_for_topic(self, _: str) -> set[int]:
        return self._partitions

    available_partitions_for_topic = partitions_for_topic


@given(st.binary(max_size=80), st.integers(1, 300))
def test_both_producers_put_a_key_where_it_is_looked_for(key: bytes, partitions: int) -> None:
    numbers = list(range(partitions))
    expected = partition_of(key, partitions)
    assert aiokafka.partitioner.DefaultPartitioner()(key, numbers, numbers) == expected
    theirs = kafka.partitioner.DefaultPartitioner()
    assert theirs.partition("t", key, key, b"", b"", Cluster(partitions)) == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [(b"", 0x106E08D9), (b"21", 0x7FFFFFFF & -973932308), (b"foobar", 0x7FFFFFFF & -790332482)],
)
def test_the_digest_is_that_of_kafkas_own_producer(key: bytes, expected: int) -> None:
    # The last two stand in Kafka's UtilsTest.testMurmur2.
    assert partition_of(key, 0x7FFFFFFF) == expected % 0x7FFFFFFF


@pytest.mark.kafka
def test_only_the_partition_of_the_key_and_what_came_since_are_read(topics: Settings) -> None:
    events = [listing(number) for number in range(40)]
    client = KafkaClient(topics)
    try:
        client.send_all("listings", [(event.key, event) for event in events[:30]])
        there = client.existing("listings")
        middle = datetime.fromtimestamp(max(each.timestamp for each in there) / 1000, UTC) + timedelta(
            milliseconds=1
        )
        while datetime.now(UTC) < middle:
            pass
        client.send_all("listings", [(event.key, event) for event in events[30:]])
        messages = client.existing("listings")
    finally:
        client.close()
    assert all(each.partition == partition_of(each.key, 4) for each in messages)
    seen: list[tuple[int, int]] = []
    with RecordReader(topics, LISTINGS) as reader:

        def read(**limits: object) -> set[str]:
            return {
                record.key.decode() for record in reader.existing(lambda _, *of: seen.append(of), **limits)
            }

        one = partition_of(b"pasar-uji:l7", 4)
        assert read(keys=[b"pasar-uji:l7"]) == {m.key.decode() for m in messages if m.partition == one}
        assert seen[-1][1] == sum(m.partition == one for m in messages), (
            "the total counts that partition alone"
        )
        assert read(since=middle) == {event.key for event in events[30:]}
        assert read(since=datetime.now(UTC) + timedelta(hours=1)) == set()
        assert read(keys=[]) == set()
        assert read() == {event.key for event in events}
