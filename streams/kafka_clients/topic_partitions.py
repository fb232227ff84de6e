"""Partitions of topics and where they begin and end, asked of the administration."""

from collections.abc import Collection, Iterable

from kafka import TopicPartition
from kafka.admin import KafkaAdminClient, OffsetSpec

from streams.kafka_clients.topic_admin import BrokerUnavailableError


def partition_counts(admin: KafkaAdminClient, names: Collection[str]) -> dict[str, int]:
    """How many partitions each of these topics has; none where it is not there."""
    return {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics(sorted(names))}


def required_counts(admin: KafkaAdminClient, names: Collection[str]) -> dict[str, int]:
    """The same, of topics that must be there.

    Raises:
        BrokerUnavailableError: one is not.
    """
    counts = partition_counts(admin, names)
    if missing := sorted(name for name in names if not counts.get(name)):
        raise BrokerUnavailableError(
            f"there is no topic {missing[0]}; make it with: relistwatch topics create"
        )
    return counts


def partitions_of_topic(admin: KafkaAdminClient, name: str) -> list[TopicPartition]:
    """All of the topic's, in order.

    Raises:
        BrokerUnavailableError: it is not there.
    """
    return [TopicPartition(name, number) for number in range(required_counts(admin, [name])[name])]


def first_offsets(admin: KafkaAdminClient, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
    """Where each of these begins."""
    return _offsets(admin, partitions, OffsetSpec.EARLIEST)


def end_offsets(admin: KafkaAdminClient, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
    """Where each of these ends: the offset that the next record will have."""
    return _offsets(admin, partitions, OffsetSpec.LATEST)


def _offsets(
    admin: KafkaAdminClient, partitions: Iterable[TopicPartition], spec: OffsetSpec
) -> dict[TopicPartition, int]:
    asked = dict.fromkeys(partitions, spec)
    found = admin.list_partition_offsets(asked)
    return {place: found[place].offset for place in asked}
