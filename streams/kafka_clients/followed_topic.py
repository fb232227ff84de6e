"""A topic that a worker holds whole: read from its start before the first listing is seen, then followed.

A consumer without a group reads all partitions. It starts before Faust's own consumer, and mode waits for
`on_start`, so no listing is matched against what is half read.
"""

import asyncio
from abc import abstractmethod
from time import monotonic, time
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError
from mode import Service

from connectors.codec import RecordError
from connectors.kafka_refusal import refusal
from streams.kafka_clients.kafka_options import client_options
from streams.logs import key_text
from streams.metrics.metrics import Metrics
from streams.settings import Settings
from streams.topics import TopicSpec, topic_name

log = structlog.get_logger(__name__)

POLL_MS = 200
LOAD_BATCH = 2000
BREATHE_SECONDS = 0.05
"""Taking in between two turns of the event loop, so that health checks are answered: a takedown with photos may take
a millisecond and more."""
PROGRESS_SECONDS = 1.0


class FollowedTopic(Service):  # type: ignore[misc]
    """Reads `topic` and gives each record to `take_in`. `reader`: its name where records are counted."""

    abstract = True
    topic: TopicSpec
    reader: str

    def __init__(self, settings: Settings, metrics: Metrics, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.loaded = False
        self.settings, self.metrics = settings, metrics
        self.heard = monotonic()
        """When the broker last answered."""
        self.in_step = True
        """Whether all that the consumer handed out is taken in: its positions say what is held."""
        self.consumer: AIOKafkaConsumer | None = None
        self.following: asyncio.Future[None] | None = None

    @abstractmethod
    def take_in(self, key: str, value: bytes | None) -> None:
        """Take in one record; None is a tombstone.

        Raises:
            ValueError: it is no such record. That is logged and counted, and not fatal.
        """

    async def prepare(self) -> None:
        """Get ready while the consumer connects."""

    async def load(self, consumer: AIOKafkaConsumer) -> None:
        """Take in what the topic holds now."""
        started = monotonic()
        rows = await self.read_to(consumer, await consumer.end_offsets(consumer.assignment()))
        log.info(f"{self.topic.name} loaded", rows=rows, seconds=round(monotonic() - started, 2))

    async def after_taking(self, consumer: AIOKafkaConsumer) -> None:
        """Called again and again while following."""

    async def on_start(self) -> None:
        """Load what the topic holds now."""
        name = topic_name(self.topic, self.settings.topics)
        self.consumer = AIOKafkaConsumer(
            name,
            **client_options(self.settings.kafka),
            group_id=None,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            max_partition_fetch_bytes=4 * 1024 * 1024,
            metadata_max_age_ms=30_000,
        )
        try:
            await asyncio.gather(self.consumer.start(), self.prepare())
        except UnknownTopicOrPartitionError:
            log.critical(f"there is no topic {name}; make it with: relistwatch topics create")
            raise
        except KafkaError as error:
            if (refused := refusal(error, "Read", topic=name)) is not None:
                log.critical(refused)
            raise
        await self.load(self.consumer)
        self.loaded = True
        self.following = self.add_future(self._follow(self.consumer))

    async def on_stop(self) -> None:
        """Leave the topic."""
        if self.consumer is not None:
            await self.consumer.stop()

    async def read_to(
        self, consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int], held: int = 0
    ) -> int:
        """Take in all before these offsets; how many records that were. `held` of them are there already."""
        said, rows = monotonic(), 0
        while await self._is_behind(consumer, ends):
            rows += await self._take(consumer)
            if monotonic() - said > PROGRESS_SECONDS:
                said = monotonic()
                log.info(f"loading {self.topic.name}", rows=rows, of=sum(ends.values()) - held)
        return rows

    async def caught_up(self, consumer: AIOKafkaConsumer) -> tuple[dict[int, int], float]:
        """Take in what there is; the offset up to which each partition then is, and since when there was nothing
        behind it: a record that came later, such as a tombstone, will be read after it."""
        asked = time()
        ends = await consumer.end_offsets(consumer.assignment())
        while await self._is_behind(consumer, ends):
            await self._take(consumer)
        return {one.partition: await consumer.position(one) for one in ends}, asked

    @staticmethod
    async def _is_behind(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> bool:
        for partition, end in ends.items():
            if end > 0 and await consumer.position(partition) < end:
                return True
        return False

    async def _follow(self, consumer: AIOKafkaConsumer) -> None:
        while not self.should_stop:
            try:
                await self._take(consumer)
                await self.after_taking(consumer)
            except KafkaError as error:
                refused = refusal(error, "Read", topic=topic_name(self.topic, self.settings.topics))
                log.warning(f"{self.topic.name} waits for the broker", error=refused or repr(error))
                await asyncio.sleep(1.0)

    async def _take(self, consumer: AIOKafkaConsumer) -> int:
        batches = await consumer.getmany(timeout_ms=POLL_MS, max_records=LOAD_BATCH)
        self.heard = breathed = monotonic()
        rows = 0
        self.in_step = False
        for records in batches.values():
            for record in records:
                self._apply(record)
                if monotonic() - breathed > BREATHE_SECONDS:
                    await asyncio.sleep(0)
                    breathed = monotonic()
            rows += len(records)
        self.in_step = True
        return rows

    def _apply(self, record: ConsumerRecord) -> None:
        key = key_text(record.key)
        try:
            self.take_in(key, record.value)
        except ValueError as error:
            # Such as a newer program's record: said and counted, not fatal.
            kind = error.kind if isinstance(error, RecordError) else "invalid-record"
            self.metrics.dead_letters.labels(self.reader, kind).inc()
            log.error(f"no {self.topic.holds}, left out", key=key, error=str(error))
