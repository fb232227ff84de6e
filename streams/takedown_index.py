"""Every match worker's copy of the takedowns: read from the compacted topic before the first listing is seen.

A consumer without a group reads all partitions, from where a snapshot ends or from their start, then follows. It
starts before Faust's own consumer, and mode waits for `on_start`, so no listing is matched against a half-filled
bank.
"""

import asyncio
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, time
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.errors import KafkaError
from mode import Service

from connectors.codec import Codec, RecordError
from streams.bank_snapshot import BankSnapshots
from streams.kafka_options import client_options
from streams.metrics import Metrics
from streams.records import TakedownFingerprint
from streams.settings import Settings
from streams.takedown_bank import TakedownBank
from streams.topic_admin import BrokerUnavailableError
from streams.topic_identity import identify
from streams.topics import TAKEDOWN_FINGERPRINTS, topic_name

log = structlog.get_logger(__name__)

POLL_MS = 200
LOAD_BATCH = 2000
"""Rows put into the bank between two turns of the event loop."""
PROGRESS_SECONDS = 1.0
LAST_LOOK_SECONDS = 5.0
"""How long the broker may take at an orderly stop to say where the topic ends."""


@contextmanager
def collector_paused() -> Iterator[None]:
    """No garbage collection inside, and what was made inside is never looked through afterwards."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


class TakedownIndex(Service):  # type: ignore[misc]
    """Keeps a `TakedownBank` in step with `takedown-fingerprints`."""

    def __init__(self, settings: Settings, bank: TakedownBank, metrics: Metrics, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bank = bank
        self.loaded = False
        self._settings = settings
        self._metrics = metrics
        self._codec = Codec(TakedownFingerprint)
        self._heard = monotonic()
        self._consumer: AIOKafkaConsumer | None = None
        self._snapshots: BankSnapshots | None = None
        self._following: asyncio.Future[None] | None = None
        self._in_step = True
        """Whether all that the consumer handed out is in the bank: its positions say what the bank holds."""
        metrics.index_size.labels("takedowns").set_function(lambda: len(bank))
        metrics.index_size.labels("titles").set_function(lambda: len(bank.titles))
        metrics.index_size.labels("photos").set_function(lambda: len(bank.photos))
        metrics.index_size.labels("stale").set_function(lambda: bank.stale)
        metrics.index_age.set_function(lambda: monotonic() - self._heard)

    async def on_start(self) -> None:
        """Load what the topic holds now."""
        self._consumer = AIOKafkaConsumer(
            topic_name(TAKEDOWN_FINGERPRINTS, self._settings.topics),
            **client_options(self._settings.kafka),
            group_id=None,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            max_partition_fetch_bytes=4 * 1024 * 1024,
            metadata_max_age_ms=30_000,
        )
        await asyncio.gather(self._consumer.start(), self._open_snapshots())
        await self._load(self._consumer)
        self.loaded = True
        self._following = self.add_future(self._follow(self._consumer))

    async def on_stop(self) -> None:
        """Write a last snapshot if the broker answers, and leave the topic."""
        if self._consumer is None:
            return
        if self._snapshots is not None:
            if self._following is not None:
                await asyncio.wait({self._following}, timeout=LAST_LOOK_SECONDS)
                if self._following.done():
                    await self._last_snapshot(self._consumer, self._snapshots)
            await self._snapshots.close()
        await self._consumer.stop()

    async def _open_snapshots(self) -> None:
        if not self._settings.worker.snapshot_minutes:
            return
        topic = topic_name(TAKEDOWN_FINGERPRINTS, self._settings.topics)
        try:
            identity, tombstones_kept = await asyncio.to_thread(identify, self._settings, topic)
        except BrokerUnavailableError as error:
            log.warning("no snapshots of the takedowns", error=str(error))
            return
        self._snapshots = BankSnapshots(self._settings, self.bank, self._metrics, identity, tombstones_kept)
        await asyncio.to_thread(self._snapshots.open)

    async def _load(self, consumer: AIOKafkaConsumer) -> None:
        started = said = monotonic()
        ends = await consumer.end_offsets(consumer.assignment())
        rows = 0
        # All that is loaded stays: looking through it again and again for garbage was 40% of the load.
        with collector_paused():
            held = await self._load_snapshot(consumer, ends)
            from_snapshot = monotonic() - started
            while await self._is_behind(consumer, ends):
                rows += await self._take(consumer)
                if monotonic() - said > PROGRESS_SECONDS:
                    said = monotonic()
                    log.info("loading takedowns", rows=rows, of=sum(ends.values()) - held)
            self.bank.photos.settle()
        log.info("takedowns loaded", rows=rows, takedowns=len(self.bank), photos=len(self.bank.photos),
                 seconds=round(monotonic() - started, 2), snapshot_seconds=round(from_snapshot, 2))  # fmt: skip
        if self._snapshots is not None:
            self._snapshots.loaded(rows)

    async def _load_snapshot(self, consumer: AIOKafkaConsumer, ends: dict[Any, int]) -> int:
        """Fill the bank from a snapshot and go on where it ends; how many offsets that leaves out."""
        if self._snapshots is None:
            return 0
        partitions = {one.partition: one for one in ends}
        beginnings = await consumer.beginning_offsets(partitions.values())
        offsets = await asyncio.to_thread(
            self._snapshots.load,
            {one.partition: offset for one, offset in beginnings.items()},
            {one.partition: offset for one, offset in ends.items()},
        )
        for partition, offset in offsets.items():
            consumer.seek(partitions[partition], offset)
        return sum(offsets.values())

    @staticmethod
    async def _is_behind(consumer: AIOKafkaConsumer, ends: dict[Any, int]) -> bool:
        for partition, end in ends.items():
            if end > 0 and await consumer.position(partition) < end:
                return True
        return False

    async def _follow(self, consumer: AIOKafkaConsumer) -> None:
        while not self.should_stop:
            try:
                await self._take(consumer)
                if self._snapshots is not None and self._snapshots.due:
                    await self._snapshots.write(*await self._caught_up(consumer))
            except KafkaError as error:
                log.warning("takedown index waits for the broker", error=repr(error))
                await asyncio.sleep(1.0)

    async def _caught_up(self, consumer: AIOKafkaConsumer) -> tuple[dict[int, int], float]:
        """Take what there is; the offset up to which the bank then holds each partition, and since when there
        was nothing behind it: a record that came later, such as a tombstone, will be read after it."""
        asked = time()
        ends = await consumer.end_offsets(consumer.assignment())
        while await self._is_behind(consumer, ends):
            await self._take(consumer)
        return {one.partition: await consumer.position(one) for one in ends}, asked

    async def _last_snapshot(self, consumer: AIOKafkaConsumer, snapshots: BankSnapshots) -> None:
        await snapshots.finished()
        # Where a record could not be put into the bank, the positions say more than it holds.
        if not (self.loaded and self._in_step):
            return
        try:
            held = await asyncio.wait_for(self._caught_up(consumer), LAST_LOOK_SECONDS)
        except (KafkaError, TimeoutError) as error:
            log.info("no last snapshot: the broker does not answer", error=repr(error))
            return
        await snapshots.write(*held)

    async def _take(self, consumer: AIOKafkaConsumer) -> int:
        batches = await consumer.getmany(timeout_ms=POLL_MS, max_records=LOAD_BATCH)
        self._heard = monotonic()
        rows = 0
        self._in_step = False
        for records in batches.values():
            for record in records:
                self._apply(record)
            rows += len(records)
            await asyncio.sleep(0)
        self._in_step = True
        return rows

    def _apply(self, record: ConsumerRecord) -> None:
        takedown_id = (record.key or b"").decode("utf-8", "replace")
        if record.value is None:
            self.bank.withdraw(takedown_id)
            return
        try:
            self.bank.put(self._codec.decode(record.value).record)
        except ValueError as error:
            # Written by our own agent, so it is a newer program's record: said and counted, not fatal.
            kind = error.kind if isinstance(error, RecordError) else "invalid-record"
            self._metrics.dead_letters.labels("takedown-index", kind).inc()
            log.error("takedown fingerprint not understood, left out", takedown=takedown_id, error=str(error))
