"""How far the workers are behind, exactly: their group's committed offsets against the topics' ends."""

import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from kafka import TopicPartition
from kafka.admin import KafkaAdminClient, OffsetSpec

from connectors.kafka_refusal import hides, lacking, refusal
from streams.kafka_clients.topic_admin import BrokerUnavailableError, administration
from streams.settings import Settings
from streams.sharding.start import gathering_groups
from streams.topics import (
    ALERTS,
    DEAD_LETTERS,
    FINGERPRINTS,
    HEARTBEATS,
    LISTINGS,
    TAKEDOWNS,
    topic_name,
    workers_group,
)

WORKED = (LISTINGS, FINGERPRINTS, TAKEDOWNS)
"""What the workers' group reads."""
COUNTED = (LISTINGS, FINGERPRINTS, ALERTS, DEAD_LETTERS)
"""Whose growth is shown."""
NEEDED = (*WORKED, ALERTS, DEAD_LETTERS, HEARTBEATS)
SHAPE_SECONDS = 30.0
"""Between two looks at how many partitions there are, and at where they begin: both change seldom."""

Place = tuple[str, int]
"""A topic's name without the prefix, and a partition."""


@dataclass(frozen=True, slots=True)
class PartitionLag:
    """One partition of what the workers read. `committed` is None before the group's first commit."""

    begin: int
    end: int
    committed: int | None

    @property
    def lag(self) -> int:
        """Messages that are there and not done."""
        return max(0, self.end - max(self.committed or 0, self.begin))

    @property
    def dropped(self) -> int:
        """Messages that the topic's retention took before a worker read them."""
        return max(0, self.begin - self.committed) if self.committed is not None else 0


@dataclass(frozen=True, slots=True)
class Offsets:
    """One look. `at`: seconds of `time.monotonic`; `sizes`: messages that topics ever held, by name."""

    at: float
    lags: Mapping[Place, PartitionLag]
    sizes: Mapping[str, int]
    missing: tuple[str, ...]

    def lag_by_topic(self) -> dict[str, int]:
        """Messages not done, of each topic."""
        total = {spec.name: 0 for spec in WORKED if spec.name not in self.missing}
        for (topic, _), partition in self.lags.items():
            total[topic] += partition.lag
        return total

    @property
    def lag(self) -> int:
        """All messages that are not done."""
        return sum(partition.lag for partition in self.lags.values())

    @property
    def done(self) -> int:
        """All messages that were ever done."""
        return sum(partition.committed or 0 for partition in self.lags.values())


class OffsetsReader:
    """Asks Kafka through one connection, which is made anew after a failure. For one thread; close it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._open: ExitStack | None = None
        self._admin: KafkaAdminClient | None = None
        self._looked = 0.0
        self._places: dict[Place, TopicPartition] = {}
        self._begins: dict[Place, int] = {}
        self._missing: tuple[str, ...] = ()
        self._gathering: list[str] = []
        """Where the takedowns are divided, the groups that say how far matching is."""

    def read(self) -> Offsets:
        """Look now.

        Raises:
            BrokerUnavailableError: Kafka does not answer, or a right is missing; the next look connects anew.
            KafkaError: it refuses, as it does for a second where no group has met this broker before.
        """
        try:
            return self._read()
        except BaseException as error:
            self.close()
            if (refused := refusal(error, "Describe", group=workers_group(self._settings))) is not None:
                raise BrokerUnavailableError(refused) from error
            raise

    def close(self) -> None:
        """Disconnect."""
        opened, self._open, self._admin, self._looked = self._open, None, None, 0.0
        if opened is not None:
            opened.close()

    def _read(self) -> Offsets:
        admin = self._connected()
        if not self._looked or time.monotonic() - self._looked > SHAPE_SECONDS:
            self._look_at_shape(admin)
        worked = {spec.name for spec in WORKED}
        # Committed offsets first: a message that comes in between is lag and never less than none.
        group = workers_group(self._settings)
        committed: dict[TopicPartition, Any] = dict(admin.list_group_offsets({group: None}).get(group, {}))
        for each in self._gathering:
            _further(committed, admin.list_group_offsets({each: None}).get(each, {}))
        ends = self._offsets(admin, self._places, OffsetSpec.LATEST)
        lags = {
            place: PartitionLag(self._begins[place], ends[place], _offset(committed.get(partition)))
            for place, partition in self._places.items()
            if place[0] in worked
        }
        sizes: dict[str, int] = {}
        for (topic, _), end in ends.items():
            sizes[topic] = sizes.get(topic, 0) + end
        return Offsets(time.monotonic(), lags, sizes, self._missing)

    def _connected(self) -> KafkaAdminClient:
        if self._admin is None:
            self._open = ExitStack()
            self._admin = self._open.enter_context(administration(self._settings))
        return self._admin

    def _look_at_shape(self, admin: KafkaAdminClient) -> None:
        names = {topic_name(spec, self._settings.topics): spec.name for spec in NEEDED}
        described = {topic["name"]: topic for topic in admin.describe_topics(sorted(names))}
        if hidden := [name for name, topic in described.items() if hides(topic)]:
            raise BrokerUnavailableError(lacking("Describe", f"topic {', '.join(sorted(hidden))}"))
        existing = {name for name, topic in described.items() if topic["partitions"]}
        self._missing = tuple(sorted(name for topic, name in names.items() if topic not in existing))
        counted = {spec.name for spec in (*WORKED, *COUNTED)}
        self._places = {
            (names[topic["name"]], partition["partition_index"]): TopicPartition(
                topic["name"], partition["partition_index"]
            )
            for topic in described.values()
            for partition in topic["partitions"]
            if names[topic["name"]] in counted
        }
        self._begins = self._offsets(admin, self._places, OffsetSpec.EARLIEST)
        self._gathering = gathering_groups(admin, workers_group(self._settings))
        # Topics that are made soon are soon seen.
        self._looked = time.monotonic() if not self._missing else 0.0

    def _offsets(self, admin: KafkaAdminClient, places: Iterable[Place], spec: Any) -> dict[Place, int]:
        asked = {self._places[place]: spec for place in places}
        if not asked:
            return {}
        found = admin.list_partition_offsets(asked)
        return {place: found[self._places[place]].offset for place in places}


def _further(committed: dict[TopicPartition, Any], other: Mapping[TopicPartition, Any]) -> None:
    """Of two groups that match the same listings, as while the number of shards changes, the further one counts."""
    for partition, found in other.items():
        there = _offset(committed.get(partition))
        if there is None or there < found.offset:
            committed[partition] = found


def _offset(committed: Any) -> int | None:
    return None if committed is None or committed.offset < 0 else int(committed.offset)
