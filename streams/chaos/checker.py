"""The independent reader: plain kafka-python and records of its own shape, every topic from its start to its end."""

import base64
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from kafka import KafkaConsumer, TopicPartition

from streams.chaos.record import Planted, Seen, SeenAlert, SeenLetter, version_of

QUIET_SECONDS = 20.0
"""Nothing came for so long and something is still missing: it will not come."""
LATEST_SECONDS = 240.0


class _Listing(msgspec.Struct):
    marketplace: str
    listing_id: str
    title: str

    @property
    def place(self) -> tuple[str, str]:
        return f"{self.marketplace}:{self.listing_id}", version_of(self.title)


class _Takedown(msgspec.Struct):
    takedown_id: str


class _Failure(msgspec.Struct):
    error: str


class _Prints(msgspec.Struct):
    failures: tuple[_Failure, ...] = ()


class _Fingerprint(msgspec.Struct):
    listing: _Listing
    prints: _Prints


class _Alert(msgspec.Struct):
    alert_id: str
    kind: str
    caught_by: str
    listing: _Listing
    takedown: _Takedown
    other_takedowns: tuple[str, ...]


class _Letter(msgspec.Struct):
    topic: str
    error: str
    key: str | None = None
    detail: str = ""


class Checker:
    """Reads until all that was planted is there, or until nothing more comes."""

    def __init__(self, servers: list[str], prefix: str) -> None:
        self._servers, self._prefix = servers, prefix
        self.seen = Seen([], [], [], [], {})
        self._failures: Counter[str] = Counter()
        self._take: dict[str, Callable[[Any], None]] = {
            "listings": self._listing,
            "fingerprints": self._fingerprint,
            "alerts": self._alert,
            "held-alerts": self._alert,
            "dead-letters": self._letter,
        }

    def read(self, planted: list[Planted], say: Callable[[str], None]) -> Seen:
        """All of the topics. Returns when nothing is missing and the topics' ends are reached, or on quiet."""
        wanted = {(one.key, one.version) for one in planted if one.kind != "poison"}
        relists = {(one.key, one.version) for one in planted if one.kind == "relist"}
        poison = {one.key for one in planted if one.kind == "poison"}

        def complete() -> bool:
            return (
                wanted <= set(self.seen.fingerprints)
                and relists <= {(alert.key, alert.version) for alert in self.seen.alerts}
                and poison <= {letter.key for letter in self.seen.letters}
            )

        heard = said = time.monotonic()
        deadline = heard + LATEST_SECONDS
        for got, at_end in self._messages():
            now = time.monotonic()
            if got:
                heard = now
            if now - said > 5:
                said = now
                say(
                    f"reading: {len(self.seen.fingerprints):,} fingerprints, {len(self.seen.alerts):,} alerts"
                )
            if at_end and (now > deadline or now - heard > QUIET_SECONDS or complete()):
                break
        self.seen.photo_failures = dict(sorted(self._failures.items()))
        return self.seen

    def _messages(self) -> Iterator[tuple[int, bool]]:
        """After each poll: how many came, and whether all ends, as they are now, are reached."""
        consumer = KafkaConsumer(
            bootstrap_servers=self._servers, group_id=None, enable_auto_commit=False,
            max_partition_fetch_bytes=4 * 1024 * 1024,
        )  # fmt: skip
        try:
            partitions = [
                TopicPartition(self._prefix + topic, number)
                for topic in self._take
                for number in sorted(consumer.partitions_for_topic(self._prefix + topic) or ())
            ]
            consumer.assign(partitions)
            consumer.seek_to_beginning(*partitions)
            while True:
                got = 0
                for partition, batch in consumer.poll(timeout_ms=500).items():
                    take = self._take[partition.topic.removeprefix(self._prefix)]
                    got += len(batch)
                    for message in batch:
                        take(message)
                at_end = False
                if not got:
                    ends = consumer.end_offsets(partitions)
                    at_end = all(consumer.position(each) >= ends[each] for each in partitions)
                yield got, at_end
        finally:
            consumer.close()

    def _listing(self, message: Any) -> None:
        key = (message.key or b"").decode()
        try:
            listing = msgspec.json.decode(message.value or b"", type=_Listing)
        except msgspec.MsgspecError:
            self.seen.listings.append((key, ""))
            return
        self.seen.listings.append(listing.place)

    def _fingerprint(self, message: Any) -> None:
        if message.value is None:
            return
        fingerprint = msgspec.json.decode(message.value, type=_Fingerprint)
        self.seen.fingerprints.append(fingerprint.listing.place)
        self._failures.update(failure.error for failure in fingerprint.prints.failures)

    def _alert(self, message: Any) -> None:
        alert = msgspec.json.decode(message.value, type=_Alert)
        key, version = alert.listing.place
        self.seen.alerts.append(
            SeenAlert(
                alert_id=alert.alert_id,
                key=key,
                version=version,
                kind=alert.kind,
                takedowns=(alert.takedown.takedown_id, *alert.other_takedowns),
                at=message.timestamp / 1000,
                caught_by=alert.caught_by,
                topic=message.topic.removeprefix(self._prefix),
            )
        )

    def _letter(self, message: Any) -> None:
        letter = msgspec.json.decode(message.value, type=_Letter)
        key = base64.b64decode(letter.key or "").decode(errors="replace")
        self.seen.letters.append(
            SeenLetter(key=key, error=letter.error, topic=letter.topic, detail=letter.detail)
        )
