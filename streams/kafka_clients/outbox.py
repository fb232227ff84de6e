"""What leaves a worker: records sent to Kafka and waited for, again and again until the broker has them.

One idempotent aiokafka producer with acks=all. Faust's own `topic.send` only buffers, and gives up with the
request time limit; here a batch of input is finished only when every record it made is acknowledged.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    DuplicateSequenceNumber,
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    KafkaError,
    MessageSizeTooLargeError,
    OutOfOrderSequenceNumber,
    UnknownProducerId,
)
from mode import Service

from connectors.kafka_refusal import refusal
from streams.kafka_clients.kafka_options import client_options
from streams.metrics.metrics import Metrics
from streams.settings import Settings
from streams.topics import TopicSpec, topic_name

log = structlog.get_logger(__name__)

RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0)
"""Waits between attempts to deliver; the last one repeats."""
REFUSALS = (
    OutOfOrderSequenceNumber,
    DuplicateSequenceNumber,
    UnknownProducerId,
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
)
"""After which a producer's numbers and Kafka's never agree again."""
LAST_SECONDS = 5.0
"""For what is left to go, at the end."""
MAX_REQUEST_BYTES = 32 * 1024 * 1024
"""Room for a dead letter: the largest record in base64 and its envelope."""

Headers = Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One record on its way out. A value of None is a tombstone."""

    topic: TopicSpec
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    listing: bytes | None = None
    """The key of the listing that it is about, where its own is another."""
    partition: int | None = None
    """Where it must lie, modulo the topic's partitions; without one, where its key falls."""

    @property
    def about(self) -> bytes | None:
        """The key of the message that it was made of, as far as it tells."""
        return self.listing or self.key


class TooLargeError(Exception):
    """A record larger than the producer may send."""

    def __init__(self, outgoing: Outgoing) -> None:
        super().__init__(
            f"a record of {len(outgoing.value or b'')} bytes for {outgoing.topic.name} is too large"
        )
        self.outgoing = outgoing


def again(records: Sequence[Outgoing], failed: Sequence[Outgoing]) -> list[Outgoing]:
    """What is to be sent again: what failed, and what came after it under the same key although that arrived. Else the
    older version of a listing would come last, and compaction would keep it."""
    lost = {id(record) for record in failed}
    behind: set[tuple[str, bytes | None]] = set()
    left: list[Outgoing] = []
    for record in records:
        place = record.topic.name, record.key
        if id(record) in lost:
            behind.add(place)
            left.append(record)
        elif record.key is not None and place in behind:
            left.append(record)
    return left


class Outbox(Service):  # type: ignore[misc]
    """Delivers records, in the order given for each key."""

    def __init__(self, settings: Settings, metrics: Metrics, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._settings = settings
        self._metrics = metrics
        self._producer: AIOKafkaProducer | None = None
        self._lacking: str | None = None
        """For want of which right something was not taken lately."""
        self._refused: AIOKafkaProducer | None = None
        self._replacing = asyncio.Lock()
        self._ending: set[asyncio.Task[None]] = set()
        self._retrying = 0
        self._begun: list[float] = []
        """When each of the deliveries under way began, in monotonic seconds."""

    @property
    def waited(self) -> float:
        """Seconds that the longest of the deliveries under way has taken until now; Kafka needs milliseconds."""
        return monotonic() - min(self._begun) if self._begun else 0.0

    @property
    def waits(self) -> bool:
        """Whether records could not be delivered just now and are sent again."""
        return self._retrying > 0

    async def on_start(self) -> None:
        """Connect; a broker that cannot be reached raises."""
        self._producer = await self._connected()

    async def _connected(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            **client_options(self._settings.kafka),
            acks="all",
            enable_idempotence=True,
            linger_ms=2,
            max_batch_size=256 * 1024,
            max_request_size=MAX_REQUEST_BYTES,
        )
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        return producer

    async def on_stop(self) -> None:
        """Send what is left and disconnect. What Kafka does not take meanwhile was not committed either."""
        if self._producer is None:
            return
        try:
            await asyncio.wait_for(self._producer.stop(), LAST_SECONDS)
        except TimeoutError:
            log.warning("disconnected with records that Kafka did not take", waited=LAST_SECONDS)

    async def deliver(self, records: Sequence[Outgoing]) -> None:
        """Return when the broker has acknowledged every record, however long it is away.

        Raises:
            TooLargeError: a record that the producer may never send.
        """
        begun = monotonic()
        self._begun.append(begun)
        try:
            await self._deliver(records)
        finally:
            self._begun.remove(begun)

    async def _deliver(self, records: Sequence[Outgoing]) -> None:
        self._lacking = None
        left = again(records, await self._send(records))
        if not left:
            return
        self._retrying += 1
        try:
            attempt = 0
            while left:
                wait = RETRY_SECONDS[min(attempt, len(RETRY_SECONDS) - 1)]
                attempt += 1
                # Tried again all the same: the right may be given again, and nothing is lost until then.
                told: dict[str, str] = {"error": self._lacking} if self._lacking else {}
                log.warning(
                    "delivery failed, trying again", records=len(left), attempt=attempt, wait=wait, **told
                )
                await asyncio.sleep(wait)
                await self._replace_refused()
                left = again(left, await self._send(left))
        finally:
            self._retrying -= 1

    async def _replace_refused(self) -> None:
        """Connect anew where the producer will never send again: it numbers its records, and once Kafka has refused a
        number, such as after a batch that ran out of time on a broker that was away, it refuses all that follow. A new
        producer begins to count anew."""
        async with self._replacing:
            producer = self._producer
            assert producer is not None, "the outbox has not started"  # noqa: S101
            if producer is not self._refused and not producer._sender.sender_task.done():
                return
            log.warning("Kafka refuses what this producer sends, connecting anew")
            try:
                self._producer = await self._connected()
            except KafkaError as error:
                log.warning("no new producer yet", error=repr(error))
                return
        # What others have under way ends with it, one way or the other, and they send it again with the new one.
        ending = asyncio.create_task(producer.stop())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    async def _send(self, records: Sequence[Outgoing]) -> list[Outgoing]:
        """Send all, and give back those that failed."""
        producer = self._producer
        assert producer is not None, "the outbox has not started"  # noqa: S101
        pending = []
        failed: list[Outgoing] = []
        for record in records:
            try:
                topic = topic_name(record.topic, self._settings.topics)
                future = await producer.send(
                    topic,
                    value=record.value,
                    key=record.key,
                    partition=await _partition(producer, topic, record.partition),
                    headers=list(record.headers),
                )
                pending.append((record, future))
            except MessageSizeTooLargeError:
                raise TooLargeError(record) from None
            except KafkaError as error:
                self._failed(failed, record, error, producer)
        outcomes = await asyncio.gather(*(future for _, future in pending), return_exceptions=True)
        delivered: Counter[str] = Counter()
        for (record, _), outcome in zip(pending, outcomes, strict=True):
            if isinstance(outcome, MessageSizeTooLargeError):
                raise TooLargeError(record)
            if isinstance(outcome, KafkaError):
                self._failed(failed, record, outcome, producer)
            elif isinstance(outcome, BaseException):
                raise outcome
            else:
                delivered[record.topic.name] += 1
        for topic, count in delivered.items():
            self._metrics.events_out.labels(topic).inc(count)
        return failed

    def _failed(
        self, failed: list[Outgoing], record: Outgoing, error: KafkaError, producer: AIOKafkaProducer
    ) -> None:
        failed.append(record)
        topic = topic_name(record.topic, self._settings.topics)
        self._lacking = refusal(error, "Write", topic=topic) or self._lacking
        if isinstance(error, REFUSALS):
            self._refused = producer


async def _partition(producer: AIOKafkaProducer, topic: str, wanted: int | None) -> int | None:
    if wanted is None:
        return None
    return wanted % max(1, len(await producer.partitions_for(topic)))
