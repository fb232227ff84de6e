"""Every match worker's copy of the takedowns: read from the compacted topic before the first listing is seen.

A consumer without a group reads all partitions from the start, then follows. It starts before Faust's own
consumer, and mode waits for `on_start`, so no listing is matched against a half-filled bank.
"""

import asyncio
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.errors import KafkaError
from mode import Service

from connectors.codec import Codec, RecordError
from streams.kafka_options import client_options
from streams.metrics import Metrics
from streams.records import TakedownFingerprint
from streams.settings import Settings
from streams.takedown_bank import TakedownBank
from streams.topics import TAKEDOWN_FINGERPRINTS, topic_name

log = structlog.get_logger(__name__)

POLL_MS = 200
LOAD_BATCH = 2000
"""Rows put into the bank between two turns of the event loop."""
PROGRESS_SECONDS = 1.0


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
        await self._consumer.start()
        await self._load(self._consumer)
        self.loaded = True
        self.add_future(self._follow(self._consumer))

    async def on_stop(self) -> None:
        """Leave the topic."""
        if self._consumer is not None:
            await self._consumer.stop()

    async def _load(self, consumer: AIOKafkaConsumer) -> None:
        started = said = monotonic()
        ends = await consumer.end_offsets(consumer.assignment())
        rows = 0
        # All that is loaded stays: looking through it again and again for garbage was 40% of the load.
        with collector_paused():
            while await self._is_behind(consumer, ends):
                rows += await self._take(consumer)
                if monotonic() - said > PROGRESS_SECONDS:
                    said = monotonic()
                    log.info("loading takedowns", rows=rows, of=sum(ends.values()))
        log.info("takedowns loaded", rows=rows, takedowns=len(self.bank), photos=len(self.bank.photos),
                 seconds=round(monotonic() - started, 2))  # fmt: skip

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
            except KafkaError as error:
                log.warning("takedown index waits for the broker", error=repr(error))
                await asyncio.sleep(1.0)

    async def _take(self, consumer: AIOKafkaConsumer) -> int:
        batches = await consumer.getmany(timeout_ms=POLL_MS, max_records=LOAD_BATCH)
        self._heard = monotonic()
        rows = 0
        for records in batches.values():
            for record in records:
                self._apply(record)
            rows += len(records)
            await asyncio.sleep(0)
        return rows

    def _apply(self, record: ConsumerRecord) -> None:
        takedown_id = (record.key or b"").decode("utf-8", "replace")
        if record.value is None:
            self.bank.withdraw(takedown_id)
            return
        try:
            self.bank.put(self._codec.decode(record.value).record)
        except RecordError as error:
            # Written by our own agent, so it is a newer program's record: said and counted, not fatal.
            self._metrics.dead_letters.labels("takedown-index", error.kind).inc()
            log.error("takedown fingerprint not understood, left out", takedown=takedown_id, error=str(error))
