"""Heartbeats as they come, without a consumer group: each console hears all of them."""

import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from connectors.codec import Codec, RecordError
from connectors.kafka_offsets import at_times, of_every
from streams.console.instances import LOST_SECONDS
from streams.health.heartbeat import Heartbeat
from streams.kafka_clients.kafka_options import client_options
from streams.kafka_clients.record_reader import REACH_MS, partitions_of
from streams.settings import Settings
from streams.topics import HEARTBEATS, topic_name

POLL_MS = 250
AT_ONCE = 2000
MOST_WAITING = 100_000
"""Heartbeats that nobody has taken yet: an hour of fifty parts. Beyond, the oldest are given up."""

_codec = Codec(Heartbeat, ours=True)


@dataclass(frozen=True, slots=True)
class Heard:
    """A heartbeat. `late_seconds`: how long ago it was sent, if it was there before the reading began."""

    beat: Heartbeat
    late_seconds: float


class HeartbeatReader:
    """Reads `heartbeats` from an hour ago on. One thread reads, another takes; close it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._consumer: Any = None
        self._live_from: dict[TopicPartition, int] = {}
        self._heard: deque[Heard] = deque(maxlen=MOST_WAITING)
        self.unreadable = 0
        """Records that are no heartbeats."""

    def read(self) -> None:
        """Wait a moment for heartbeats.

        Raises:
            KafkaError: no broker answers; the next call connects anew.
            ReadError: there is no such topic.
        """
        try:
            if self._consumer is None:
                self._connect()
            for partition, records in self._consumer.poll(timeout_ms=POLL_MS, max_records=AT_ONCE).items():
                for record in records:
                    self._take(record, record.offset < self._live_from.get(partition, 0))
        except BaseException:
            self.close()
            raise

    def take(self) -> list[Heard]:
        """What was heard since the last call, in its order."""
        taken = []
        while self._heard:
            taken.append(self._heard.popleft())
        return taken

    def close(self) -> None:
        """Disconnect."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            consumer.close()

    def _take(self, record: Any, is_old: bool) -> None:
        try:
            beat = _codec.decode(record.value or b"").record
        except RecordError:
            self.unreadable += 1
            return
        late = max(0.0, time.time() - record.timestamp / 1000) if is_old else 0.0
        self._heard.append(Heard(beat, late))

    def _connect(self) -> None:
        consumer = KafkaConsumer(
            **client_options(self._settings.kafka),
            group_id=None,
            enable_auto_commit=False,
            allow_auto_create_topics=False,
            auto_offset_reset="earliest",
            bootstrap_timeout_ms=REACH_MS,
        )
        self._consumer = consumer
        name = topic_name(HEARTBEATS, self._settings.topics)
        partitions = partitions_of(self._settings, consumer, name)
        consumer.assign(partitions)
        self._live_from = of_every(consumer.end_offsets, partitions)
        since = int((time.time() - LOST_SECONDS) * 1000)
        for partition, found in at_times(consumer, dict.fromkeys(partitions, since)).items():
            # None where nothing came since.
            consumer.seek(partition, found.offset if found is not None else self._live_from[partition])
