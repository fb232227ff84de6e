"""Reads the other shards' answers about the listings that this worker has in hand.

Read only while something is waited for, so that what lies far ahead stays on Kafka. Nothing is remembered over a
restart: a batch that was not committed comes again, and its answers are looked for again, from a while before its
listings were fingerprinted (docs/decisions/023).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError
from mode import Service

from connectors.codec import Codec, RecordError
from connectors.kafka_refusal import refusal
from streams.kafka_clients.kafka_options import client_options
from streams.logs import key_text
from streams.metrics.metrics import Metrics
from streams.settings import Settings
from streams.sharding.answers import ShardAnswer, ShardMatch
from streams.shards import Shard
from streams.stages.stage import Message
from streams.topics import SHARD_ANSWERS, topic_name

log = structlog.get_logger(__name__)

POLL_MS = 200
MOST_RECORDS = 500
MARGIN_MS = 10 * 60 * 1000
"""Before a listing's own time on Kafka: an answer comes after it, but clocks differ."""
MARGIN_RECORDS = 500
"""The same in records, for what lies on one place of time."""
FROM_START_SECONDS = 600.0
"""Of waiting, after which the answers are read from the beginning once: the clocks may differ by more."""
SAY_SECONDS = 30.0
LEAVE_SECONDS = 3.0
"""That a worker which is being ended still waits for others."""

Answers = Mapping[tuple[int, int], Sequence[ShardMatch]]
"""By partition and offset of `fingerprints`."""


@dataclass(slots=True)
class Place:
    """One partition of `fingerprints`: how far each shard is, and what they found from `kept_from` on."""

    kept_from: int
    from_start: bool = False
    first: dict[int, int] = field(default_factory=dict)
    """By shard, the lowest offset that an answer was read about."""
    to: dict[int, int] = field(default_factory=dict)
    found: dict[int, dict[int, ShardMatch]] = field(default_factory=dict)
    """By offset and shard; of an answer given twice, the later."""

    def take(self, answer: ShardAnswer) -> None:
        """Take an answer in."""
        shard = answer.shard
        self.first[shard] = min(answer.first, self.first.get(shard, answer.first))
        self.to[shard] = max(answer.to, self.to.get(shard, 0))
        for match in answer.matches:
            if match.offset >= self.kept_from:
                self.found.setdefault(match.offset, {})[shard] = match

    def forget_before(self, offset: int) -> None:
        """It was handled."""
        self.kept_from = max(self.kept_from, offset)
        for gone in [each for each in self.found if each < offset]:
            del self.found[gone]


class UnansweredError(BaseException):
    """The worker ends while a batch waits for another shard. No Exception: the batch must not be done by halves, but
    end uncommitted."""


class AnswerReader(Service):  # type: ignore[misc]
    """For the worker of a shard that gathers. `assigned` says which partitions of `fingerprints` it has now, `ends`
    whether it is being ended."""

    def __init__(
        self,
        settings: Settings,
        shard: Shard,
        metrics: Metrics,
        *,
        assigned: Callable[[], set[int]],
        ends: Callable[[], bool],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._settings, self._shard, self._metrics = settings, shard, metrics
        self._assigned, self._ends = assigned, ends
        self._topic = topic_name(SHARD_ANSWERS, settings.topics)
        self._codec = Codec(ShardAnswer, ours=True)
        self._consumer: AIOKafkaConsumer | None = None
        self._partitions = 1
        self._places: dict[int, Place] = {}
        self._waiting: dict[int, float] = {}
        """By shard, since when it is waited for."""
        self._ending_since = monotonic()
        self.asked = 0
        """Grows while answers are waited for and asked for."""
        for other in shard.others:
            metrics.shard_wait.labels(str(other)).set_function(partial(self.waited, other.number))

    @property
    def waits(self) -> bool:
        """Whether a batch waits for another shard just now."""
        return bool(self._waiting)

    def waited(self, shard: int) -> float:
        """Seconds for which this shard is waited for by now; 0 where it is not."""
        since = self._waiting.get(shard)
        return 0.0 if since is None else monotonic() - since

    def waits_for(self, seconds: float) -> str | None:
        """Which shards a batch has waited for so long, for a person; None where there is none."""
        late = [number for number in sorted(self._waiting) if self.waited(number) > seconds]
        names = ", ".join(f"{number}/{self._shard.of}" for number in late)
        return f"alerts wait for shard {names}" if late else None

    async def on_start(self) -> None:
        """Connect; nothing is read yet."""
        self._consumer = AIOKafkaConsumer(
            self._topic,
            **client_options(self._settings.kafka),
            group_id=None,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            max_partition_fetch_bytes=1024 * 1024,
        )
        try:
            await self._consumer.start()
        except UnknownTopicOrPartitionError:
            log.critical(f"there is no topic {self._topic}; make it with: relistwatch topics create")
            raise
        except KafkaError as error:
            if (refused := refusal(error, "Read", topic=self._topic)) is not None:
                log.critical(refused)
            raise
        partitions = self._consumer.partitions_for_topic(self._topic) or {0}
        self._partitions = len(partitions)
        self._consumer.unsubscribe()
        places = [TopicPartition(self._topic, one) for one in sorted(partitions)]
        self._consumer.assign(places)
        self._consumer.pause(*places)

    async def on_stop(self) -> None:
        """Disconnect."""
        if self._consumer is not None:
            await self._consumer.stop()

    async def about(self, messages: Sequence[Message]) -> Answers:
        """Return when every other shard has answered about all of these, however long that takes; what they found.

        Raises:
            UnansweredError: the worker is being ended, and a shard has not answered some seconds later.
        """
        if not messages or not self._shard.others:
            return {}
        last = {message.partition: message.offset for message in messages}
        firsts = {message.partition: message for message in reversed(messages)}
        self._leave(self._assigned() | last.keys())
        began = said = monotonic()
        late: set[int] = set()
        while True:
            try:
                for partition, message in firsts.items():
                    place = self._places.get(partition)
                    if place is None or message.offset < place.kept_from:
                        await self._open(message)
                late = self._late(firsts, last)
                if not late and not await self._opened_too_late(firsts):
                    break
                await self._poll({self._place_of(partition) for partition in firsts})
            except KafkaError as error:
                refused = refusal(error, "Read", topic=self._topic)
                log.warning("other shards' answers wait for the broker", error=refused or repr(error))
                await asyncio.sleep(1.0)
            self._give_up(monotonic())
            if monotonic() - said > SAY_SECONDS:
                said = monotonic()
                log.warning(
                    self.waits_for(0) or "other shards' answers are read", seconds=round(said - began)
                )
            if monotonic() - began > FROM_START_SECONDS:
                await self._reopen_from_start(late, firsts)
        self._waiting.clear()
        return self._taken(firsts)

    def _give_up(self, now: float) -> None:
        if not self._ends():
            self._ending_since = now
        elif now - self._ending_since > LEAVE_SECONDS:
            raise UnansweredError(self.waits_for(0) or "other shards' answers are not read yet")

    def _late(self, firsts: Mapping[int, Message], last: Mapping[int, int]) -> set[int]:
        """The partitions that a shard has not answered about to their end; notes for whom it waits."""
        now = monotonic()
        partitions: set[int] = set()
        shards: set[int] = set()
        for partition in firsts:
            place = self._places[partition]
            behind = {
                each.number for each in self._shard.others if place.to.get(each.number, 0) <= last[partition]
            }
            if behind:
                partitions.add(partition)
                shards |= behind
        self._waiting = {number: self._waiting.get(number, now) for number in shards}
        return partitions

    async def _opened_too_late(self, firsts: Mapping[int, Message]) -> bool:
        """Whether a shard's first answer that was read begins after the first listing: what it said of that may lie
        before. Then it is read from the beginning; where it did not say anything there either, that is counted."""
        again = False
        for partition, message in firsts.items():
            place = self._places[partition]
            missing = [number for number, first in place.first.items() if first > message.offset]
            if missing and not place.from_start:
                await self._open(message, from_start=True)
                again = True
            elif missing:
                log.warning("shards never answered about a listing", shards=missing, partition=partition,
                            offset=message.offset)  # fmt: skip
                for number in missing:
                    self._metrics.shard_unanswered.labels(f"{number}/{self._shard.of}").inc()
                    place.first[number] = message.offset
        return again

    async def _reopen_from_start(self, late: set[int], firsts: Mapping[int, Message]) -> None:
        for partition in late:
            if not self._places[partition].from_start:
                await self._open(firsts[partition], from_start=True)

    def _taken(self, firsts: Mapping[int, Message]) -> Answers:
        found: dict[tuple[int, int], Sequence[ShardMatch]] = {}
        for partition, message in firsts.items():
            place = self._places[partition]
            place.forget_before(message.offset)
            for offset, by_shard in place.found.items():
                found[partition, offset] = [by_shard[number] for number in sorted(by_shard)]
        return found

    async def _open(self, message: Message, *, from_start: bool = False) -> None:
        """Begin to read what is said of this listing and those after it."""
        assert self._consumer is not None  # noqa: S101  started before
        place = self._place_of(message.partition)
        begins = (await self._consumer.beginning_offsets([place]))[place]
        if not from_start:
            since = max(0, int(message.timestamp * 1000) - MARGIN_MS)
            found = (await self._consumer.offsets_for_times({place: since}))[place]
            near = (await self._consumer.end_offsets([place]))[place] if found is None else found.offset
            begins = max(begins, near - MARGIN_RECORDS)
        if any(self._place_of(other) == place for other in self._places if other != message.partition):
            # Another partition's answers lie there too: those that were read are read again.
            begins = min(begins, await self._consumer.position(place))
        self._consumer.seek(place, begins)
        self._consumer.resume(place)
        self._places[message.partition] = Place(message.offset, from_start)

    def _leave(self, wanted: set[int]) -> None:
        """Forget what this worker has no longer."""
        assert self._consumer is not None  # noqa: S101  started before
        for partition in self._places.keys() - wanted:
            del self._places[partition]
        needed = {self._place_of(partition) for partition in self._places}
        for place in self._consumer.assignment() - needed - self._consumer.paused():
            self._consumer.pause(place)

    async def _poll(self, places: set[TopicPartition]) -> None:
        assert self._consumer is not None  # noqa: S101  started before
        batches = await self._consumer.getmany(*places, timeout_ms=POLL_MS, max_records=MOST_RECORDS)
        self.asked += 1
        for records in batches.values():
            for record in records:
                self._take(record)
        await asyncio.sleep(0)

    def _take(self, record: ConsumerRecord) -> None:
        try:
            answer: ShardAnswer = self._codec.decode(record.value or b"").record
        except RecordError as error:
            self._metrics.dead_letters.labels("answer-reader", error.kind).inc()
            log.error("no ShardAnswer, left out", key=key_text(record.key), error=str(error))
            return
        place = self._places.get(answer.partition)
        if place is not None and answer.of == self._shard.of and answer.shard != self._shard.number:
            place.take(answer)

    def _place_of(self, partition: int) -> TopicPartition:
        return TopicPartition(self._topic, partition % self._partitions)
