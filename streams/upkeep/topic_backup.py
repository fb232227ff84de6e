"""Topics into a file, while everything runs.

What is read first is oldest, and the order makes a restored system repeat rather than leave out: first how far groups
are, then connectors' checkpoints, then what went in, then what came of it. What a group had finished is in the file;
what came after it is done again, and its alerts have the ids that they had.
"""

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from kafka import TopicPartition
from kafka.admin import KafkaAdminClient

from streams.generations.start import places_of
from streams.kafka_clients.group_places import places_in
from streams.kafka_clients.record_reader import Progress, RecordReader, connected, no_progress
from streams.kafka_clients.topic_admin import administration
from streams.kafka_clients.topic_partitions import required_counts
from streams.program_version import program_version
from streams.settings import Settings
from streams.shards import shard_of_group
from streams.topics import (
    ALL_TOPICS,
    CONNECTOR_STATE,
    FINGERPRINTS,
    HEARTBEATS,
    LISTINGS,
    SHARD_ANSWERS,
    TAKEDOWN_REQUESTS,
    TAKEDOWNS,
    TopicSpec,
    topic_name,
    workers_group,
)
from streams.upkeep.backup_file import FORMAT, About, BackupWriter, End, GroupPlace, KeptRecord

FIRST = (CONNECTOR_STATE, LISTINGS, TAKEDOWN_REQUESTS, TAKEDOWNS)
LEFT_OUT = (HEARTBEATS, SHARD_ANSWERS)
"""Of no use elsewhere: who lived an hour ago, and answers that name offsets of `fingerprints`, which will be others."""
KEPT = (*FIRST, *(spec for spec in ALL_TOPICS if spec not in (*FIRST, *LEFT_OUT)))


def back_up(
    settings: Settings, path: Path, topics: Sequence[TopicSpec] = KEPT, progress: Progress = no_progress
) -> End:
    """Write these topics' records, in this order, and the places of our groups on them.

    Raises:
        ReadError, BrokerUnavailableError: a topic cannot be read, or no broker answers.
        OSError: the file cannot be written.
    """
    with (
        BackupWriter(path) as writer,
        administration(settings) as admin,
        closing(connected(settings)) as consumer,
    ):
        names = {topic_name(spec, settings.topics): spec for spec in topics}
        described = required_counts(admin, names)
        writer.write(
            About(
                format=FORMAT,
                taken_at=datetime.now(UTC),
                version=program_version(),
                cluster_id=str(admin.describe_cluster().get("cluster_id") or ""),
                prefix=settings.topics.prefix,
                generation=settings.topics.generation,
                partitions={spec.name: described[name] for name, spec in names.items()},
            )
        )
        for place in group_places(admin, settings, topics):
            writer.write(place)
        for spec in topics:
            with RecordReader(settings, spec, consumer) as reader:
                for one in reader.existing(progress):
                    headers = tuple((name, bytes(value or b"")) for name, value in one.headers or ())
                    writer.write(
                        KeptRecord(
                            spec.name, one.partition, one.offset, one.timestamp, one.key, one.value, headers
                        )
                    )
        return writer.end()


def group_places(
    admin: KafkaAdminClient, settings: Settings, topics: Sequence[TopicSpec]
) -> list[GroupPlace]:
    """How far our groups are with these topics.

    Of shards only the furthest set's gatherer counts, as the place of workers without shards: any set begins there.
    """
    names = {topic_name(spec, settings.topics): spec.name for spec in topics}
    base, workers = settings.kafka.group, workers_group(settings)
    places: dict[tuple[str, TopicPartition], int] = {}
    for name in sorted(str(each["group_id"]) for each in admin.list_groups()):
        if not name.startswith(base) or shard_of_group(name, workers) is not None:
            continue
        found = places_in(admin, name)
        places |= {(name, place): at for place, at in found.items() if place.topic in names}
    if FINGERPRINTS in topics:
        places |= {(workers, place): at for place, at in places_of(admin, settings, FINGERPRINTS).items()}
    return [
        GroupPlace(group.removeprefix(base), names[place.topic], place.partition, at)
        for (group, place), at in sorted(places.items())
    ]
