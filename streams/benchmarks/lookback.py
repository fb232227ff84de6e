"""The figures of docs/benchmarks.md for looking back: `python -m streams.benchmarks.lookback [--listings 100000]`.

Stores are filled and passed over without Kafka, one process a shard, each with its share of the listings and with all
takedowns. Photos' fingerprints are made of points of drawn photos, mixed anew for each, so that their codes are as
common and as rare as those of pictures are; noise would be met by nothing. Live latency is measured on a real Kafka.
"""

import argparse
import itertools
import multiprocessing
import re
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import quantiles

import msgspec
import numpy as np

from connectors.sample.catalogue import look_of
from connectors.sample.draw import draw_photo
from connectors.sample.seeds import dice
from connectors.sample.stream import stream_listings
from fingerprints.photo_print import POINT, POINTS, PhotoPrint, print_of_bytes, unpack_points
from streams.bench.figures import LookbackFigures, LookbackRow
from streams.benchmarks.stream import WAIT_SECONDS, Bench, as_takedown, say, under_load
from streams.engine.pipeline import fingerprint_listing, fingerprint_takedown
from streams.engine.rules import Rules
from streams.engine.takedown_bank import TakedownBank
from streams.kafka_clients.topic_identity import TopicIdentity
from streams.kafka_local.broker import LocalKafka
from streams.lookback.listing_store import ListingStore
from streams.lookback.plan import Wanted
from streams.lookback.search import Pass
from streams.process_memory import private
from streams.records import ImageFingerprint, ListingFingerprint, Prints, TakedownFingerprint
from streams.settings import Settings
from streams.topics import FINGERPRINTS, TAKEDOWN_FINGERPRINTS
from streams.worker.worker_process import WorkerProcess

POOL = 250
"""Photos that are drawn. Their points are mixed, and a sixteenth of the bits turned: two mixtures have some of them in
common, as two photos have edges and corners."""
POOL_FILE = "pool.msgpack"
BANK = 40_000
TAKEDOWNS = (1, 10, 100, 1000)
RELISTS = 5
"""Listings that are each of the hundred first takedowns come back, by title and by photo in turn."""
LIVE_RATE = 200.0
LIVE_SECONDS = 20.0
NOW = datetime(2026, 11, 25, tzinfo=UTC)
IDENTITY = TopicIdentity("benchmark", "fingerprints", "")


class Photos:
    """Fingerprints of photos that look like others' point by point, and are nobody's copy."""

    def __init__(self, folder: Path) -> None:
        points, self._thumbnails = msgspec.msgpack.decode(
            (folder / POOL_FILE).read_bytes(), type=tuple[bytes, list[bytes]]
        )
        self._points = unpack_points(points)

    @staticmethod
    def draw(folder: Path, many: int = POOL) -> None:
        """Draw the pool into the folder; a photo takes some 0.1 s."""
        chance = dice("lookback", 1)
        drawn = (draw_photo(look_of(chance), place % 97, place) for place in range(many))
        prints = [one for raw in drawn if (one := print_of_bytes(raw, max_pixels=10**8)) is not None]
        pool = (b"".join(one.points for one in prints), [one.thumbnail for one in prints[:100]])
        (folder / POOL_FILE).write_bytes(msgspec.msgpack.encode(pool))

    def number(self, number: int) -> PhotoPrint:
        """The same for the same number."""
        noise = np.random.default_rng(number)
        points = self._points[noise.integers(0, len(self._points), POINTS)]
        places = noise.integers(0, 65536, (2, POINTS), dtype=np.uint16)
        points["x"], points["y"] = places
        turned = np.bitwise_and.reduce(noise.integers(0, 2**32, (4, POINTS), dtype=np.uint32))
        points["signs"] ^= turned
        points["large"] ^= np.bitwise_and.reduce(noise.integers(0, 2**16, (4, POINTS), dtype=np.uint16))
        thumbnail = self._thumbnails[number % len(self._thumbnails)]
        return PhotoPrint(noise.bytes(32), noise.bytes(32), 480, 640, points.tobytes(), thumbnail)

    def edited(self, number: int) -> PhotoPrint:
        """The photo of this number with half of its points lost, for others, and another hash."""
        photo, other = self.number(number), self.number(number + 10**9)
        points, theirs = unpack_points(photo.points).copy(), unpack_points(other.points)
        points[::2] = theirs[::2]
        return PhotoPrint(other.plain, other.mirrored, 480, 640, points.tobytes(), photo.thumbnail)


assert POINT.itemsize == 16  # noqa: S101  `Photos.number` writes its fields


def with_photo(prints: Prints, photo: PhotoPrint | None) -> Prints:
    """The prints with this photo, or as they are."""
    return msgspec.structs.replace(prints, photos=(ImageFingerprint(0, photo),)) if photo else prints


def takedowns(count: int, photos: Photos | None) -> Iterator[TakedownFingerprint]:
    """Takedowns with a photo each, or by their text alone."""
    events = itertools.islice(stream_listings(seed=99, photos=0), count)
    for number, event in enumerate(events):
        made = fingerprint_takedown(as_takedown(event), ())
        photo = photos.number(number) if photos else None
        yield msgspec.structs.replace(made, prints=with_photo(made.prints, photo))


def listings(count: int, photos: Photos | None, shard: int, shards: int) -> Iterator[ListingFingerprint]:
    """This shard's share of the listings, relists of the hundred first takedowns among them."""
    taken = list(itertools.islice(stream_listings(seed=99, photos=0), 100))
    every = max(count // (RELISTS * len(taken)), 2)
    for number, event in enumerate(itertools.islice(stream_listings(seed=7, photos=0), count)):
        if number % shards != shard:
            continue
        of, relist = number // every % len(taken), number % every == 0
        by_photo = relist and photos is not None and number // every // len(taken) % 2 == 0
        changed = msgspec.structs.replace(event, title=taken[of].title) if relist and not by_photo else event
        made = fingerprint_listing(changed, ())
        photo = None
        if photos is not None:
            photo = photos.edited(of) if by_photo else photos.number(10_000_000 + number)
        yield msgspec.structs.replace(made, prints=with_photo(made.prints, photo))


@dataclass(frozen=True, slots=True)
class Filled:
    """One shard after filling: seconds and memory of the process for what came in, disk, and to open it again."""

    listings: int
    seconds: float
    memory: int
    disk: int
    opened: float


@dataclass(frozen=True, slots=True)
class Passed:
    """One pass of one shard. `used`: seconds of processor time, which other work on the machine does not lengthen."""

    takedowns: int
    seconds: float
    used: float
    alerts: int
    matched: int


def shard_process(
    pipe: Connection, folder: str, count: int, bank_size: int, share: tuple[int, int], *, with_photos: bool
) -> None:
    """Fill, then a pass for each number of takedowns that comes through the pipe; 0 ends it."""
    photos = Photos(Path(folder)) if with_photos else None
    bank = TakedownBank()
    bank.begin_filling()
    for one in takedowns(bank_size, photos):
        bank.put(one)
    bank.finish_filling()
    bank.photos.settle()
    number, of = share
    store = ListingStore(folder, "fingerprints", (number + 1, of), 30.0)
    store.open_at(IDENTITY, {0: 10**12})
    codec, decode = msgspec.json.encode, msgspec.json.Decoder(ListingFingerprint).decode
    before, took, filled = private(), 0.0, 0
    for listing in listings(count, photos, number, of):
        raw = codec(listing)
        started = time.process_time()
        store.append(decode(raw), NOW.timestamp())
        took += time.process_time() - started
        filled += 1
        if filled % 20_000 == 0:
            store.save({0: filled})
    store.save({0: filled})
    memory = private() - before
    store.close()
    started = time.perf_counter()
    store = ListingStore(folder, "fingerprints", (number + 1, of), 30.0)
    store.open_at(IDENTITY, {0: 10**12})
    store.views(0, NOW.timestamp())
    pipe.send(Filled(filled, took, memory, store.disk_bytes, time.perf_counter() - started))
    ids = list(bank.takedowns)
    while (many := pipe.recv()) > 0:
        wanted = [Wanted(one, 0, n, NOW.timestamp(), 0.0) for n, one in enumerate(ids[:many])]
        started, used = time.perf_counter(), time.process_time()
        done = Pass(store, bank, Rules(), wanted, NOW)
        for _ in done.steps():
            pass
        wall, used = time.perf_counter() - started, time.process_time() - used
        pipe.send(Passed(many, wall, used, len(done.alerts), sum(done.found.values())))
    store.close()


def measure_passes(
    count: int, bank: int, shards: int, takedown_counts: Sequence[int], *, photos: bool, pool: int = POOL
) -> list[LookbackRow]:
    """Fill and pass, printing rows."""
    rows = []
    what = f"{count:,} listings, {'one photo each' if photos else 'text'}"
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="relistwatch-lookback-") as folder:
        if photos:
            Photos.draw(Path(folder), pool)
        pipes = []
        for number in range(shards):
            ours, theirs = context.Pipe()
            arguments = (theirs, folder, count, bank, (number, shards))
            context.Process(
                target=shard_process, args=arguments, kwargs={"with_photos": photos}, daemon=True
            ).start()
            pipes.append(ours)
        filled: list[Filled] = [pipe.recv() for pipe in pipes]
        total = sum(one.listings for one in filled)
        seconds = max(one.seconds for one in filled)
        say(f"| {what}: stored, {shards} processes | {total / seconds:,.0f} a second, {seconds:.1f} s |")
        say(f"| memory / disk a listing | {sum(one.memory for one in filled) / total:,.0f} B /"
            f" {sum(one.disk for one in filled) / total / 1000:.1f} KB |")  # fmt: skip
        say(f"| opened again after a restart | {max(one.opened for one in filled):.2f} s |")
        for many in takedown_counts:
            for pipe in pipes:
                pipe.send(many)
            passed: list[Passed] = [pipe.recv() for pipe in pipes]
            slowest = max(one.seconds for one in passed), max(one.used for one in passed)
            rows.append(LookbackRow(photos, many, *slowest))
            say(f"| {what}: looked back for {many:,} takedown(s), {shards} processes |"
                f" {slowest[0]:.2f} s ({slowest[1]:.2f} s of a core"
                f" each), {sum(one.alerts for one in passed):,} alerts,"
                f" {sum(one.matched for one in passed):,} matched |")  # fmt: skip
        for pipe in pipes:
            pipe.send(0)
    return rows


def live_latency(bench: Bench, folder: Path, count: int, *, lookback: bool) -> list[float]:
    """Milliseconds from listing to alert with one worker under an open load, while a look back passes over `count`
    listings again and again, or without one."""
    settings = bench.fresh()
    settings = msgspec.structs.replace(
        settings, lookback=msgspec.structs.replace(settings.lookback, settle_seconds=1.0)
    )
    bench.fill_bank(settings, BANK)
    stored = (fingerprint_listing(event, ()) for event in itertools.islice(stream_listings(seed=8), count))
    bench.produce(settings, FINGERPRINTS, ((one.listing.key, one) for one in stored))
    stop = threading.Event()
    with bench.workers(settings, 1) as workers:
        while "relistwatch_events_in" in (text := workers[0].metrics()) and _matched(text) < count:
            time.sleep(0.2)
        if not lookback:
            return under_load(settings, LIVE_RATE, LIVE_SECONDS)
        log = folder / f"{settings.kafka.group}-lookback.log"
        with WorkerProcess(settings, log, ("lookback",)) as process:
            process.wait_ready(WAIT_SECONDS)
            feeder = threading.Thread(target=_new_takedowns, args=(bench, settings, stop))
            feeder.start()
            try:
                return under_load(settings, LIVE_RATE, LIVE_SECONDS)
            finally:
                stop.set()
                feeder.join()
                seconds = re.findall(r'pass_seconds_sum{phase="(\w+)"} (\S+)', process.metrics())
                say(f"| of {LIVE_SECONDS:.0f} s in passes |"
                    f" {sum(float(one) for _, one in seconds):.0f} s |")  # fmt: skip


def _matched(text: str) -> float:
    found = re.search(r'relistwatch_events_in_total{topic="fingerprints"} (\S+)', text)
    return float(found[1]) if found else 0.0


def _new_takedowns(bench: Bench, settings: Settings, stop: threading.Event) -> None:
    """One a second, so that there is always a pass to do."""
    for event in stream_listings(seed=55):
        if stop.wait(1.0):
            return
        made = fingerprint_takedown(as_takedown(event), ())
        bench.produce(settings, TAKEDOWN_FINGERPRINTS, [(made.takedown.takedown_id, made)])


def measure_live(count: int) -> None:
    """With and without."""
    with tempfile.TemporaryDirectory(prefix="relistwatch-lookback-") as folder:
        root = Path(folder)
        with LocalKafka(root / "kafka", heap_mb=768, die_with_parent=True) as broker:
            bench = Bench(broker, root)
            for lookback in (False, True, False, True):
                took = live_latency(bench, root, count, lookback=lookback)
                cuts = quantiles(took, n=100, method="inclusive")
                how = f"with a look back over {count:,}" if lookback else "without a look back"
                say(f"| listing to alert at {LIVE_RATE:.0f}/s, {how}: p50 / p95 / p99 of {len(took)} |"
                    f" {cuts[49]:.0f} / {cuts[94]:.0f} / {cuts[98]:.0f} ms |")  # fmt: skip


def main() -> None:
    """Measure, printing a table's row as each figure comes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listings", type=int, default=100_000, help="recent listings (default 100000)")
    parser.add_argument("--bank", type=int, default=BANK, help="takedowns held in all (default 40000)")
    parser.add_argument("--shards", type=int, default=2, help="processes that share the listings (default 2)")
    parser.add_argument("--takedowns", type=int, nargs="*", default=list(TAKEDOWNS), help="of each pass")
    parser.add_argument("--pool", type=int, default=POOL, help=f"photos that are drawn (default {POOL})")
    parser.add_argument("--only", nargs="+", choices=["text", "photos", "live"], help="these parts alone")
    parser.add_argument("--json", type=Path, help="write the passes' times here too")
    arguments = parser.parse_args()
    parts = arguments.only or ["text", "photos", "live"]
    rows: list[LookbackRow] = []
    say("| figure | value |\n|---|---|")
    for part, photos in (("text", False), ("photos", True)):
        if part in parts:
            rows += measure_passes(
                arguments.listings,
                arguments.bank,
                arguments.shards,
                arguments.takedowns,
                photos=photos,
                pool=arguments.pool,
            )
    if "live" in parts:
        measure_live(arguments.listings)
    if arguments.json is not None:
        figures = LookbackFigures(arguments.listings, arguments.bank, arguments.shards, tuple(rows))
        arguments.json.write_bytes(msgspec.json.encode(figures))


if __name__ == "__main__":
    main()
