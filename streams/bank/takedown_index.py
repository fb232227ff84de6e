"""Every match worker's copy of the takedowns: read from the compacted topic before the first listing is seen.

It starts where the worker's own snapshot ends, if there is one (`streams.bank.snapshot`).
"""

import asyncio
import gc
import math
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from connectors.codec import Codec, RecordError
from streams.bank.snapshot import BankSnapshots
from streams.engine.print_algorithms import RUNBOOK, OtherVersionError, unlike
from streams.engine.takedown_bank import TakedownBank
from streams.kafka_clients.followed_topic import FollowedTopic
from streams.kafka_clients.topic_admin import BrokerUnavailableError
from streams.kafka_clients.topic_identity import identify, tombstones_kept
from streams.metrics.metrics import Metrics
from streams.records import TakedownFingerprint
from streams.settings import Settings
from streams.topics import TAKEDOWN_FINGERPRINTS, topic_name

log = structlog.get_logger(__name__)

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


def _of_other_versions(topic: str, bank: TakedownBank) -> str:
    """What to say of a topic whose takedowns would be missed."""
    told = (unlike(each.prints.algorithms) for each in bank.takedowns.values())
    other = next(each for each in told if each is not None)
    return (
        f"{bank.stale} of {len(bank)} takedowns on {topic} have fingerprints of another version ({other}): "
        f"listings cannot be compared with them. Nothing was taken. How the version is changed: {RUNBOOK}"
    )


class TakedownIndex(FollowedTopic):
    """Keeps a `TakedownBank` in step with `takedown-fingerprints`."""

    topic = TAKEDOWN_FINGERPRINTS
    reader = "takedown-index"

    def __init__(self, settings: Settings, bank: TakedownBank, metrics: Metrics, **kwargs: Any) -> None:
        super().__init__(settings, metrics, **kwargs)
        self.bank = bank
        # Fields that this program does not know are left out, here without a second look for them.
        self._codec = Codec(TakedownFingerprint, ours=True)
        self._snapshots: BankSnapshots | None = None
        metrics.index_size.labels("takedowns").set_function(lambda: len(bank))
        metrics.index_size.labels("titles").set_function(lambda: len(bank.titles))
        metrics.index_size.labels("photos").set_function(lambda: len(bank.photos))
        metrics.index_size.labels("stale").set_function(lambda: bank.stale)
        metrics.index_age.set_function(lambda: self.age)

    @property
    def age(self) -> float:
        """Seconds since the broker last answered."""
        return monotonic() - self.heard

    @property
    def snapshot_age(self) -> float:
        """Seconds since the newest snapshot held all takedowns; not a number without one."""
        return math.nan if self._snapshots is None else self._snapshots.age

    def take_in(self, key: str, value: bytes | None) -> None:
        """Hold the takedown, or withdraw it.

        Raises:
            ValueError: the record is no takedown's fingerprint, or one that cannot be compared here; it is left out,
                and what was held under its key stays.
        """
        if value is None:
            self.bank.withdraw(key)
            return
        fingerprint: TakedownFingerprint = self._codec.decode(value).record
        if self.loaded and (other := unlike(fingerprint.prints.algorithms)) is not None:
            raise RecordError("unlike-fingerprint", f"{other}: see {RUNBOOK}")
        self.bank.put(fingerprint)

    async def on_stop(self) -> None:
        """Write a last snapshot if the broker answers, and leave the topic."""
        if self.consumer is not None and self._snapshots is not None:
            if self.following is not None:
                await asyncio.wait({self.following}, timeout=LAST_LOOK_SECONDS)
                if self.following.done():
                    await self._last_snapshot(self.consumer, self._snapshots)
            await self._snapshots.close()
        await super().on_stop()

    async def prepare(self) -> None:
        """Look for a snapshot of this topic."""
        if not self.settings.worker.snapshot_minutes:
            return
        topic = topic_name(TAKEDOWN_FINGERPRINTS, self.settings.topics)
        try:
            identity = await asyncio.to_thread(identify, self.settings, topic)
        except BrokerUnavailableError as error:
            log.warning("no snapshots of the takedowns", error=str(error))
            return
        kept = await asyncio.to_thread(tombstones_kept, self.settings, topic)
        self._snapshots = BankSnapshots(self.settings, self.bank, self.metrics, identity, kept)
        await asyncio.to_thread(self._snapshots.open)

    async def load(self, consumer: AIOKafkaConsumer) -> None:
        """Fill the bank from the snapshot and what the topic holds since."""
        started = monotonic()
        ends = await consumer.end_offsets(consumer.assignment())
        # All that is loaded stays: looking through it again and again for garbage was 40% of the load.
        with collector_paused():
            held = await self._load_snapshot(consumer, ends)
            from_snapshot = monotonic() - started
            rows = await (self.read_to(consumer, ends, held) if held else self._fill(consumer, ends))
            self.bank.photos.settle()
        if self.bank.stale:
            topic = topic_name(TAKEDOWN_FINGERPRINTS, self.settings.topics)
            raise OtherVersionError(_of_other_versions(topic, self.bank))
        log.info("takedowns loaded", rows=rows, takedowns=len(self.bank), photos=len(self.bank.photos),
                 seconds=round(monotonic() - started, 2), snapshot_seconds=round(from_snapshot, 2))  # fmt: skip
        if self._snapshots is not None:
            self._snapshots.loaded(rows)

    async def _fill(self, consumer: AIOKafkaConsumer, ends: dict[Any, int]) -> int:
        """Take in the whole topic, the words of all its titles counted at once."""
        self.bank.begin_filling()
        rows = await self.read_to(consumer, ends)
        # Health checks are answered meanwhile.
        await asyncio.to_thread(self.bank.finish_filling)
        return rows

    async def after_taking(self, consumer: AIOKafkaConsumer) -> None:
        """Write a snapshot when one is due."""
        if self._snapshots is not None and self._snapshots.due:
            await self._snapshots.write(*await self.caught_up(consumer))

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

    async def _last_snapshot(self, consumer: AIOKafkaConsumer, snapshots: BankSnapshots) -> None:
        await snapshots.finished()
        # Where a record could not be put into the bank, the positions say more than it holds.
        if not (self.loaded and self.in_step):
            return
        try:
            held = await asyncio.wait_for(self.caught_up(consumer), LAST_LOOK_SECONDS)
        except (KafkaError, TimeoutError) as error:
            log.info("no last snapshot: the broker does not answer", error=repr(error))
            return
        await snapshots.write(*held)
