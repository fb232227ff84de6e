"""Alerts as they come, only to tell how the flow is now; what is lost is found by reading all anew at the end."""

import threading
import time
from contextlib import suppress
from typing import Any

import msgspec
import structlog
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from streams.chaos.record import Planted, version_of

log = structlog.get_logger(__name__)

SILENT_SECONDS = 15.0
"""Relists wait and nothing comes: the consumer itself may be stuck on a broker that is gone."""


class _Listing(msgspec.Struct):
    marketplace: str
    listing_id: str
    title: str


class _Alert(msgspec.Struct):
    listing: _Listing


class Follower(threading.Thread):
    """Knows which relists wait for their alert."""

    def __init__(self, servers: list[str], topic: str, partitions: int) -> None:
        super().__init__(name="follower", daemon=True)
        self._servers, self._topic = servers, topic
        self._places = {TopicPartition(topic, number): 0 for number in range(partitions)}
        self._waiting: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self.alerts = 0
        self.heard = time.monotonic()

    def expect(self, planted: Planted) -> None:
        """A relist was sent; its alert is due."""
        if planted.kind == "relist" and planted.channel == "producer":
            with self._lock:
                self._waiting[planted.key, planted.version] = planted.sent_at

    def oldest_wait(self) -> float:
        """Seconds since the sending of the oldest relist without an alert; 0 where there is none."""
        with self._lock:
            oldest = min(self._waiting.values(), default=None)
        return 0.0 if oldest is None else time.time() - oldest

    @property
    def waiting(self) -> int:
        """Relists without an alert."""
        return len(self._waiting)

    def forget(self) -> None:
        """Wait no longer for what has not come: the checker will say what became of it."""
        with self._lock:
            self._waiting.clear()

    def end(self) -> None:
        """Stop following."""
        self._ending.set()
        self.join(10)

    def run(self) -> None:
        """Follow, with a new consumer where the old one falls silent."""
        while not self._ending.is_set():
            try:
                self._follow()
            except (KafkaError, OSError) as error:
                log.debug("the follower begins anew", error=repr(error))
                self._ending.wait(1)

    def _follow(self) -> None:
        consumer = KafkaConsumer(
            bootstrap_servers=self._servers, group_id=None, enable_auto_commit=False, request_timeout_ms=10_000
        )  # fmt: skip
        try:
            consumer.assign(list(self._places))
            for partition, offset in self._places.items():
                consumer.seek(partition, offset)
            self.heard = time.monotonic()
            while not self._ending.is_set():
                for partition, batch in consumer.poll(timeout_ms=200).items():
                    self._take(partition, batch)
                if self.waiting and time.monotonic() - self.heard > SILENT_SECONDS:
                    return
        finally:
            with suppress(KafkaError):
                consumer.close()

    def _take(self, partition: Any, batch: list[Any]) -> None:
        self.heard = time.monotonic()
        self._places[partition] = batch[-1].offset + 1
        with self._lock:
            for message in batch:
                listing = msgspec.json.decode(message.value, type=_Alert).listing
                key = f"{listing.marketplace}:{listing.listing_id}"
                self._waiting.pop((key, version_of(listing.title)), None)
        self.alerts += len(batch)
