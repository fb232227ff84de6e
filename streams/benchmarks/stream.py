"""The figures of docs/benchmarks.md on a real local Kafka: `python -m streams.benchmarks.stream [--quick]
[--json FILE]`.

Rates are read from the workers' own metrics while they work off a backlog; latencies are from when a listing was due
until its alert was read, under an open load that does not wait for the system.
"""

import argparse
import contextlib
import itertools
import os
import re
import secrets
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import msgspec
import numpy as np
from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

from connectors.events import ListingEvent, Takedown, TakenDownListing
from connectors.sample.stream import stream_listings
from fingerprints.photo_print import POINT, POINTS, PhotoPrint
from streams.bench.figures import Spread, StreamFigures, UnderLoad
from streams.bench.floors import changelog_of, floor_rate, table_seconds
from streams.engine.pipeline import fingerprint_takedown
from streams.kafka_clients.kafka_options import client_options
from streams.kafka_clients.topic_admin import create_topics
from streams.kafka_local.broker import LocalKafka
from streams.load.plan import Mix
from streams.load.report import judge
from streams.load.run import Options, run_load
from streams.load.schedule import Course
from streams.load.thresholds import Thresholds
from streams.percentiles import latency
from streams.records import ImageFingerprint, TakedownFingerprint
from streams.settings import Kafka, Settings, Topics
from streams.topics import FINGERPRINTS, LISTINGS, TAKEDOWN_FINGERPRINTS, TAKEDOWNS, TopicSpec, topic_name
from streams.worker.worker_process import WorkerProcess

BANK = 40_000
SHARE_OF_CAPACITY = 0.7
RELIST_EVERY = 50
WAIT_SECONDS = 300.0
POLL_SECONDS = 0.25
"""Between two looks at a worker's metrics, each of which takes 4 ms of its core: at 20 a second they were a twelfth of
what was measured."""
THUMBNAIL = 8_000
"""Bytes, as most have."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much each measurement takes in."""

    text: int
    photo: int
    latency_seconds: float
    large_bank: int
    takedowns: int
    rounds: int
    """Of text listings, each kind in turn; of those with a photo one less, which take as long."""
    bank: int = BANK


FULL = Sizes(text=30_000, photo=3_000, latency_seconds=20.0, large_bank=100_000, takedowns=100, rounds=3)
QUICK = Sizes(
    text=3_000, photo=150, latency_seconds=3.0, large_bank=3_000, takedowns=10, rounds=1, bank=3_000
)


@dataclass(frozen=True, slots=True)
class Load:
    """Milliseconds of each alerted relist; the rest as in `UnderLoad`."""

    took: list[float]
    relists: int
    missing: int
    generator: str


class Bench:
    """One broker, with fresh topics for every measurement."""

    def __init__(self, broker: LocalKafka, folder: Path, bank: int = BANK) -> None:
        self._broker, self.folder, self.bank = broker, folder, bank
        self._names = itertools.count(1)
        self.spent = 0.0
        """Seconds of processor time of the last `rate`'s workers, their photo processes and start included."""

    def fresh(self) -> Settings:
        """Settings with topics and a group of their own, created."""
        name = f"bench{next(self._names)}"
        settings = Settings(
            kafka=Kafka(bootstrap_servers=self._broker.bootstrap_servers, group=name),
            topics=Topics(prefix=f"{name}-", partitions=4),
        )
        # A photo process for each worker: two workers share two cores.
        worker = msgspec.structs.replace(settings.worker, photo_processes=1, data_dir=str(self.folder / name))
        settings = msgspec.structs.replace(settings, worker=worker)
        create_topics(settings)
        return settings

    def produce(self, settings: Settings, topic: TopicSpec, records: Iterable[tuple[str, object]]) -> None:
        """All records, acknowledged."""
        producer = KafkaProducer(**client_options(settings.kafka), linger_ms=20, batch_size=256 * 1024)
        name = topic_name(topic, settings.topics)
        for key, record in records:
            producer.send(name, key=key.encode(), value=msgspec.json.encode(record))
        producer.close()

    def fill_bank(self, settings: Settings, size: int) -> None:
        """`size` takedowns, fingerprinted already."""
        takedowns = itertools.islice(map(as_takedown, stream_listings(seed=99, photos=0)), size)
        prints = (fingerprint_takedown(takedown, ()) for takedown in takedowns)
        self.produce(settings, TAKEDOWN_FINGERPRINTS, ((p.takedown.takedown_id, p) for p in prints))

    @contextlib.contextmanager
    def workers(self, settings: Settings, count: int) -> Iterator[list[WorkerProcess]]:
        """`count` ready workers."""
        with contextlib.ExitStack() as stack:
            logs = (self.folder / f"{settings.kafka.group}-{number}.log" for number in range(count))
            started = [stack.enter_context(WorkerProcess(settings, log)) for log in logs]
            for worker in started:
                worker.wait_ready(WAIT_SECONDS)
            yield started

    def rate(self, workers: int, listings: int, photos: int, *, keep: bool = True) -> float:
        """Listings a second through both steps, the bank full of titles, the backlog timed from the first look at which
        some of it is done. `keep`: the photos in a folder."""
        settings = self.fresh()
        settings = msgspec.structs.replace(
            settings, photo_store=msgspec.structs.replace(settings.photo_store, enabled=keep)
        )
        self.fill_bank(settings, self.bank)
        with self.workers(settings, workers) as running:
            events = itertools.islice(stream_listings(seed=5, photos=photos), listings)
            feeder = threading.Thread(
                target=self.produce, args=(settings, LISTINGS, ((e.key, e) for e in events)), daemon=True
            )
            feeder.start()
            feeder.join()
            half, started = 0, 0.0
            deadline = time.monotonic() + WAIT_SECONDS
            while (done := matched(running)) < listings:
                if not half and done:
                    half, started = done, time.monotonic()
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{done} of {listings} listings after {WAIT_SECONDS} s")
                time.sleep(POLL_SECONDS)
            took = time.monotonic() - started
            self.spent = sum(processor_seconds(worker.process.pid) for worker in running)
            return (listings - half) / took

    def latency(self, rate: float, seconds: float) -> Load:
        """From listing to alert under an open load of `rate` listings a second, one worker."""
        settings = self.fresh()
        self.fill_bank(settings, self.bank)
        with self.workers(settings, 1):
            return loaded(settings, rate, seconds)

    def floor(self, kind: str, listings: int) -> float:
        """The same listings by what stands under us (`streams.bench.floors`): `faust` or `bare`."""
        settings = self.fresh()
        events = itertools.islice(stream_listings(seed=5, photos=0), listings)
        self.produce(settings, LISTINGS, ((event.key, event) for event in events))
        topics = topic_name(LISTINGS, settings.topics), topic_name(FINGERPRINTS, settings.topics)
        return floor_rate(kind, self._broker.bootstrap_servers, settings.kafka.group, topics, listings)

    def faust_table(self, keys: int) -> float:
        """Seconds until Faust has a table of as many takedowns, the same records as of `ready`."""
        app = f"table{next(self._names)}"
        self._broker_topic(changelog_of(app))
        producer = KafkaProducer(bootstrap_servers=self._broker.bootstrap_servers, linger_ms=20)
        for takedown in itertools.islice(map(as_takedown, stream_listings(seed=99, photos=0)), keys):
            made = fingerprint_takedown(takedown, ())
            key = msgspec.json.encode(takedown.takedown_id)
            producer.send(changelog_of(app), key=key, value=msgspec.json.encode(made))
        producer.close()
        return table_seconds(self._broker.bootstrap_servers, app, keys)

    def _broker_topic(self, name: str) -> None:
        admin = KafkaAdminClient(bootstrap_servers=self._broker.bootstrap_servers)
        admin.create_topics([NewTopic(name, 1, 1, topic_configs={"cleanup.policy": "compact"})])
        admin.close()

    def ready(self, bank: int) -> float:
        """Seconds from the start of a worker's process until it is ready, with `bank` takedowns."""
        settings = self.fresh()
        self.fill_bank(settings, bank)
        started = time.monotonic()
        with self.workers(settings, 1):
            return time.monotonic() - started

    def ready_with_photos(self, bank: int) -> list[float]:
        """Seconds until ready, with `bank` takedowns of one photo each: without a snapshot, then with one."""
        settings = self.fresh()
        texts = itertools.islice(map(as_takedown, stream_listings(seed=99, photos=0)), bank)
        prints = (
            with_random_photo(fingerprint_takedown(takedown, ()), n) for n, takedown in enumerate(texts)
        )
        self.produce(settings, TAKEDOWN_FINGERPRINTS, ((p.takedown.takedown_id, p) for p in prints))
        took = []
        for _ in range(2):
            started = time.monotonic()
            with self.workers(settings, 1) as running:
                took.append(time.monotonic() - started)
                # The first start's snapshot; a worker that ends in order writes one too.
                while (
                    not metric(running[0], 'relistwatch_snapshots_total{outcome="written"}') and not took[1:]
                ):
                    time.sleep(0.1)
        return took

    def matchable(self, count: int) -> list[float]:
        """Milliseconds from a takedown's publication until both workers hold it."""
        settings = self.fresh()
        producer = KafkaProducer(**client_options(settings.kafka))
        took = []
        with self.workers(settings, 2) as running:
            for number, event in enumerate(
                itertools.islice(stream_listings(seed=3, photos=0), count), start=1
            ):
                takedown = as_takedown(event)
                started = time.monotonic()
                producer.send(
                    topic_name(TAKEDOWNS, settings.topics),
                    key=takedown.takedown_id.encode(),
                    value=msgspec.json.encode(takedown),
                )
                while min(map(held, running)) < number:
                    time.sleep(0.002)
                took.append((time.monotonic() - started) * 1000)
        producer.close()
        return took


def as_takedown(event: ListingEvent) -> Takedown:
    """The takedown of this listing."""
    listing = msgspec.convert(msgspec.to_builtins(event) | {"images": ()}, TakenDownListing)
    return Takedown(takedown_id=f"t-{event.listing_id}", listing=listing)


def with_random_photo(takedown: TakedownFingerprint, seed: int) -> TakedownFingerprint:
    """The takedown with one photo's fingerprint of the usual size, and nothing in it."""
    noise = np.random.default_rng(seed)
    photo = PhotoPrint(
        noise.bytes(32),
        noise.bytes(32),
        480,
        640,
        noise.bytes(POINTS * POINT.itemsize),
        noise.bytes(THUMBNAIL),
    )
    prints = msgspec.structs.replace(takedown.prints, photos=(ImageFingerprint(0, photo),))
    return msgspec.structs.replace(takedown, prints=prints)


def metric(worker: WorkerProcess, name: str) -> float:
    """One metric's value now, 0 where it is not there yet."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", worker.metrics(), re.MULTILINE)
    return float(found[1]) if found else 0.0


def matched(workers: Sequence[WorkerProcess]) -> int:
    """Fingerprints taken in by all workers' second step."""
    return int(sum(metric(worker, 'relistwatch_events_in_total{topic="fingerprints"}') for worker in workers))


def processor_seconds(pid: int) -> float:
    """What the process and its children have used until now (proc(5): stat's fields 14 and 15)."""
    return sum(map(own_seconds, process_tree(pid)))


def own_seconds(pid: int) -> float:
    """What the process alone has used until now."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def process_tree(pid: int) -> Iterator[int]:
    """The process, its children, and theirs; without those of one that ends meanwhile."""
    yield pid
    with contextlib.suppress(OSError):
        for path in Path(f"/proc/{pid}").glob("task/*/children"):
            for child in path.read_text(encoding="ascii").split():
                yield from process_tree(int(child))


def held(worker: WorkerProcess) -> int:
    """Takedowns in the worker's index."""
    return int(metric(worker, 'relistwatch_takedown_index_size{what="takedowns"}'))


def under_load(settings: Settings, rate: float, seconds: float) -> list[float]:
    """The milliseconds of `loaded`, and a row for what makes them worth less."""
    load = loaded(settings, rate, seconds)
    if load.generator:
        say(f"| the generator was the limit | {load.generator} |")
    if load.missing:
        say(f"| relists without an alert | {load.missing} of {load.relists} |")
    return load.took


def loaded(settings: Settings, rate: float, seconds: float) -> Load:
    """Milliseconds from when a relist was due until its alert was read, while `rate` listings a second are sent
    whatever the system does with them (`streams.load`). One in 50 is a relist."""
    options = Options(
        course=Course(rate=rate, seconds=seconds, arrival="constant"),
        mix=Mix(relists=1 / RELIST_EVERY),
        seed=7,
        warmup=0.0,
    )
    recording = run_load(settings, options, f"load-{secrets.token_hex(4)}", threading.Event(), lambda _: None)
    assert recording is not None  # noqa: S101  nobody stops it
    report = judge(recording, Thresholds())
    took = recording.judged("alerted_after").bars()
    return Load(
        took=[seconds * 1000 for seconds, times in took for _ in range(times)],
        relists=report.relists,
        missing=report.relists - report.found,
        generator=report.generator[0] if report.verdict == "generator" else "",
    )


def main() -> None:
    """Measure all, printing a table's row as each figure comes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, to try it out")
    parser.add_argument(
        "--only", choices=["text", "photo-store", "start-photos"], help="one figure instead of all"
    )
    parser.add_argument("--json", type=Path, help="write all figures here too; not with --only")
    arguments = parser.parse_args()
    if arguments.json is not None and arguments.only is not None:
        parser.error("--json has all figures, --only does not measure them")
    sizes = QUICK if arguments.quick else FULL
    with tempfile.TemporaryDirectory(prefix="relistwatch-bench-") as folder:
        root = Path(folder)
        with LocalKafka(root / "kafka", heap_mb=768, die_with_parent=True) as broker:
            bench = Bench(broker, root, sizes.bank)
            say("| figure | value |\n|---|---|")
            if arguments.only == "text":
                measure_text(bench, sizes)
            elif arguments.only == "photo-store":
                measure_photo_store(bench, sizes.photo)
            elif arguments.only == "start-photos":
                measure_start_with_photos(bench, sizes.large_bank)
            else:
                figures = measure(bench, sizes)
                if arguments.json is not None:
                    arguments.json.write_bytes(msgspec.json.encode(figures))


def measure_start_with_photos(bench: Bench, bank: int) -> tuple[float, float]:
    """Seconds without and with a snapshot."""
    without, with_one = bench.ready_with_photos(bank)
    say(f"| start to ready, {bank:,} takedowns with a photo each, without a snapshot | {without:.1f} s |")
    say(f"| the same with a snapshot | {with_one:.1f} s |")
    return without, with_one


def measure_photo_store(bench: Bench, listings: int) -> None:
    """With and without the store by turns, so that a noisy machine is noisy for both. Processor time is what tells
    them apart there: a rate also has the neighbours in it."""
    rates: dict[bool, list[float]] = {False: [], True: []}
    spent: dict[bool, list[float]] = {False: [], True: []}
    for turn in range(3):
        for keep in (False, True) if turn % 2 else (True, False):
            rates[keep].append(bench.rate(1, listings, photos=1, keep=keep))
            spent[keep].append(bench.spent / listings * 1000)
    for keep, name in ((False, "not kept"), (True, "kept in a folder")):
        say(f"| listings with one inline photo a second, photos {name}, median of 3 |"
            f" {median(rates[keep]):,.0f}, {median(spent[keep]):.2f} ms of processor time each |")  # fmt: skip


def measure(bench: Bench, sizes: Sizes) -> StreamFigures:
    """Every figure in turn."""
    text = measure_text(bench, sizes)
    photo: dict[int, list[float]] = {1: [], 2: []}
    for _, (workers, rates) in itertools.product(range(max(1, sizes.rounds - 1)), photo.items()):
        rates.append(bench.rate(workers, sizes.photo, photos=1))
    for workers, rates in photo.items():
        say(f"| listings with one inline photo a second, {workers} worker(s) | {words(rates)} |")
    rate = median(text["1"]) * SHARE_OF_CAPACITY
    load = bench.latency(rate, sizes.latency_seconds)
    alerted = spread(load.took)
    say(f"| listing to alert at {rate:,.0f}/s, one worker: p50 / p95 / p99 of {alerted.count} |"
        f" {alerted.p50:.0f} / {alerted.p95:.0f} / {alerted.p99:.0f} ms |")  # fmt: skip
    start = {}
    for bank in (1_000, sizes.large_bank):
        start[bank] = bench.ready(bank)
        say(f"| start of the process to ready, {bank:,} takedowns | {start[bank]:.1f} s |")
    table = bench.faust_table(sizes.large_bank)
    say(f"| start to ready, a Faust table of {sizes.large_bank:,} | {table:.1f} s |")
    matchable = spread(bench.matchable(sizes.takedowns))
    say(f"| takedown published to matchable in both workers, of {matchable.count}: median / worst |"
        f" {matchable.p50:.0f} / {matchable.worst:.0f} ms |")  # fmt: skip
    return StreamFigures(
        bank=bench.bank,
        listings=sizes.text,
        text={workers: tuple(text[str(workers)]) for workers in (1, 2)},
        faust=tuple(text["faust"]),
        bare=tuple(text["bare"]),
        photo={workers: tuple(rates) for workers, rates in photo.items()},
        latency=UnderLoad(rate, alerted, load.relists, load.missing, load.generator),
        start=start,
        faust_table=table,
        large_bank=sizes.large_bank,
        start_photos=measure_start_with_photos(bench, sizes.large_bank),
        matchable=matchable,
    )


def measure_text(bench: Bench, sizes: Sizes) -> dict[str, list[float]]:
    """Text listings a second: one worker, two, and what is under them, in turns."""
    rates: dict[str, list[float]] = {"1": [], "2": [], "faust": [], "bare": []}
    for _, (kind, found) in itertools.product(range(sizes.rounds), rates.items()):
        found.append(
            bench.rate(int(kind), sizes.text, photos=0) if kind.isdecimal() else bench.floor(kind, sizes.text)
        )
    for workers in "12":
        say(f"| text listings a second, {workers} worker(s), bank {bench.bank:,} | {words(rates[workers])} |")
    say(f"| Faust's agent that does nothing, the same listings | {words(rates['faust'])} |")
    say(f"| aiokafka alone, consumer to producer, the same listings | {words(rates['bare'])} |")
    return rates


def spread(took: Sequence[float]) -> Spread:
    """Of these milliseconds, one at least."""
    known = latency(took)
    if known is None:
        raise ValueError("nothing was measured")
    return Spread(known.p50, known.p95, known.p99, max(took), known.count)


def words(rates: Sequence[float]) -> str:
    """Their median, and all of them where there are several."""
    every = f" ({', '.join(f'{rate:,.0f}' for rate in rates)})" if rates[1:] else ""
    return f"{median(rates):,.0f}{every}"


def say(text: str) -> None:
    """A line of the table, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
