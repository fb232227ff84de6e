"""Listings faster than they can be handled, from a process of its own, and what became of them."""

import contextlib
import itertools
import multiprocessing
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from multiprocessing.sharedctypes import Synchronized
from typing import Any

import msgspec
from kafka import KafkaProducer

from connectors.events import ListingEvent
from connectors.sample.stream import stream_listings
from streams.benchmarks.stream import as_takedown, process_tree
from streams.engine.pipeline import fingerprint_listing, fingerprint_takedown, match_listing
from streams.engine.rules import Rules
from streams.engine.takedown_bank import TakedownBank
from streams.kafka_clients.kafka_options import client_options
from streams.kafka_clients.record_reader import Record, RecordReader
from streams.process_memory import resident
from streams.settings import Settings
from streams.topics import ALERTS, FINGERPRINTS, HELD_ALERTS, LISTINGS, TopicSpec, topic_name

MARK = "o000000000"
"""Where a listing's number stands in a template."""
MARKETPLACE = "pasar-uji"
RELIST_EVERY = 50
TEMPLATES = 300
TAKEN = 200
"""Takedowns of the bank that come back, in turn."""
TICK = 0.02
PROBE_SEED = 31
WAIT_SECONDS = 120.0

Shared = tuple["Synchronized[float]", "Synchronized[int]", "Synchronized[int]"]
"""Listings a second, listings acknowledged, and whether it is over."""


def key_of(number: int) -> bytes:
    """The key of listing `number`."""
    return f"{MARKETPLACE}:o{number:09d}".encode()


def number_of(listing_id: str) -> int | None:
    """The number of a listing by its id; None where it is none of ours."""
    digits = listing_id.removeprefix("o")
    return int(digits) if listing_id != digits and digits.isdigit() else None


def is_relist(number: int, probes: int) -> bool:
    """Whether listing `number` has the title of one that was taken down before it came."""
    return number >= probes and number % RELIST_EVERY == 0


def probe_events(probes: int, bank: int) -> list[ListingEvent]:
    """The first listings, which are taken down under load."""
    events = itertools.islice(stream_listings(seed=PROBE_SEED, photos=0), 6 * probes + 20)
    return recognised(events, bank)[:probes]


def recognised(events: Iterable[ListingEvent], size: int) -> list[ListingEvent]:
    """Those that are told again by their title when another shop's takedown has it, in a bank of so many of
    `Bench.fill_bank` besides: a common one proves nothing, and how common it is hangs on the bank."""
    bank, rules, now = TakedownBank(), Rules(), datetime.now(UTC)
    listed = list(events)
    others = [msgspec.structs.replace(one, listing_id=f"x{one.listing_id}", seller_id="x") for one in listed]
    for event in itertools.chain(itertools.islice(stream_listings(seed=99, photos=0), size), others):
        bank.put(fingerprint_takedown(as_takedown(event), ()))
    prints = (fingerprint_listing(_of_the_load(event), ()) for event in listed)
    found = [match_listing(each, bank, rules, matched_at=now).alert for each in prints]
    return [event for event, alert in zip(listed, found, strict=True) if alert is not None]


def _of_the_load(event: ListingEvent) -> ListingEvent:
    return msgspec.structs.replace(event, event_id=MARK, listing_id=MARK, marketplace=MARKETPLACE)


class Templates:
    """Listings' bytes, of which only the number changes."""

    def __init__(self, photos: int, probes: int, bank: int) -> None:
        honest = itertools.islice(stream_listings(seed=7, photos=photos), TEMPLATES)
        taken = recognised(itertools.islice(stream_listings(seed=99, photos=0), TAKEN), bank)
        self._honest = [_template(event) for event in honest]
        self._relists = [_template(event) for event in taken]
        self._probes = [_template(event) for event in probe_events(probes, bank)]

    def __getitem__(self, number: int) -> bytes:
        if number < len(self._probes):
            template = self._probes[number]
        elif is_relist(number, len(self._probes)):
            template = self._relists[number // RELIST_EVERY % len(self._relists)]
        else:
            template = self._honest[number % len(self._honest)]
        return template.replace(MARK.encode(), f"o{number:09d}".encode())


def _template(event: ListingEvent) -> bytes:
    return msgspec.json.encode(_of_the_load(event))


class Feeder:
    """A context manager around the process that sends. `fed`: listings that Kafka has acknowledged."""

    def __init__(self, settings: Settings, photos: int, probes: int, bank: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._rate: Synchronized[float] = context.Value("d", 0.0)
        self._fed: Synchronized[int] = context.Value("q", 0)
        self._over: Synchronized[int] = context.Value("b", 0)
        shared = (self._rate, self._fed, self._over)
        self._process = context.Process(
            target=_feed, args=(settings, (photos, probes, bank), shared), daemon=True
        )

    def __enter__(self) -> "Feeder":
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def fed(self) -> int:
        """Acknowledged until now."""
        return int(self._fed.value)

    def at(self, rate: float) -> None:
        """From now on, so many a second, whatever the system does with them."""
        self._rate.value = rate

    def stop(self) -> int:
        """Send no more; how many Kafka has in the end."""
        self._over.value = 1
        self._process.join(WAIT_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            raise TimeoutError("the feeder's records were not acknowledged")
        return self.fed


def _feed(settings: Settings, kind: tuple[int, int, int], shared: Shared) -> None:
    rate, fed, over = shared
    templates = Templates(*kind)
    producer = KafkaProducer(
        **client_options(settings.kafka), acks="all", linger_ms=20, batch_size=512 * 1024
    )
    name = topic_name(LISTINGS, settings.topics)
    number, due, last = 0, 0.0, time.monotonic()
    under_way: list[Any] = []
    while not over.value:
        now = time.monotonic()
        due += (now - last) * rate.value
        last = now
        while due >= 1:
            under_way.append(producer.send(name, key=key_of(number), value=templates[number]))
            number, due = number + 1, due - 1
        done = list(itertools.takewhile(lambda future: future.is_done, under_way))
        del under_way[: len(done)]
        for future in done:
            future.get(timeout=0)  # raises where it was refused
        fed.value += len(done)
        time.sleep(TICK)
    producer.flush()
    for future in under_way:
        future.get(timeout=WAIT_SECONDS)
    fed.value += len(under_way)
    producer.close()


class Outcome:
    """Which listings came out, read from the topics as they stand. Bits, since there are millions."""

    def __init__(self, settings: Settings, fed: int) -> None:
        self.printed, self.alerted = bytearray(fed), bytearray(fed)
        self.fingerprints = 0
        for record in records(settings, FINGERPRINTS, HELD_ALERTS, ALERTS):
            if record.topic == topic_name(FINGERPRINTS, settings.topics):
                self.fingerprints += 1
                number = number_of((record.key or b"").decode().partition(":")[2])
                marks = self.printed
            else:
                number = number_of(msgspec.json.decode(record.value or b"")["listing"]["listing_id"])
                marks = self.alerted
            if number is not None and number < fed:
                marks[number] = 1

    @property
    def lost(self) -> int:
        """Listings without a fingerprint."""
        return self.printed.count(0)

    def missed(self, probes: int) -> tuple[int, int]:
        """Relists without an alert, and all relists."""
        relists = [number for number in range(len(self.alerted)) if is_relist(number, probes)]
        return sum(not self.alerted[number] for number in relists), len(relists)


def records(settings: Settings, *topics: TopicSpec) -> Iterator[Record]:
    """All records that the topics hold now, one topic after another."""
    for topic in topics:
        with RecordReader(settings, topic) as reader:
            yield from reader.existing()


def resident_together(pid: int) -> int:
    """Bytes resident in the process and its children; nothing of one that ends meanwhile."""
    found = 0
    for each in process_tree(pid):
        with contextlib.suppress(OSError):
            found += resident(each)
    return found
