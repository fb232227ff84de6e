"""A load's own takedowns: published first, waited for until every worker matches by them, and withdrawn at the end."""

import itertools
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
from kafka import KafkaProducer

from connectors.kafka_delivery import KafkaDelivery
from connectors.sdk import AbortError
from connectors.stop import Stop
from streams.kafka_clients.kafka_options import client_options
from streams.kafka_clients.key_partition import partition_of
from streams.kafka_clients.message_headers import cloud_event_headers
from streams.kafka_clients.outbox import Outgoing
from streams.kafka_clients.record_reader import RecordReader, connected
from streams.load.follower import Follower
from streams.load.pattern import number_of
from streams.load.plan import Plan
from streams.load.stock import MARKETPLACE, Relist
from streams.settings import Settings
from streams.topics import FINGERPRINTS, LISTINGS, TAKEDOWN_FINGERPRINTS, TAKEDOWNS, TopicSpec, topic_name

SOURCE = "relistwatch/load"
FIRST_PROBE = 900_000_000
"""Listings' numbers from here on are probes, which no plan reaches."""
AGAIN_SECONDS = 2.0
"""A probe without an alert came too early: it is sent again under another number."""
Say = Callable[[str], None]


class NotMatchableError(RuntimeError):
    """The takedowns are published, and no alert comes; the message says of how much."""


def publish(settings: Settings, plan: Plan) -> None:
    """Return when Kafka has the takedowns.

    Raises:
        RetryError: the broker cannot be reached.
        AbortError: it refuses us.
    """
    now = datetime.now(UTC)
    _send(
        settings,
        (
            Outgoing(
                TAKEDOWNS,
                takedown.takedown_id.encode(),
                msgspec.json.encode(takedown),
                cloud_event_headers(takedown.takedown_id, "relistwatch.takedown.published", SOURCE, now),
            )
            for takedown in plan.stock.takedowns
        ),
    )


def withdraw(settings: Settings, takedown_ids: list[str]) -> None:
    """Return when Kafka has their tombstones; workers then match by them no more. Raises as `publish`."""
    now = datetime.now(UTC)
    _send(
        settings,
        (
            Outgoing(
                TAKEDOWNS,
                each.encode(),
                None,
                cloud_event_headers(each, "relistwatch.takedown.withdrawn", SOURCE, now),
            )
            for each in takedown_ids
        ),
    )


def left_behind(settings: Settings) -> list[str]:
    """The takedowns in force that are of a load: one that was killed could not withdraw them.

    Raises:
        ReadError: the topic cannot be read.
    """
    found: set[str] = set()
    with RecordReader(settings, TAKEDOWNS) as reader:
        for record in reader.existing():
            key = (record.key or b"").decode(errors="replace")
            found.discard(key)
            # By the marketplace alone: whatever else its id says, a real takedown has another.
            if record.value is not None and _marketplace(record.value) == MARKETPLACE:
                found.add(key)
    return sorted(found)


class _Listing(msgspec.Struct):
    marketplace: str


class _Takedown(msgspec.Struct):
    listing: _Listing


def _marketplace(value: bytes) -> str | None:
    try:
        return msgspec.json.decode(value, type=_Takedown).listing.marketplace
    except msgspec.MsgspecError:
        return None


def await_matchable(
    settings: Settings, plan: Plan, follower: Follower, *, stop: Stop, seconds: float, say: Say
) -> float:
    """Seconds until every takedown is matched by, found by relists that are sent for no other purpose.

    Each takedown gets one, and the last takedown of each partition of `takedown-fingerprints` one on each partition of
    `fingerprints`: whichever worker reads that partition has then read all takedowns.

    Raises:
        NotMatchableError: an alert is missing after so many seconds.
        KafkaError: the broker fails us.
    """
    began = time.monotonic()
    consumer = connected(settings)
    try:
        wanted = list(_wanted(plan, _partitions(consumer, settings, TAKEDOWN_FINGERPRINTS),
                              _partitions(consumer, settings, FINGERPRINTS)))  # fmt: skip
    finally:
        consumer.close()
    producer = KafkaProducer(
        **client_options(settings.kafka), max_request_size=settings.topics.max_message_bytes
    )
    try:
        probes = _Probes(plan, wanted, producer, topic_name(LISTINGS, settings.topics))
        while probes.left and not stop.is_set():
            probes.send_again(time.monotonic())
            for record, _ in follower.poll():
                probes.take(record.value or b"")
            if time.monotonic() - began > seconds:
                raise NotMatchableError(
                    f"{probes.left} of {len(wanted)} relists of the load's takedowns have no alert after"
                    f" {seconds:.0f} s: does a worker run on these topics (prefix {settings.topics.prefix!r})?"
                )
            say(f"takedowns matched by: {len(wanted) - probes.left:,} of {len(wanted):,} probes")
    finally:
        producer.close()
    return time.monotonic() - began


Wanted = tuple[Relist, int | None, int]
"""A relist, the partition that its listing is to be on (None: any), and of how many."""


def _wanted(plan: Plan, takedowns: int, listings: int) -> Iterator[Wanted]:
    relists: dict[str, Relist] = {}
    for relist in (*plan.stock.text_relists, *plan.stock.photo_relists):
        relists.setdefault(relist.takedown_id, relist)
    last: dict[int, Relist] = {}
    # In the order of publication, which is that of each partition.
    for takedown in plan.stock.takedowns:
        if (found := relists.get(takedown.takedown_id)) is not None:
            yield found, None, listings
            last[partition_of(takedown.takedown_id.encode(), takedowns)] = found
    for each, number in itertools.product(last.values(), range(listings)):
        yield each, number, listings


class _Probes:
    def __init__(self, plan: Plan, wanted: list[Wanted], producer: Any, topic: str) -> None:
        self._plan, self._producer, self._topic = plan, producer, topic
        self._run = plan.stock.run
        self._left: dict[int, Wanted] = dict(enumerate(wanted))
        self._by_number: dict[int, int] = {}
        self._numbers = itertools.count(FIRST_PROBE)
        self._sent_at = float("-inf")

    @property
    def left(self) -> int:
        """Probes without an alert."""
        return len(self._left)

    def send_again(self, now: float) -> None:
        """Send what is left, unless that was just done."""
        if now - self._sent_at < AGAIN_SECONDS:
            return
        self._sent_at = now
        for which, (relist, partition, of) in self._left.items():
            number = next(self._numbers)
            while partition is not None and partition_of(self._plan.key(number), of) != partition:
                number = next(self._numbers)
            self._by_number[number] = which
            self._producer.send(
                self._topic,
                key=self._plan.key(number),
                value=relist.pattern.filled(number, datetime.now(UTC)),
            )

    def take(self, value: bytes) -> None:
        """An alert, or something else."""
        try:
            listing = msgspec.json.decode(value, type=_Alert).listing
        except msgspec.MsgspecError:
            return
        number = number_of(self._run, listing.listing_id) if listing.marketplace == MARKETPLACE else None
        if number is not None:
            self._left.pop(self._by_number.get(number, -1), None)


class _AlertListing(msgspec.Struct):
    marketplace: str
    listing_id: str


class _Alert(msgspec.Struct):
    listing: _AlertListing


def _partitions(consumer: Any, settings: Settings, topic: TopicSpec) -> int:
    return len(consumer.partitions_for_topic(topic_name(topic, settings.topics)) or (0,))


def _send(settings: Settings, records: Iterator[Outgoing]) -> None:
    topic = topic_name(TAKEDOWNS, settings.topics)
    with KafkaDelivery(
        client_options(settings.kafka), max_request_bytes=settings.topics.max_message_bytes
    ) as delivery:
        delivery.require_topic(topic)
        for record in records:
            delivery.send(
                topic, key=record.key, value=record.value, headers=record.headers, record=record.key
            )
        for refused in delivery.flush():
            raise AbortError(f"kafka refuses the takedown {refused.record!r}: {refused.why}")
