"""The takedowns as a look back holds them: all of them to match by, and those of the topic's tail to look back for.

How far that is done is committed to Kafka under a group of the shard's own, without a member in it: partitions are
not shared out, so there is no rebalance.
"""

from time import monotonic
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from connectors.kafka_refusal import refusal
from streams.bank.takedown_index import TakedownIndex
from streams.engine.takedown_bank import TakedownBank
from streams.kafka_clients.kafka_options import client_options
from streams.lookback.metrics import LookbackMetrics
from streams.lookback.plan import LookbackPlan
from streams.lookback.recent_listings import Shard
from streams.settings import Settings
from streams.topics import workers_group

log = structlog.get_logger(__name__)

COMMIT_AGAIN_SECONDS = 3600.0
"""A broker forgets what was committed a week ago and not again (`offsets.retention.minutes`)."""


def lookback_group(settings: Settings, shard: Shard) -> str:
    """The group under which a shard commits."""
    return f"{workers_group(settings)}-lookback-{shard[0]}-of-{shard[1]}"


class LookbackTakedowns(TakedownIndex):
    """A `TakedownIndex` that notes in the plan what is not looked back for yet."""

    def __init__(
        self,
        settings: Settings,
        bank: TakedownBank,
        plan: LookbackPlan,
        shard: Shard,
        metrics: LookbackMetrics,
        **kwargs: Any,
    ) -> None:
        super().__init__(settings, bank, metrics, **kwargs)
        self._plan = plan
        self._group = lookback_group(settings, shard)
        self._committer: AIOKafkaConsumer | None = None
        self._committed: dict[int, int] = {}
        self._committed_at = monotonic()

    async def load(self, consumer: AIOKafkaConsumer) -> None:
        """Find out how far the look back is, and load the takedowns."""
        partitions = sorted(consumer.assignment())
        self._committer = AIOKafkaConsumer(
            **client_options(self.settings.kafka), group_id=self._group, enable_auto_commit=False
        )
        await self._committer.start()
        self._committer.assign(partitions)
        for one in partitions:
            self._committed[one.partition] = await self._committer.committed(one) or 0
        self._topic = partitions[0].topic if partitions else ""
        await super().load(consumer)
        log.info("takedowns to look back for", takedowns=len(self._plan), group=self._group)

    async def commit(self) -> None:
        """Commit what is done; where the broker does not take it, the next call does."""
        done = dict(self._plan.commits())
        if self._committer is None or not done:
            return
        if (
            done.items() <= self._committed.items()
            and monotonic() - self._committed_at < COMMIT_AGAIN_SECONDS
        ):
            return
        try:
            await self._committer.commit({TopicPartition(self._topic, one): at for one, at in done.items()})
        except KafkaError as error:
            told = refusal(error, "Read", group=self._group) or repr(error)
            log.warning("not committed, it will be with the next", error=told)
            return
        self._committed |= done
        self._committed_at = monotonic()

    async def on_stop(self) -> None:
        """As a worker's, and leave the group."""
        await super().on_stop()
        if self._committer is not None:
            await self._committer.stop()

    async def _load_snapshot(self, consumer: AIOKafkaConsumer, ends: dict[Any, int]) -> int:
        held = await super()._load_snapshot(consumer, ends)
        # A snapshot may hold takedowns that are not looked back for yet: they are read again.
        for one in ends:
            committed = self._committed.get(one.partition, 0)
            if await consumer.position(one) > committed:
                first = (await consumer.beginning_offsets([one]))[one]
                consumer.seek(one, max(committed, first))
        return held

    def _apply(self, record: ConsumerRecord) -> None:
        super()._apply(record)
        if record.offset < self._committed.get(record.partition, 0):
            return
        key = (record.key or b"").decode("utf-8", "replace")
        self._plan.note(
            key, record.partition, record.offset,
            withdrawn=record.value is None or key not in self.bank.takedowns,
            arrived_at=record.timestamp / 1000, now=monotonic(),
        )  # fmt: skip
