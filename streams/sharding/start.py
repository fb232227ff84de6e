"""Where a new set of shards begins: where the sets before it are, so that the number of shards can change at any time.

Each number of shards has groups of its own, so the new set runs beside the old one until that is ended. The shard that
gathers makes the beginning for all: its own group is the last to have one. So whatever it has to gather, the others
begin no later; and since a set's gatherer commits a listing only when its alerts are acknowledged, nothing lies between
the old set's end and the new one's beginning.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from kafka import TopicPartition
from kafka.admin import KafkaAdminClient
from mode import Service

from streams.kafka_clients.group_places import PlacesRefusedError, places_in, set_places
from streams.kafka_clients.topic_admin import BrokerUnavailableError, administration
from streams.kafka_clients.topic_partitions import first_offsets, partitions_of_topic
from streams.settings import Settings
from streams.shards import GATHERS, Shard, shard_group, shard_of_group, shards_of
from streams.topics import FINGERPRINTS, topic_name, workers_group

log = structlog.get_logger(__name__)

AGAIN_SECONDS = 0.5
SAY_SECONDS = 10.0
NO_PATIENCE = 0.0
"""The worker asks again by itself, and looks in between whether it is to stop."""

Offsets = Mapping[TopicPartition, int]


def where_to_begin(sets: Iterable[Offsets], beginnings: Offsets) -> dict[TopicPartition, int]:
    """For each partition how far the furthest set's gatherer is, at least the topic's beginning. Pure.

    The furthest: a set that was ended long ago stands where it was. What lies before it, the furthest has dealt with.
    """
    every = list(sets)
    return {
        place: max([begins, *(offsets[place] for offsets in every if place in offsets)])
        for place, begins in beginnings.items()
    }


def begin(settings: Settings, shard: Shard) -> bool:
    """Whether the shard's group has a place to go on from on every partition. The gatherer's gives one to all groups of
    its set that have none, its own last.

    Raises:
        BrokerUnavailableError: no broker answers, or it refuses.
    """
    group = workers_group(settings)
    with administration(settings) as admin:
        name = topic_name(FINGERPRINTS, settings.topics)
        partitions = partitions_of_topic(admin, name)
        if not _lacking(admin, shard_group(group, shard), partitions):
            return True
        if not shard.gathers:
            return False
        for each in (*shard.others, shard):
            if lacking := _lacking(admin, shard_group(group, each), partitions):
                # Asked for anew each time: the last, the gatherer's, must not lie before another's.
                start = _start(admin, group, shard.of, lacking)
                _commit(admin, shard_group(group, each), start)
        return not _lacking(admin, shard_group(group, shard), partitions)


def gathering_groups(admin: KafkaAdminClient, group: str) -> list[str]:
    """The groups, of any number of shards, whose commits say which listings were matched against all takedowns: those
    that this client may see."""
    names = (str(each["group_id"]) for each in admin.list_groups())
    shards = {name: shard_of_group(name, group) for name in names}
    return sorted(name for name, shard in shards.items() if shard is not None and shard.gathers)


def _start(
    admin: KafkaAdminClient, group: str, of: int, partitions: list[TopicPartition]
) -> dict[TopicPartition, int]:
    sets = [
        group,
        *(each for each in gathering_groups(admin, group) if each != shard_group(group, Shard(GATHERS, of))),
    ]
    return where_to_begin(
        (places_in(admin, each, partitions, patience=NO_PATIENCE) for each in sets),
        first_offsets(admin, partitions),
    )


def _lacking(admin: KafkaAdminClient, group: str, partitions: list[TopicPartition]) -> list[TopicPartition]:
    committed = places_in(admin, group, partitions, patience=NO_PATIENCE)
    return [place for place in partitions if place not in committed]


def _commit(admin: KafkaAdminClient, group: str, start: Offsets) -> None:
    try:
        set_places(admin, group, start, patience=NO_PATIENCE)
    except PlacesRefusedError as error:
        # Such as another worker of this shard that was faster: the next look says.
        log.warning("a group of shards cannot begin yet", group=group, why=str(error))
    else:
        log.info("a group of shards begins", group=group,
                 offsets={place.partition: offset for place, offset in start.items()})  # fmt: skip


class ShardStart(Service):  # type: ignore[misc]
    """Lets the worker go on when its shard's group has a beginning; it starts before Faust's own consumer."""

    def __init__(self, settings: Settings, shard: Shard, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._settings, self._shard = settings, shard
        self.begun = False

    async def on_start(self) -> None:
        """Wait for the beginning, or make it."""
        waited = 0.0
        while not self.should_stop:
            try:
                self.begun = await asyncio.to_thread(begin, self._settings, self._shard)
            except BrokerUnavailableError as error:
                log.warning("waiting for the broker", error=str(error))
            if self.begun:
                return
            if waited % SAY_SECONDS == 0 and not self._shard.gathers:
                first = shards_of(self._shard.of)[GATHERS - 1]
                log.info(f"waiting for a worker of shard {first}, which makes the beginning")
            waited += AGAIN_SECONDS
            await self.sleep(AGAIN_SECONDS)
