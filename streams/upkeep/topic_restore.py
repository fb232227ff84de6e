"""Topics out of a backup, each record in the partition that it was in, and groups in the places that they had.

Offsets are others than they were, since compaction and retention had left gaps: a group's new place is behind as many
records of the partition as lay before its old one.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kafka import TopicPartition
from kafka.admin import KafkaAdminClient

from connectors.kafka_delivery import KafkaDelivery
from streams.kafka_clients.group_places import PlacesRefusedError, members_of, set_places
from streams.kafka_clients.kafka_options import client_options
from streams.kafka_clients.outbox import MAX_REQUEST_BYTES
from streams.kafka_clients.record_reader import Progress, no_progress
from streams.kafka_clients.topic_admin import administration
from streams.kafka_clients.topic_partitions import end_offsets, partition_counts
from streams.settings import Settings
from streams.topics import ALL_TOPICS, topic_name
from streams.upkeep.backup_file import About, BackupError, GroupPlace, KeptRecord, read_lines, verified

FLUSH_RECORDS = 5000


@dataclass(frozen=True, slots=True)
class Restored:
    """What was done, or would be. `records`: of each topic; `groups`: that have a place; `obstacle`: for which nothing
    can be restored here, where that was only asked."""

    about: About
    records: Mapping[str, int]
    groups: tuple[str, ...]
    obstacle: str | None = None


def restore(
    settings: Settings,
    path: Path,
    *,
    append: bool = False,
    dry_run: bool = False,
    progress: Progress = no_progress,
) -> Restored:
    """Read the whole file, then send what it holds.

    `append`: also into topics that hold records, behind them.

    Raises:
        BackupError: the file is damaged, the topics are others or hold records, or a group has members. Nothing was
            done, unless the message says so.
        AbortError, RetryError: the broker refuses or goes away; what was sent stays.
        BrokerUnavailableError: no broker answers.
    """
    about, end = verified(path)
    names = {spec.name: topic_name(spec, settings.topics) for spec in ALL_TOPICS}
    if unknown := sorted(about.partitions.keys() - names.keys()):
        raise BackupError(f"{path}: of topics that this program does not know: {', '.join(unknown)}")
    groups = _groups(settings, path)
    with administration(settings) as admin:
        try:
            ends = _ends(
                admin, {names[topic]: count for topic, count in about.partitions.items()}, append=append
            )
            _require_no_members(admin, groups)
        except BackupError as error:
            if not dry_run:
                raise
            return Restored(about, _counted(path), groups, str(error))
        if dry_run:
            return Restored(about, _counted(path), groups)
        places, records = _send(
            settings, path, names, ends, lambda name, done: progress(name, done, end.records)
        )
        for group, there in places.items():
            try:
                set_places(admin, group, there)
            except PlacesRefusedError as error:
                raise BackupError(f"all records were restored, but not all groups' places: {error}") from None
    return Restored(about, records, groups)


def _ends(admin: KafkaAdminClient, wanted: Mapping[str, int], *, append: bool) -> dict[TopicPartition, int]:
    """Where each partition ends, when all topics are as the file needs them."""
    described = partition_counts(admin, wanted)
    for name, count in wanted.items():
        if described.get(name) != count:
            has = f"has {described[name]} partitions" if described.get(name) else "does not exist"
            raise BackupError(
                f"{name} {has}, the backup's has {count}; make the topics with that many on an empty cluster: "
                f"relistwatch topics create --partitions {count}"
            )
    partitions = [TopicPartition(name, number) for name, count in wanted.items() for number in range(count)]
    ends = end_offsets(admin, partitions)
    filled = sorted({place.topic for place, end in ends.items() if end})
    if filled and not append:
        raise BackupError(
            f"{', '.join(filled)}: there are records already; --append puts the backup's behind them"
        )
    return ends


def _groups(settings: Settings, path: Path) -> tuple[str, ...]:
    names: set[str] = set()
    for line in read_lines(path):
        if isinstance(line, GroupPlace):
            names.add(settings.kafka.group + line.group)
        elif isinstance(line, KeptRecord):
            break
    return tuple(sorted(names))


def _require_no_members(admin: KafkaAdminClient, groups: tuple[str, ...]) -> None:
    for name in groups:
        if members := members_of(admin, name):
            raise BackupError(f"group {name} has {members} members; end them first")


def _counted(path: Path) -> dict[str, int]:
    return dict(Counter(line.topic for line in read_lines(path) if isinstance(line, KeptRecord)))


def _send(
    settings: Settings,
    path: Path,
    names: Mapping[str, str],
    ends: Mapping[TopicPartition, int],
    say: Callable[[str, int], None],
) -> tuple[dict[str, dict[TopicPartition, int]], dict[str, int]]:
    """Send all records; where each group goes on, and how many records of each topic."""
    old: dict[tuple[str, TopicPartition], int] = {}
    before: Counter[tuple[str, TopicPartition]] = Counter()
    waiting: dict[TopicPartition, list[tuple[str, int]]] = {}
    records: Counter[str] = Counter()
    with KafkaDelivery(client_options(settings.kafka), max_request_bytes=MAX_REQUEST_BYTES) as delivery:
        for line in read_lines(path):
            if isinstance(line, GroupPlace):
                place = TopicPartition(names[line.topic], line.partition)
                old[settings.kafka.group + line.group, place] = line.offset
                waiting.setdefault(place, []).append((settings.kafka.group + line.group, line.offset))
            elif isinstance(line, KeptRecord):
                place = TopicPartition(names[line.topic], line.partition)
                before.update((group, place) for group, at in waiting.get(place, ()) if line.offset < at)
                delivery.send(
                    place.topic,
                    key=line.key,
                    value=line.value,
                    headers=line.headers,
                    partition=line.partition,
                    timestamp_ms=line.timestamp,
                    record=f"{line.topic} {line.partition}:{line.offset}",
                )
                records[line.topic] += 1
                say(line.topic, records.total())
                if records.total() % FLUSH_RECORDS == 0:
                    _flush(delivery)
        _flush(delivery)
    places: dict[str, dict[TopicPartition, int]] = {}
    for group, place in old:
        places.setdefault(group, {})[place] = ends[place] + before[group, place]
    return places, dict(records)


def _flush(delivery: KafkaDelivery) -> None:
    if refused := delivery.flush():
        raise BackupError(
            f"Kafka refuses {refused[0].record}: {refused[0].why}. What was sent before it is on the topics"
        )
