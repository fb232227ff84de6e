"""What one worker is made of, by what the settings say that it does: everything, only fingerprints, or one shard.

- *Everything*: listings and takedowns to fingerprints, and fingerprints against all takedowns.
- *Fingerprints only*: the first hop, in the same consumer group, beside shards.
- *A shard*: matching against its share of the takedowns, in a consumer group of its own.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from mode import Service

from streams.bank.takedown_index import TakedownIndex
from streams.engine.takedown_bank import TakedownBank
from streams.kafka_clients.followed_topic import FollowedTopic
from streams.kafka_clients.outbox import Outbox
from streams.metrics.metrics import Metrics
from streams.photos.fetch import PhotoFetcher
from streams.photos.keeper import PhotoKeeper
from streams.photos.pool import PhotoPool
from streams.photos.reader import PhotoReader
from streams.photos.store import open_store
from streams.policy.policy_file import rules_of
from streams.settings import Settings
from streams.sharding.answer_reader import AnswerReader
from streams.sharding.stages import AnswerListings, GatherListings
from streams.sharding.start import ShardStart
from streams.shards import Shard, read_shard, shard_group
from streams.stages.fingerprint import FingerprintListings, FingerprintTakedowns
from streams.stages.match import MatchListings
from streams.stages.stage import Stage
from streams.topics import FINGERPRINTS, topic_name, workers_group
from streams.usable_cores import usable_cores
from streams.verdicts.feed import VerdictFeed
from streams.verdicts.flood_guard import FloodGuard
from streams.worker.start_together import StartTogether

LATE_SECONDS = 15.0
"""Of waiting for another shard's answers, after which the worker that gathers is not ready any more."""


@dataclass(frozen=True, slots=True)
class Group:
    """What the parts ask of the worker in its consumer group. `assigned`: the topics' names and partitions that it has;
    `ends`: whether it is being ended."""

    assigned: Callable[[], set[tuple[str, int]]]
    ends: Callable[[], bool]


class PhotoService(Service):  # type: ignore[misc]
    """Starts and stops the fetcher, the keeper and the pool of photo processes."""

    def __init__(self, contexts: Iterable[Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._contexts = contexts

    async def on_start(self) -> None:
        """Spawn the children."""
        for context in self._contexts:
            await self.add_async_context(context)


@dataclass(slots=True)
class Parts:
    """`services` start in this order before Faust's own; `held` are those of them that must be loaded first.
    `component`: by which its rights on Kafka are known."""

    component: str
    outbox: Outbox
    services: list[Service]
    stages: list[Stage]
    held: list[FollowedTopic] = field(default_factory=list)
    index: TakedownIndex | None = None
    answers: AnswerReader | None = None
    start: ShardStart | None = None

    def waits(self) -> bool:
        """Whether what is in hand cannot go on just now for want of Kafka or of another shard."""
        return self.outbox.waits or (self.answers is not None and self.answers.waits)

    def begins(self) -> str | None:
        """Why its shard has not begun; None where it has, or there is none."""
        return (
            "its shard's group has no beginning yet"
            if self.start is not None and not self.start.begun
            else None
        )

    def waits_for(self) -> str | None:
        """For which shards it has waited too long; None where there are none."""
        return None if self.answers is None else self.answers.waits_for(LATE_SECONDS)


def shard_of_settings(settings: Settings) -> Shard | None:
    """The share of the takedowns that this worker holds; None is all of them, or none for want of matching."""
    return read_shard(settings.worker.shard) if settings.worker.shard else None


def group_of(settings: Settings) -> str:
    """The worker's consumer group."""
    shard = shard_of_settings(settings)
    group = workers_group(settings)
    return group if shard is None else shard_group(group, shard)


def component_of(settings: Settings) -> str:
    """By which name its rights are known (`streams.rights.topic_rights`)."""
    return "worker" if shard_of_settings(settings) is None else "shard"


def parts_of(settings: Settings, metrics: Metrics, group: Group) -> Parts:
    """The worker's parts, not started."""
    shard = shard_of_settings(settings)
    outbox = Outbox(settings, metrics)
    # Photo processes load their libraries while the takedowns are read.
    beside: list[Service] = []
    parts = Parts(component_of(settings), outbox, [outbox, StartTogether(beside)], [])
    if shard is None:
        photos, *contexts = photo_parts(settings, metrics)
        beside.append(PhotoService(contexts))
        parts.stages += [
            FingerprintListings(outbox, metrics, photos),
            FingerprintTakedowns(outbox, metrics, photos),
        ]
    if settings.worker.only == "everything":
        beside += _add_matching(parts, settings, metrics, shard, group)
    return parts


def _add_matching(
    parts: Parts, settings: Settings, metrics: Metrics, shard: Shard | None, group: Group
) -> tuple[Service, ...]:
    """What has to be loaded before, to be started beside what else the worker needs."""
    bank = TakedownBank(stage=metrics.timed_match, shard=shard)
    rules = rules_of(settings.match)
    guard = FloodGuard(settings.match.flood_listings, settings.match.flood_minutes)
    verdicts = VerdictFeed(settings, rules.allowed, guard, metrics)
    parts.index = TakedownIndex(settings, bank, metrics)
    parts.held = [parts.index, verdicts]
    first = (verdicts, parts.index)
    if shard is None:
        parts.stages.append(MatchListings(parts.outbox, metrics, bank, rules, guard))
        return first
    metrics.shard.labels(str(shard.number), str(shard.of)).set(shard.of)
    parts.start = ShardStart(settings, shard)
    # When the takedowns are there, so that no listing waits for them.
    parts.services.append(parts.start)
    if not shard.gathers:
        parts.stages.append(AnswerListings(parts.outbox, metrics, bank, rules, shard))
        return first
    name = topic_name(FINGERPRINTS, settings.topics)
    parts.answers = AnswerReader(
        settings,
        shard,
        metrics,
        assigned=lambda: {number for topic, number in group.assigned() if topic == name},
        ends=group.ends,
    )
    parts.services.append(parts.answers)
    parts.stages.append(GatherListings(parts.outbox, metrics, bank, rules, guard, answers=parts.answers))
    return first


def photo_parts(
    settings: Settings, metrics: Metrics
) -> tuple[PhotoReader, PhotoFetcher, PhotoKeeper, PhotoPool]:
    """What reads photos, and the three contexts that it needs open."""
    fetcher = PhotoFetcher(settings.photos)
    pool = PhotoPool(
        settings.worker.photo_processes or usable_cores(),
        settings.worker.photo_item_timeout,
        max_pixels=settings.photos.max_pixels,
        # A machine that cannot start a process is no listing's fault: it waits, as for a broker that is away, until
        # /livez says that nothing gets on.
        patience=math.inf,
    )
    keeper = PhotoKeeper(open_store(settings), metrics)
    photos = PhotoReader(
        fetcher,
        pool,
        metrics,
        max_bytes=settings.photos.max_bytes,
        keeper=keeper,
        held_bytes=settings.worker.buffer_bytes,
        fetches=settings.photos.fetch_concurrency,
    )
    return photos, fetcher, keeper, pool
