"""A shard's recent listings, kept in step with `fingerprints`: its share of the partitions, for as long as it lives."""

import asyncio
import uuid
from time import monotonic, time
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from connectors.codec import Codec, RecordError
from streams.kafka_clients.followed_topic import FollowedTopic
from streams.kafka_clients.topic_admin import BrokerUnavailableError
from streams.kafka_clients.topic_identity import TopicIdentity, identify
from streams.logs import key_text
from streams.lookback.listing_store import ListingStore
from streams.lookback.metrics import LookbackMetrics
from streams.records import ListingFingerprint
from streams.settings import Settings
from streams.topics import FINGERPRINTS, topic_name

log = structlog.get_logger(__name__)

SAVE_SECONDS = 10.0
"""Of listings that a crash makes it read again."""
TIDY_SECONDS = 60.0
REACH_SECONDS = 0.02

Shard = tuple[int, int]
"""Number, from 1, and of how many."""


def partitions_of(shard: Shard, partitions: set[int]) -> list[int]:
    """The partitions whose listings are this shard's: a fixed share, so that nothing moves between processes."""
    return sorted(one for one in partitions if one % shard[1] == shard[0] - 1)


class RecentListings(FollowedTopic):
    """Keeps a `ListingStore` in step with this shard's partitions."""

    topic = FINGERPRINTS
    reader = "recent-listings"

    def __init__(
        self, settings: Settings, store: ListingStore, shard: Shard, metrics: LookbackMetrics, **kwargs: Any
    ) -> None:
        super().__init__(settings, metrics, **kwargs)
        self.store = store
        self._shard = shard
        self._codec = Codec(ListingFingerprint, ours=True)
        self._identity: TopicIdentity | None = None
        self._mine: list[TopicPartition] = []
        self.scanned = asyncio.Lock()
        """Held while a pass reads the store: meanwhile no segment is written anew."""
        self._saved = self._tidied = monotonic()
        metrics.listings.set_function(lambda: len(store))
        metrics.listing_photos.set_function(lambda: store.photos)
        metrics.store_bytes.set_function(lambda: store.disk_bytes)

    def take_in(self, key: str, value: bytes | None) -> None:
        """Not used: what is taken in has a time, too."""
        raise NotImplementedError

    @property
    def partitions(self) -> tuple[int, ...]:
        """Those of this shard; none before they are known."""
        return tuple(one.partition for one in self._mine)

    async def prepare(self) -> None:
        """Find out which topic it is."""
        name = topic_name(FINGERPRINTS, self.settings.topics)
        try:
            self._identity = await asyncio.to_thread(identify, self.settings, name)
        except BrokerUnavailableError as error:
            log.warning("what is stored of the listings cannot be trusted", error=str(error))
            self._identity = TopicIdentity("", name, uuid.uuid4().hex)

    async def load(self, consumer: AIOKafkaConsumer) -> None:
        """Take up what is stored, and read on from there."""
        assert self._identity is not None  # noqa: S101  prepared before
        started = monotonic()
        name = topic_name(FINGERPRINTS, self.settings.topics)
        partitions = consumer.partitions_for_topic(name) or set()
        self._mine = [TopicPartition(name, one) for one in partitions_of(self._shard, partitions)]
        if not self._mine:
            log.warning("no partitions for this shard", shard=self._shard, partitions=len(partitions))
            return
        consumer.unsubscribe()
        consumer.assign(self._mine)
        ends = await consumer.end_offsets(self._mine)
        offsets = self.store.open_at(self._identity, {one.partition: end for one, end in ends.items()})
        stored = len(self.store)
        for one in self._mine:
            if one.partition in offsets:
                consumer.seek(one, offsets[one.partition])
        rows = await self.read_to(consumer, ends, sum(offsets.values()))
        await self._save(consumer)
        log.info("recent listings loaded", stored=stored, rows=rows, listings=len(self.store),
                 seconds=round(monotonic() - started, 2))  # fmt: skip

    async def after_taking(self, consumer: AIOKafkaConsumer) -> None:
        """Save now and then, and drop what is too old."""
        if self.store.unsaved and monotonic() - self._saved > SAVE_SECONDS:
            await self._save(consumer)
        if monotonic() - self._tidied > TIDY_SECONDS and not self.scanned.locked():
            self._tidied = monotonic()
            async with self.scanned:
                left = await asyncio.to_thread(self.store.tidy, await self._positions(consumer), time())
            if left:
                log.info("listings left out that are old or came again", listings=left)

    async def reach_end(self) -> None:
        """Return when all is in the store that the topic holds now.

        Raises:
            KafkaError: the broker does not say where the topic ends.
            RuntimeError: the topic is not followed any more.
        """
        consumer = self.consumer
        assert consumer is not None  # noqa: S101  started before
        if not self._mine:
            return
        ends = await consumer.end_offsets(self._mine)
        while not self.should_stop and not (self.in_step and not await self._is_behind(consumer, ends)):
            if self.following is None or self.following.done():
                raise RuntimeError(f"{self.topic.name} is not followed any more")
            await self.sleep(REACH_SECONDS)

    async def on_stop(self) -> None:
        """Save, and leave the topic."""
        if self.consumer is not None and self.following is not None and self._mine:
            await asyncio.wait({self.following}, timeout=5.0)
            if self.following.done() and self.in_step:
                await self._save(self.consumer)
        await super().on_stop()
        self.store.close()

    async def _save(self, consumer: AIOKafkaConsumer) -> None:
        await asyncio.to_thread(self.store.save, await self._positions(consumer))
        self._saved = monotonic()

    async def _positions(self, consumer: AIOKafkaConsumer) -> dict[int, int]:
        return {one.partition: await consumer.position(one) for one in self._mine}

    def _apply(self, record: ConsumerRecord) -> None:
        if record.value is None:
            return
        try:
            fingerprint = self._codec.decode(record.value).record
        except RecordError as error:
            self.metrics.dead_letters.labels(self.reader, error.kind).inc()
            log.error(f"no {self.topic.holds}, left out", key=key_text(record.key), error=str(error))
            return
        self.metrics.events_in.labels(FINGERPRINTS.name).inc()
        self.store.append(fingerprint, record.timestamp / 1000)
