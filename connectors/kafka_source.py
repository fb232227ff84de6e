"""The Kafka source: a topic's records as events, for a consumer group, committed only once they are delivered."""

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from typing import Any, Literal

import structlog
from kafka import TopicPartition
from kafka import errors as kafka_errors
from kafka.structs import OffsetAndMetadata
from msgspec import Struct

from connectors.codec import Codec, RecordError
from connectors.events import Alert
from connectors.group_consumer import GroupConsumer
from connectors.group_membership import MembershipGuard
from connectors.json_records import MAX_RECORD_BYTES, JsonRecords
from connectors.kafka_changes import Changes
from connectors.kafka_delivery import ABORTS, REACH_MS
from connectors.kafka_offsets import of_every
from connectors.kafka_refusal import is_hidden, lacking, refusal
from connectors.kafka_sign_in import sign_in_trouble
from connectors.record_fields import FieldError, checked
from connectors.sdk import (
    IDLE,
    AbortError,
    ConnectorError,
    Context,
    Item,
    Notice,
    RawRecord,
    RetryError,
    Source,
    Stop,
    Withdrawal,
)

log = structlog.get_logger(__name__)

POLL_MS = 250
"""The longest wait for records, and so of a clean stop."""
FETCH_BYTES = 4 * 1024 * 1024
"""For a partition at once; a larger record still comes, alone."""
POLL_RECORDS = 500
COMMIT_MS = 5_000
"""While the broker is away, what was delivered waits for its commit; the rest of the run does not."""
CLOSE_MS = 2_000
SESSION_MS = 10_000
"""Until a killed member's partitions go to another, as with the workers; the client's own 45 s were measured to
leave the next run waiting as long."""
HEARTBEAT_MS = 2_000
ONCE_IDLE_SECONDS = 12.0
"""Without a record, with partitions that are not read to their end, until a run to an end asks whether its group knows
it: a little more than a session. Without partitions it may be waiting for a killed member's session, and has longer."""


class KafkaSourceOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of the source `kafka`."""

    topic: str
    """The topic's name on the broker, prefix included."""
    client: dict[str, Any]
    """What kafka-python needs to reach and sign in to the broker: `bootstrap_servers` and such."""
    group: str
    """The consumer group. Those of one group share the topic's records, and go on where it stood."""
    records: Literal["listings", "takedowns", "alerts"] = "alerts"
    """What the topic holds."""
    from_beginning: bool = False
    """Where a group begins that has no place yet: with the oldest record, or with what comes from now on."""
    once: bool = False
    """End where the topic ended when the run began."""


class KafkaSource(Source[KafkaSourceOptions]):
    """A Kafka topic, read as a member of a group. A record is committed when the sink has acknowledged it and
    all before it on its partition; after a crash or a rebalance some come again, and none is lost.
    """

    name = "kafka"
    options_type = KafkaSourceOptions

    def __init__(self, options: KafkaSourceOptions) -> None:
        super().__init__(options)
        self._consumer: Any = None
        self._changes = Changes()
        self._held: deque[Any] = deque()
        """Fetched and not yet yielded; empty whenever more is fetched."""
        self._yielded: dict[TopicPartition, int] = {}
        """The offset after the last one yielded, for what is not delivered yet."""
        self._delivered: dict[TopicPartition, int] = {}
        """Likewise, for what is delivered and not committed yet."""
        self._ends: dict[TopicPartition, int] = {}
        self._joined = False
        idle_seconds = ONCE_IDLE_SECONDS if options.once else None
        self._guard = MembershipGuard(options.client, options.group, options.topic, idle_seconds=idle_seconds)
        self._alerts = Codec(Alert, ours=True)
        self._json = JsonRecords(
            "takedowns" if options.records == "takedowns" else "listings", None, MAX_RECORD_BYTES
        )

    def open(self, context: Context) -> None:
        """Reach the broker, check the topic, and join the group.

        Raises:
            RetryError: the broker cannot be reached.
            AbortError: there is no such topic, or the broker refuses us.
        """
        self.context = context
        options = self.options
        if (trouble := sign_in_trouble(options.client)) is not None:
            raise AbortError(trouble)
        try:
            self._consumer = self._new_consumer()
            numbers = self._consumer.partitions_for_topic(options.topic)
            if not numbers:
                if is_hidden(options.client, options.topic):
                    raise AbortError(lacking("Read", f"topic {options.topic}"))
                raise AbortError(
                    f"kafka: there is no topic {options.topic!r}; make it with: relistwatch topics create"
                )
            partitions = [TopicPartition(options.topic, number) for number in sorted(numbers)]
            self._ends = of_every(
                lambda left: self._consumer.end_offsets(left, timeout_ms=REACH_MS), partitions
            )
            if not options.from_beginning:
                self._begin_at_the_end(partitions)
            self._join()
        except (ValueError, AssertionError) as error:
            raise AbortError(f"kafka: {error}") from error
        except kafka_errors.KafkaError as error:
            raise self._failure(error) from error

    def _new_consumer(self) -> Any:
        return GroupConsumer(
            **{"bootstrap_timeout_ms": REACH_MS, **self.options.client},
            group_id=self.options.group,
            enable_auto_commit=False,
            allow_auto_create_topics=False,
            # A group whose place is gone by retention goes on with the oldest record there is.
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=FETCH_BYTES,
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
        )

    def _join(self) -> None:
        self._consumer.subscribe([self.options.topic], listener=self._changes)
        self._guard.joined_anew()

    def _join_again(self) -> None:
        """As a new member: what was fetched and not committed comes again, to whoever gets the partitions.

        Raises:
            KafkaError: the broker is away.
        """
        log.warning("the group does not know this member; it joins again", group=self.options.group)
        lost, self._consumer = self._consumer, self._new_consumer()
        lost.close(autocommit=False, timeout_ms=CLOSE_MS)
        self._changes, self._joined = Changes(), False
        self._yielded.clear()
        self._delivered.clear()
        self._join()

    def close(self) -> None:
        """Leave the group; what was delivered and could not be committed is tried once more."""
        self._commit()
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            consumer.close(autocommit=False, timeout_ms=CLOSE_MS)

    def events(self, stop: Stop) -> Iterator[Item]:
        """The records, partition by partition in order, until `stop`, or with `once` until the end."""
        if self._consumer is None:
            raise AbortError("kafka: the source is not open")
        while not stop.is_set():
            while self._held:
                message = self._held.popleft()
                place = TopicPartition(message.topic, message.partition)
                items = list(self._items(message))
                yield from items[:-1]
                self._yielded[place] = message.offset + 1
                yield from items[-1:]
            if self._fetch(0):
                continue
            if self.options.once and self._joined and (yield from self._at_the_end()):
                return
            yield IDLE
            self._fetch(POLL_MS)

    def acknowledged(self) -> None:
        """Commit what was yielded. Where that fails, it is tried with what comes next; at worst some come again."""
        self._delivered |= self._yielded
        self._yielded.clear()
        self._commit()

    def _commit(self) -> None:
        mine = self._consumer.assignment() if self._consumer is not None and self._delivered else set()
        offsets = {place: offset for place, offset in self._delivered.items() if place in mine}
        if not offsets:
            return
        try:
            self._consumer.commit(
                {place: OffsetAndMetadata(offset, "", -1) for place, offset in offsets.items()},
                timeout_ms=COMMIT_MS,
            )
        except kafka_errors.KafkaError as error:
            # During a rebalance, too; then the next poll says which of the partitions are still ours.
            log.warning("delivered and not committed yet", error=repr(error))
        else:
            self._delivered.clear()

    def _begin_at_the_end(self, partitions: Sequence[TopicPartition]) -> None:
        """Give a new group its place at once: a first run that is ended before any record comes would leave none,
        and the next would miss what came in between.
        """
        new = [place for place in partitions if self._consumer.committed(place, timeout_ms=REACH_MS) is None]
        if not new:
            return
        try:
            self._consumer.commit(
                {place: OffsetAndMetadata(self._ends[place], "", -1) for place in new}, timeout_ms=REACH_MS
            )
        except (
            kafka_errors.CommitFailedError,
            kafka_errors.UnknownMemberIdError,
            kafka_errors.IllegalGenerationError,
        ):
            return  # The group has members, who did this.

    def _fetch(self, wait_ms: int) -> bool:
        """Take what is there within so many milliseconds; whether there was anything."""
        try:
            batches = self._consumer.poll(timeout_ms=wait_ms, max_records=POLL_RECORDS)
            if self._guard.is_lost(self._consumer, heard=bool(batches)):
                self._join_again()
        except kafka_errors.KafkaError as error:
            raise self._failure(error) from error
        for joined, lost in self._changes.taken():
            self._joined = joined
            # Whoever has them now gets these again.
            for place in lost:
                self._yielded.pop(place, None)
                self._delivered.pop(place, None)
        for batch in batches.values():
            self._held += batch
        return bool(self._held)

    def _at_the_end(self) -> Generator[Item, None, bool]:
        """Whether our partitions are read as far as they reached when the run began."""
        try:
            if mine := self._consumer.assignment():
                return all(
                    self._consumer.position(place, timeout_ms=REACH_MS) >= self._ends.get(place, 0)
                    for place in mine
                )
            if not self._guard.knows(self._consumer):
                # It takes itself for a member and is none: what it was to read is still there.
                self._join_again()
                return False
        except kafka_errors.KafkaError as error:
            raise self._failure(error) from error
        yield Notice(
            "other members of the group have all of the topic's partitions; nothing is left for this one"
        )
        return True

    def _failure(self, error: kafka_errors.KafkaError) -> ConnectorError:
        refused = refusal(error, "Read", topic=self.options.topic, group=self.options.group)
        kind = AbortError if isinstance(error, ABORTS) else RetryError
        return kind(refused or f"kafka: {type(error).__name__}: {error}")

    def _items(self, message: Any) -> Iterator[Item]:
        place = f"{message.topic} {message.partition}:{message.offset}"
        key = _text(message.key)
        if message.value is None:
            # A null value withdraws a takedown; elsewhere it says nothing.
            if self.options.records == "takedowns":
                try:
                    yield checked({"takedown_id": key}, Withdrawal)
                except FieldError as error:
                    yield Notice(f"{place}: a null value under a wrong key: {error}")
        elif self.options.records == "alerts":
            try:
                yield self._alerts.decode(message.value).record
            except RecordError as error:
                yield RawRecord(message.value, key, f"{place}: {error}")
        else:
            yield from self._json.items(place, message.value)


def _text(key: bytes | None) -> str | None:
    if key is None:
        return None
    try:
        return key.decode()
    except UnicodeDecodeError:
        return None
