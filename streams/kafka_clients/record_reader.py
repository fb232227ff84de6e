"""Reading a topic without a consumer group: nothing is committed, so looking changes nothing for anyone."""

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, Literal, Protocol

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from connectors.kafka_offsets import at_times, of_every
from connectors.kafka_refusal import is_hidden, lacking, refusal
from connectors.kafka_sign_in import sign_in_trouble
from streams.kafka_clients.broker_trouble import why_unreachable
from streams.kafka_clients.kafka_options import client_options
from streams.kafka_clients.key_partition import partition_of
from streams.settings import Settings
from streams.topics import TopicSpec, topic_name

REACH_MS = 10_000
POLL_MS = 250
STALL_SECONDS = 30.0
FETCH_BYTES = 4 * 1024 * 1024
"""For a partition at once; a larger record still comes, alone."""


Progress = Callable[[str, int, int], None]
"""Called with the topic, how many of its records were read, and how many offsets there are."""


def no_progress(_topic: str, _done: int, _total: int) -> None:
    """Nobody watches."""


class ReadError(RuntimeError):
    """The topic cannot be read: no broker, no such topic, no such record. The message says which."""


class UnreachableError(ReadError):
    """The broker cannot be reached."""


class RefusedError(ReadError):
    """The broker refuses us: a right is missing. Trying again does not help."""


def read_failure(
    error: KafkaError, otherwise: str, *, topic: str | None = None, group: str | None = None
) -> ReadError:
    """What a client's error means: refused, or else unreachable, said as `otherwise`."""
    refused = refusal(error, "Read", topic=topic, group=group)
    return UnreachableError(otherwise) if refused is None else RefusedError(refused)


class Stop(Protocol):
    """Set when the reading should end, such as a `threading.Event`."""

    def is_set(self) -> bool:
        """Whether to end now."""


class Record(Protocol):
    """A message as kafka-python gives it; `timestamp` in milliseconds since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


def no_topic(settings: Settings, topic: str) -> ReadError:
    """What to say of a topic that has no partitions for us: it is not there, or is kept from us."""
    if is_hidden(client_options(settings.kafka), topic):
        return RefusedError(lacking("Read", f"topic {topic}"))
    return ReadError(f"there is no topic {topic!r}; make it with: relistwatch topics create")


def partitions_of(settings: Settings, consumer: Any, topic: str) -> list[TopicPartition]:
    """The partitions of a topic, given by its name on the broker, in their order.

    Raises:
        ReadError: it is not there, or is kept from us.
    """
    numbers = consumer.partitions_for_topic(topic)
    if not numbers:
        raise no_topic(settings, topic)
    return [TopicPartition(topic, number) for number in sorted(numbers)]


def connected(
    settings: Settings, *, fetch_bytes: int = FETCH_BYTES, lost: Literal["earliest", "latest"] = "latest"
) -> Any:
    """A consumer without a group. Close it.

    `fetch_bytes`: most that Kafka gives of a partition at once. `lost`: where it goes on if its place is gone by
    retention.

    Raises:
        UnreachableError: the broker cannot be reached, or does not let us in.
    """
    client = client_options(settings.kafka)
    if (trouble := sign_in_trouble(client)) is not None:
        raise UnreachableError(trouble)
    try:
        return KafkaConsumer(
            **client,
            group_id=None,
            enable_auto_commit=False,
            allow_auto_create_topics=False,
            auto_offset_reset=lost,
            max_partition_fetch_bytes=fetch_bytes,
            bootstrap_timeout_ms=REACH_MS,
        )
    except KafkaError as error:
        raise UnreachableError(why_unreachable(settings.kafka, error)) from error


class RecordReader:
    """Reads one topic's records. A context manager; entering it connects, or borrows the `consumer` that is given,
    for one topic after another.

    Raises:
        UnreachableError: on entering, the broker cannot be reached.
        ReadError: on entering, the topic does not exist.
    """

    def __init__(self, settings: Settings, topic: TopicSpec, consumer: Any = None) -> None:
        self._topic = topic_name(topic, settings.topics)
        self._settings = settings
        self._consumer = consumer
        self._borrowed = consumer is not None
        self._partitions: list[TopicPartition] = []

    def __enter__(self) -> "RecordReader":
        servers = self._settings.kafka.bootstrap_servers
        if not self._borrowed:
            self._consumer = connected(self._settings)
        try:
            self._partitions = partitions_of(self._settings, self._consumer, self._topic)
        except ReadError:
            self._let_go()
            raise
        except KafkaError as error:
            self._let_go()
            otherwise = f"the broker at {servers} does not answer: {error}"
            raise read_failure(error, otherwise, topic=self._topic) from error
        self._consumer.assign(self._partitions)
        return self

    def __exit__(self, *_: object) -> None:
        self._let_go()

    def _let_go(self) -> None:
        if not self._borrowed:
            self._consumer.close()

    def existing(
        self,
        progress: Progress = no_progress,
        *,
        keys: Iterable[bytes] | None = None,
        since: datetime | None = None,
    ) -> Iterator[Record]:
        """Every record that is there now, oldest first within each partition; then it ends.

        `keys`: only of the partitions in which these keys are. `since`: in each partition from the first record of
        that time on; earlier ones may follow it, where producers' clocks differ.

        Raises:
            UnreachableError: the broker has stopped answering.
        """
        chosen = self._chosen(keys)
        ends = of_every(self._consumer.end_offsets, chosen)
        starts = self._starts(chosen, ends, since)
        total = sum(ends.values()) - sum(starts.values())
        done = 0
        self._consumer.assign(chosen)
        for partition, start in starts.items():
            self._consumer.seek(partition, start)
        stalled = _Stall(self._topic)
        # A position moves past compacted records too, so it reaches the end where offsets alone might not.
        while any(self._position(partition) < ends[partition] for partition in chosen):
            batches = self._consumer.poll(timeout_ms=POLL_MS)
            stalled.check(progress=bool(batches))
            for batch in batches.values():
                for record in batch:
                    if record.offset < ends.get(_partition_of(record), 0):
                        progress(self._topic, done, total)
                        done += 1
                        yield record

    def _chosen(self, keys: Iterable[bytes] | None) -> list[TopicPartition]:
        if keys is None:
            return self._partitions
        numbers = {partition_of(key, len(self._partitions)) for key in keys}
        return [self._partitions[number] for number in sorted(numbers)]

    def _starts(
        self, chosen: list[TopicPartition], ends: dict[TopicPartition, int], since: datetime | None
    ) -> dict[TopicPartition, int]:
        if since is None:
            return of_every(self._consumer.beginning_offsets, chosen)
        asked = dict.fromkeys(chosen, int(since.timestamp() * 1000))
        found = at_times(self._consumer, asked)
        return {each: found[each].offset if found[each] else ends[each] for each in chosen}

    def arriving(self, stop: Stop, *, from_beginning: bool = False) -> Iterator[Record]:
        """The records that come from now on, or all there are and then those; until `stop`."""
        self._consumer.assign(self._partitions)
        if from_beginning:
            self._consumer.seek_to_beginning()
        else:
            self._consumer.seek_to_end()
            # Seeking is lazy: settled now, or what is produced in the meantime would be passed over.
            for partition in self._partitions:
                self._consumer.position(partition)
        while not stop.is_set():
            for batch in self._consumer.poll(timeout_ms=POLL_MS).values():
                for record in batch:
                    if stop.is_set():
                        return
                    yield record

    def at(self, partition: int, offset: int) -> Record:
        """The one record at that place.

        Raises:
            ReadError: there is none, or no longer.
            UnreachableError: the broker has stopped answering.
        """
        place = TopicPartition(self._topic, partition)
        if place not in self._partitions:
            last = len(self._partitions) - 1
            raise ReadError(f"{self._topic} has partitions 0 to {last}, not {partition}")
        first = of_every(self._consumer.beginning_offsets, [place])[place]
        end = of_every(self._consumer.end_offsets, [place])[place]
        if not first <= offset < end:
            held = f"offsets {first} to {end - 1}" if first < end else "no records"
            raise ReadError(f"{self._topic} partition {partition} has {held}, not {offset}")
        # Pausing the others instead was seen to leave kafka-python 3.0.12 without fetches after resuming them.
        self._consumer.assign([place])
        stalled = _Stall(self._topic)
        try:
            self._consumer.seek(place, offset)
            while self._position(place) <= offset:
                stalled.check(progress=False)
                for record in self._consumer.poll(timeout_ms=POLL_MS, max_records=1).get(place, ()):
                    if record.offset == offset:
                        found: Record = record
                        return found
        finally:
            self._consumer.assign(self._partitions)
        raise ReadError(f"{self._topic} has no record at {partition}:{offset} any more")

    def _position(self, partition: TopicPartition) -> int:
        try:
            position: int = self._consumer.position(partition, timeout_ms=REACH_MS)
        except KafkaError as error:
            otherwise = f"{self._topic}: the broker does not answer: {error}"
            raise read_failure(error, otherwise, topic=self._topic) from error
        return position


class _Stall:
    """Notices that a reading with an end does not come nearer to it."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._since = time.monotonic()

    def check(self, *, progress: bool) -> None:
        if progress:
            self._since = time.monotonic()
        elif time.monotonic() - self._since > STALL_SECONDS:
            raise UnreachableError(
                f"{self._topic}: the broker gave nothing for {STALL_SECONDS:.0f} s; try again"
            )


def _partition_of(record: Record) -> TopicPartition:
    return TopicPartition(record.topic, record.partition)
