"""What a backup holds and when it is refused; on a real Kafka, that it comes back byte for byte."""

import gzip
import uuid
from pathlib import Path

import msgspec
import pytest
from kafka import KafkaProducer, TopicPartition
from kafka_client import KafkaClient

from streams.kafka_clients.group_places import places_in, set_places
from streams.kafka_clients.topic_admin import administration, create_topics
from streams.settings import Settings
from streams.topics import HEARTBEATS, SHARD_ANSWERS
from streams.upkeep.backup_file import About, BackupError, BackupWriter, KeptRecord, verified
from streams.upkeep.topic_backup import KEPT, back_up
from streams.upkeep.topic_restore import restore

ABOUT = msgspec.convert(
    {"format": 1, "taken_at": "2026-11-24T03:00:00Z", "version": "1", "cluster_id": "c", "prefix": "", "generation": 1,
     "partitions": {"takedowns": 1}, "kind": "backup"},
    About,
)  # fmt: skip


def written(path: Path, *records: KeptRecord) -> Path:
    with BackupWriter(path) as writer:
        writer.write(ABOUT)
        for record in records:
            writer.write(record)
        writer.end()
    return path


def record(number: int) -> KeptRecord:
    return KeptRecord("takedowns", 0, number, 1_000 + number, b"k\xff", b"\x00\xfe", (("h", b"\x80"),))


def test_a_whole_file_says_what_it_is_and_is_readable_for_its_owner_alone(tmp_path: Path) -> None:
    path = written(tmp_path / "b.gz", record(1), record(2))
    about, end = verified(path)
    assert (about, end.records) == (ABOUT, 2)
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("what", ["cut", "shorter", "changed", "other"])
def test_a_file_that_is_not_as_it_was_written_is_refused(tmp_path: Path, what: str) -> None:
    path = written(tmp_path / "b.gz", record(1), record(2))
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    if what == "cut":
        path.write_bytes(path.read_bytes()[:-20])
    elif what == "shorter":
        path.write_bytes(gzip.compress(b"".join(lines[:-1])))
    elif what == "changed":
        path.write_bytes(gzip.compress(b"".join([*lines[:1], *lines[2:]])))
    else:
        path.write_bytes(gzip.compress(b'{"a": 1}\n'))
    with pytest.raises(BackupError, match=r"b\.gz: (damaged|cut off)"):
        verified(path)


def test_what_is_cut_off_while_it_is_written_replaces_nothing(tmp_path: Path) -> None:
    path = written(tmp_path / "b.gz", record(1))
    before = path.read_bytes()
    with BackupWriter(path) as writer:
        writer.write(ABOUT)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.kafka
def test_records_and_places_come_back_as_they_were(topics: Settings, tmp_path: Path) -> None:
    producer = KafkaProducer(bootstrap_servers=topics.kafka.bootstrap_servers, acks="all")
    name = topics.topics.prefix + "alerts"
    for number in range(20):
        value = None if number % 5 == 0 else bytes([number, 255])
        producer.send(
            name, key=f"t{number % 7}".encode(), value=value, headers=[("ce_id", b"\xff")],
            partition=number % 3, timestamp_ms=1_790_000_000_000 + number,
        )  # fmt: skip
    producer.flush()
    producer.close()
    place = TopicPartition(name, 1)
    with administration(topics) as admin:
        # Compaction and retention leave gaps in front: a place is behind so many records, not at such an offset.
        admin.delete_records({place: 2})
        set_places(admin, topics.kafka.group, {place: 5})
    path = tmp_path / "topics.jsonl.gz"
    assert back_up(topics, path).records == 18
    assert HEARTBEATS not in KEPT
    assert SHARD_ANSWERS not in KEPT

    with pytest.raises(BackupError, match="there are records already"):
        restore(topics, path)
    other = msgspec.structs.replace(
        topics,
        topics=msgspec.structs.replace(topics.topics, prefix=f"{uuid.uuid4().hex[:8]}-"),
        kafka=msgspec.structs.replace(topics.kafka, group=f"g-{uuid.uuid4().hex[:8]}"),
    )
    fewer = msgspec.structs.replace(other, topics=msgspec.structs.replace(other.topics, partitions=2))
    create_topics(fewer)
    with pytest.raises(BackupError, match="has 2 partitions, the backup's has 4"):
        restore(fewer, path)
    third = msgspec.structs.replace(
        other, topics=msgspec.structs.replace(other.topics, prefix=f"{uuid.uuid4().hex[:8]}-")
    )
    create_topics(third)
    assert restore(third, path, dry_run=True).records == {"alerts": 18}
    assert restore(third, path).records == {"alerts": 18}

    def shown(settings: Settings) -> list[tuple[object, ...]]:
        client = KafkaClient(settings)
        try:
            return sorted(
                (m.partition, m.timestamp, m.key, m.value, tuple(m.headers))
                for m in client.existing("alerts")
            )
        finally:
            client.close()

    assert [repr(each) for each in shown(third)] == [repr(each) for each in shown(topics)]
    with administration(third) as admin:
        there = places_in(admin, third.kafka.group)
    assert there[TopicPartition(third.topics.prefix + "alerts", 1)] == 3
