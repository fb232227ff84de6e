"""Where a generation of fingerprints begins: in the offsets of its group, committed before it has a worker."""

from collections.abc import Mapping

from kafka import TopicPartition
from kafka.admin import KafkaAdminClient

from streams.kafka_clients.group_places import Places, members_of, places_in, set_places
from streams.kafka_clients.topic_partitions import end_offsets, first_offsets, partitions_of_topic
from streams.settings import Settings
from streams.sharding.start import gathering_groups, where_to_begin
from streams.topics import FINGERPRINTS, LISTINGS, TopicSpec, topic_name, workers_group


class GenerationError(RuntimeError):
    """The generation cannot be begun; the message says why and what to do."""


def require_unstarted(admin: KafkaAdminClient, settings: Settings) -> None:
    """Make sure that no worker of this generation works, or has.

    Raises:
        GenerationError: one does, or did.
    """
    group = workers_group(settings)
    if members := members_of(admin, group):
        raise GenerationError(f"group {group} has {members} workers; end them first")
    if places_in(admin, group, partitions_of(admin, settings, LISTINGS)):
        raise GenerationError(
            f"generation {settings.topics.generation} has begun: its group {group} has a place on listings. "
            "Take another number, or delete its topics and the group"
        )


def partitions_of(admin: KafkaAdminClient, settings: Settings, spec: TopicSpec) -> list[TopicPartition]:
    """The topic's partitions.

    Raises:
        BrokerUnavailableError: it is not there.
    """
    return partitions_of_topic(admin, topic_name(spec, settings.topics))


def places_of(admin: KafkaAdminClient, settings: Settings, spec: TopicSpec) -> Places:
    """How far the workers of this generation are with a topic; with `fingerprints`, the furthest set of shards."""
    partitions = partitions_of(admin, settings, spec)
    group = workers_group(settings)
    groups = [group, *(gathering_groups(admin, group) if spec is FINGERPRINTS else ())]
    return where_to_begin(
        (places_in(admin, each, partitions) for each in groups), first_offsets(admin, partitions)
    )


def ends_of(admin: KafkaAdminClient, settings: Settings, spec: TopicSpec) -> Places:
    """Where the topic ends now."""
    return end_offsets(admin, partitions_of(admin, settings, spec))


def kept_place(admin: KafkaAdminClient, settings: Settings, spec: TopicSpec, suffix: str) -> dict[int, int]:
    """How far a copy of this topic got, by partition."""
    group = workers_group(settings) + suffix
    found = places_in(admin, group, partitions_of(admin, settings, spec))
    return {place.partition: offset for place, offset in found.items()}


def keep_place(
    admin: KafkaAdminClient, settings: Settings, spec: TopicSpec, suffix: str, done: Mapping[int, int]
) -> None:
    """Note how far a copy of this topic got."""
    name = topic_name(spec, settings.topics)
    if done:
        set_places(
            admin, workers_group(settings) + suffix, {TopicPartition(name, at): to for at, to in done.items()}
        )
