"""What a listing takes of a worker and of a real local Kafka: processor time, and bytes on the broker's disk.

A backlog is worked off by one worker whose bank is small. What it spends is read from the system's own account of its
processes (proc(5)), and between two moments at which everything that was sent is done: a part of the listings goes
first, so that what happens once is over.
"""

import itertools
import re
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from connectors.events import Image, ListingEvent
from connectors.sample.stream import stream_listings
from fingerprints.photo_print import PhotoPrint, print_of_bytes
from streams.benchmarks.stream import Bench, as_takedown, metric, own_seconds, process_tree, processor_seconds
from streams.capacity.measure_bank import drawn_takedowns
from streams.capacity.series import Point
from streams.chaos.photo_host import PhotoHost
from streams.engine.pipeline import fingerprint_listing, fingerprint_takedown
from streams.kafka_clients.topic_admin import create_topics
from streams.kafka_local.broker import LocalKafka
from streams.process_memory import private
from streams.records import ImageFingerprint
from streams.settings import Kafka, Photos, Settings, Topics, Worker
from streams.topics import ALERTS, FINGERPRINTS, LISTINGS, TAKEDOWN_FINGERPRINTS, TopicSpec, topic_name
from streams.worker.worker_process import WorkerProcess

POOL = 8
"""Photos that the listings show in turn."""
WARM_SHARE = 0.2
RELIST_EVERY = 50
DONE_SECONDS = 900.0
RECORDS_WEIGHED = 100
MAX_PIXELS = 50_000_000
Sent = Sequence[tuple[str, object]]


@dataclass(frozen=True, slots=True)
class Spent:
    """Of each listing: seconds of processor time of the worker's main process, of its photo processes and of the
    brokers, and bytes on the brokers' disks by topic, all replicas together. Of the worker: bytes of memory."""

    main: float
    photos: float
    brokers: float
    listing_bytes: float
    fingerprint_bytes: float
    alert_bytes: float | None
    base: int
    photo_process: int


class Flow:
    """Measures on one broker. `bank`: takedowns that the worker holds, the first `bank_photos` of them each with a
    photo like `patterns`."""

    _names = itertools.count(1)

    def __init__(
        self,
        broker: LocalKafka,
        folder: Path,
        patterns: Sequence[PhotoPrint],
        *,
        bank: int,
        bank_photos: int,
        replication: int = 1,
    ) -> None:
        self._broker, self._folder, self._bench = broker, folder, Bench(broker, folder)
        self._patterns, self._replication = patterns, replication
        self._weighing: Settings | None = None
        self._bank = [
            (made.takedown.takedown_id, msgspec.Raw(msgspec.json.encode(made)))
            for made in drawn_takedowns(bank, patterns, bank_photos)
        ]
        drawn = next(stream_listings(seed=5, photos=POOL, pool=POOL))
        self._jpegs = [image.data for image in drawn.images if image.data is not None]
        self._prints = [print_of_bytes(raw, max_pixels=MAX_PIXELS) for raw in self._jpegs]

    @property
    def photo_bytes(self) -> float:
        """Mean bytes of a photo of the listings."""
        return sum(map(len, self._jpegs)) / len(self._jpegs)

    def whole(self, listings: int, photos: int) -> Spent:
        """From `listings` to alerts, the photos inline."""
        events = self.events(listings, photos)
        return self._spent(LISTINGS, [(event.key, event) for event in events])

    def linked(self, listings: int, photos: int) -> Spent:
        """The same with photos that are fetched, from a host in this process over HTTP without TLS."""
        with PhotoHost("127.0.0.1", self._jpegs[0]) as host:
            sent = [
                (event.key, msgspec.structs.replace(event, images=tuple(
                    Image(url=f"{host.good}?of={event.listing_id}.{place:02}") for place in range(photos)
                )))
                for event in self.events(listings, 0)
            ]  # fmt: skip
            return self._spent(LISTINGS, sent)

    def match_only(self, listings: int, photos: int) -> Spent:
        """From `fingerprints` to alerts: what every further shard costs."""
        sent: list[tuple[str, object]] = []
        for number, event in enumerate(self.events(listings, 0)):
            made = fingerprint_listing(event, ())
            found = [self._prints[(number * photos + place) % POOL] for place in range(photos)]
            images = tuple(
                ImageFingerprint(n, one, "0" * 64) for n, one in enumerate(found) if one is not None
            )
            prints = msgspec.structs.replace(made.prints, photos=images)
            sent.append((event.key, msgspec.structs.replace(made, prints=prints)))
        return self._spent(FINGERPRINTS, sent)

    def takedown_bytes(self, photos: int) -> float:
        """On the broker's disk of one record of `takedown-fingerprints`."""
        self._weighing = self._weighing or self._settings()
        before = self._on_disk(self._weighing, TAKEDOWN_FINGERPRINTS)
        events = itertools.islice(stream_listings(seed=98), RECORDS_WEIGHED)
        records = []
        for number, event in enumerate(events):
            made = fingerprint_takedown(as_takedown(event), ())
            found = (self._patterns[(number + n) % len(self._patterns)] for n in range(photos))
            images = tuple(ImageFingerprint(n, one, "0" * 64) for n, one in enumerate(found))
            prints = msgspec.structs.replace(made.prints, photos=images)
            records.append((made.takedown.takedown_id, msgspec.structs.replace(made, prints=prints)))
        self._bench.produce(self._weighing, TAKEDOWN_FINGERPRINTS, records)
        return (self._on_disk(self._weighing, TAKEDOWN_FINGERPRINTS) - before) / len(records)

    def events(self, listings: int, photos: int) -> list[ListingEvent]:
        """One in `RELIST_EVERY` has the title of a takedown in the bank."""
        taken = [event.title for event in itertools.islice(stream_listings(seed=99), 200)]
        events = itertools.islice(stream_listings(seed=7, photos=photos, pool=POOL), listings)
        return [
            msgspec.structs.replace(event, title=taken[number // RELIST_EVERY % len(taken)])
            if number % RELIST_EVERY == 0
            else event
            for number, event in enumerate(events)
        ]

    def _settings(self) -> Settings:
        name = f"capacity{next(self._names)}"
        settings = Settings(
            kafka=Kafka(bootstrap_servers=self._broker.bootstrap_servers, group=name),
            topics=Topics(prefix=f"{name}-", partitions=4, replication=self._replication),
            worker=Worker(photo_processes=1, data_dir=str(self._folder / name)),
            photos=Photos(allow_private_addresses=True),
        )
        create_topics(settings)
        return settings

    def _spent(self, topic: TopicSpec, sent: Sent) -> Spent:
        settings = self._settings()
        self._bench.produce(settings, TAKEDOWN_FINGERPRINTS, self._bank)
        with self._bench.workers(settings, 1) as (worker,):
            first = max(1, int(len(sent) * WARM_SHARE))
            self._work_off(worker, settings, topic, sent[:first], first)
            before = self._account(worker, settings)
            self._work_off(worker, settings, topic, sent[first:], len(sent))
            after = self._account(worker, settings)
            alerts = metric(worker, 'relistwatch_events_out_total{topic="alerts"}')
            main, *children = process_tree(worker.process.pid)
            base, photo_process = private(main), max(map(private, children), default=0)
        many = len(sent) - first
        each = {name: (after[name] - before[name]) / many for name in before}
        in_alerts = self._on_disk(settings, ALERTS)
        return Spent(
            main=each["main"],
            photos=each["photos"],
            brokers=each["brokers"],
            listing_bytes=each["listings"],
            fingerprint_bytes=each["fingerprints"],
            alert_bytes=in_alerts / alerts if alerts else None,
            base=base,
            photo_process=photo_process,
        )

    def _work_off(
        self, worker: WorkerProcess, settings: Settings, topic: TopicSpec, sent: Sent, until: int
    ) -> None:
        self._bench.produce(settings, topic, sent)
        deadline = time.monotonic() + DONE_SECONDS
        while (done := matched(worker.metrics())) < until:
            if worker.process.poll() is not None or time.monotonic() > deadline:
                raise TimeoutError(f"{done} of {until} listings were matched; see {worker.log}")
            time.sleep(0.05)

    def _account(self, worker: WorkerProcess, settings: Settings) -> dict[str, float]:
        main = own_seconds(worker.process.pid)
        return {
            "main": main,
            "photos": processor_seconds(worker.process.pid) - main,
            "brokers": sum(map(own_seconds, self._broker.pids)),
            "listings": self._on_disk(settings, LISTINGS),
            "fingerprints": self._on_disk(settings, FINGERPRINTS),
        }

    def _on_disk(self, settings: Settings, topic: TopicSpec) -> float:
        """Bytes of the topic's log segments; indexes, which Kafka makes large beforehand, are left out."""
        name = topic_name(topic, settings.topics)
        logs = self._broker.data_dir.glob(f"node*/data/{name}-[0-9]*/*.log")
        return float(sum(path.stat().st_size for path in logs))


def matched(text: str) -> int:
    """Listings that are matched and acknowledged, by a worker's metrics."""
    counts = re.findall(
        r'^relistwatch_listings_in_total\{[^}]*stage="match"[^}]*\} (\S+)$', text, re.MULTILINE
    )
    return int(sum(map(float, counts)))


def measure_flow(
    broker: LocalKafka,
    folder: Path,
    patterns: Sequence[PhotoPrint],
    *,
    listings: Sequence[int],
    bank: tuple[int, int],
    check_bank: tuple[int, int],
    say: Callable[[str], None],
) -> dict[str, list[Point]]:
    """The series of the flow. `listings`: how many for none, one, two photos a listing and so on. `bank`: takedowns,
    and photos of them. `check_bank`: the same of one more flow with one photo, which is not fitted to but predicted."""
    flow = Flow(broker, folder, patterns, bank=bank[0], bank_photos=bank[1])
    # Java compiles what it does often: once more before it counts.
    flow.whole(listings[0], 0)
    found: dict[str, list[Point]] = defaultdict(list)
    for photos, many in enumerate(listings):
        whole, match = flow.whole(many, photos), flow.match_only(many, photos)
        found["worker_work"].append(Point(photos, whole.main))
        found["match_work"].append(Point(photos, match.main))
        if photos:
            linked = flow.linked(many, photos)
            found["photo_work"].append(Point(photos, whole.photos))
            found["linked_work"].append(Point(photos, linked.main))
            found["linked_bytes"].append(Point(photos, linked.listing_bytes))
        else:
            found["linked_work"].append(Point(0, whole.main))
            found["linked_bytes"].append(Point(0, whole.listing_bytes))
        found["listing_bytes"].append(Point(photos * flow.photo_bytes, whole.listing_bytes))
        found["fingerprint_bytes"].append(Point(photos, whole.fingerprint_bytes))
        found["broker_work"].append(Point(whole.listing_bytes + whole.fingerprint_bytes, whole.brokers))
        found["takedown_bytes"].append(Point(photos, flow.takedown_bytes(photos)))
        found["worker_base"].append(Point(photos, whole.base))
        if whole.alert_bytes is not None:
            found["alert_bytes"].append(Point(photos, whole.alert_bytes))
        if photos:
            found["photo_process_base"].append(Point(photos, whole.photo_process))
        say(f"{photos} photos: main {whole.main * 1e3:.2f} ms, matching {match.main * 1e3:.2f} ms, photo processes"
            f" {whole.photos * 1e3:.2f} ms, broker {whole.brokers * 1e3:.3f} ms a listing")  # fmt: skip
    other = Flow(broker, folder, patterns, bank=check_bank[0], bank_photos=check_bank[1])
    checked = other.whole(listings[1], 1)
    found["check_worker_work"].append(Point(check_bank[0], checked.main))
    found["check_photo_work"].append(Point(check_bank[0], checked.photos))
    say(f"to be predicted: main {checked.main * 1e3:.2f} ms a listing")
    return dict(found)
