"""`python -m streams.benchmarks.start [--sizes 40000,200000] [--together 40000]`: a worker's start, memory and disk.

Each takedown has a photo, drawn so that its points crowd as real ones do. Every size has a fresh topic of a real local
Kafka; a worker starts on it without a snapshot, writes one, ends, and starts again with it. `--together`: then how much
memory two workers of one host take with snapshots of their own, and with one snapshot's files mapped by both. Memory is
of the worker's process alone, and of its photo process beside, from the kernel's smaps_rollup (proc(5)): RSS counts a
page that several processes map once for each, PSS divides it among them.
"""

import argparse
import contextlib
import os
import platform
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from fingerprints.photo_print import POINT, POINTS
from fingerprints.photo_store import FILES
from streams.bank.snapshot_folder import SnapshotFolder
from streams.benchmarks.stream import Bench, metric, process_tree, say
from streams.capacity.measure_bank import drawn_takedowns
from streams.capacity.measure_index import photo_prints
from streams.evaluation.report import machine, package_versions
from streams.kafka_local.broker import LocalKafka
from streams.records import ImageFingerprint, TakedownFingerprint
from streams.settings import Settings
from streams.topics import TAKEDOWN_FINGERPRINTS, topic_name
from streams.worker.worker_process import WorkerProcess

SIZES = (40_000, 200_000)
PATTERNS = 300
"""Drawn photos whose points all others' are like."""
WAIT_SECONDS = 1_200.0
WRITTEN = 'relistwatch_snapshots_total{outcome="written"}'
LOADED = 'relistwatch_snapshots_total{outcome="loaded"}'
MB = 1_000_000


class NotMeasuredError(RuntimeError):
    """A worker did not do what was to be measured; the message says what."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes. `private`: of no other process."""

    rss: int
    pss: int
    private: int


@dataclass(frozen=True, slots=True)
class Started:
    """One start. `photos`: the photo processes."""

    seconds: float
    worker: Memory
    photos: Memory


def memory_of(pids: Sequence[int]) -> Memory:
    """Of these processes together. Raises OSError: one has ended, or is another user's."""
    found = {"Rss": 0, "Pss": 0, "Private_Clean": 0, "Private_Dirty": 0}
    for pid in pids:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
        for name in found:
            line = re.search(rf"^{name}:\s+(\d+) kB$", rollup, re.MULTILINE)
            found[name] += int(line[1]) * 1024 if line else 0
    return Memory(found["Rss"], found["Pss"], found["Private_Clean"] + found["Private_Dirty"])


def disk_bytes(paths: Sequence[Path]) -> int:
    """Bytes of disk behind all files below; one with several names counts once."""
    files = {(s.st_dev, s.st_ino): s.st_blocks * 512
             for path in paths for file in path.rglob("*") if file.is_file() for s in (file.stat(),)}  # fmt: skip
    return sum(files.values())


def of_usual_size(takedown: TakedownFingerprint) -> TakedownFingerprint:
    """The takedown with as many points of its photo as a real one has: those that no bank holds were not drawn, but
    the topic has them and every start without a snapshot reads them."""
    photo = takedown.prints.photos[0].print
    points = (photo.points * (POINTS * POINT.itemsize // max(len(photo.points), 1) + 1))[
        : POINTS * POINT.itemsize
    ]
    image = ImageFingerprint(0, msgspec.structs.replace(photo, points=points))
    return msgspec.structs.replace(takedown, prints=msgspec.structs.replace(takedown.prints, photos=(image,)))


class StartBench:
    """One size after another on one broker."""

    def __init__(self, bench: Bench, kafka: Path, folder: Path) -> None:
        self._bench, self._kafka, self._folder = bench, kafka, folder
        self._patterns, _ = photo_prints(None, PATTERNS, 0, lambda _: None)

    def filled(self, size: int) -> tuple[Settings, int]:
        """A topic with so many takedowns, and its bytes of disk."""
        settings = self._bench.fresh()
        drawn = map(of_usual_size, drawn_takedowns(size, self._patterns))
        records = ((one.takedown.takedown_id, one) for one in drawn)
        self._bench.produce(settings, TAKEDOWN_FINGERPRINTS, records)
        name = topic_name(TAKEDOWN_FINGERPRINTS, settings.topics)
        return settings, disk_bytes(list(self._kafka.rglob(f"{name}-[0-9]*")))

    @contextlib.contextmanager
    def started(self, settings: Settings, count: int = 1) -> Iterator[tuple[list[WorkerProcess], float]]:
        """Workers that are ready, and the seconds until the last was."""
        with contextlib.ExitStack() as stack:
            began = time.monotonic()
            log = self._folder / f"{settings.kafka.group}.log"
            running = [stack.enter_context(WorkerProcess(settings, log)) for _ in range(count)]
            for worker in running:
                worker.wait_ready(WAIT_SECONDS)
            yield running, time.monotonic() - began

    def first(self, settings: Settings, count: int = 1) -> Started:
        """A start without a snapshot, after which there is one of each worker."""
        with self.started(settings, count) as (running, seconds):
            found = taken(running, seconds)
            for worker in running:
                wait_for(worker, WRITTEN)
        return found

    def again(self, settings: Settings, count: int = 1) -> Started:
        """A start with the snapshots that are there. Raises NotMeasuredError where one was not used."""
        with self.started(settings, count) as (running, seconds):
            for worker in running:
                if metric(worker, LOADED) != 1:
                    raise NotMeasuredError("a worker read the whole topic, though it had a snapshot")
            return taken(running, seconds)


def taken(running: Sequence[WorkerProcess], seconds: float) -> Started:
    """What the workers take now, together."""
    own = [worker.process.pid for worker in running]
    children = [pid for one in own for pid in process_tree(one) if pid != one]
    return Started(seconds, memory_of(own), memory_of(children))


def wait_for(worker: WorkerProcess, name: str) -> None:
    """Return when this metric counts something."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not metric(worker, name):
        if time.monotonic() > deadline:
            raise NotMeasuredError(f"{name} stayed 0 for {WAIT_SECONDS:.0f} s")
        time.sleep(0.2)


def share_snapshot(settings: Settings) -> None:
    """Make the second worker's snapshot one of the first's files: second names of those that nobody writes to, copies
    of the rows and thumbnails, which each worker goes on with by itself."""
    topic = topic_name(TAKEDOWN_FINGERPRINTS, settings.topics)
    folders = [SnapshotFolder.take(settings.worker.data_dir, topic) for _ in range(2)]
    first, second = (folder.newest() for folder in folders)
    if first is None or second is None:
        raise NotMeasuredError("a worker left no snapshot")
    shutil.rmtree(second)
    second.mkdir()
    for path in first.iterdir():
        if path.name in FILES:
            shutil.copyfile(path, second / path.name)
        else:
            (second / path.name).hardlink_to(path)
    for folder in folders:
        folder.close()


def row(size: int, how: str, found: Started, disk: str) -> str:
    """A line of the table."""
    worker, photos = found.worker, found.photos
    return (f"| {size:,} | {how} | {found.seconds:.1f} | {worker.rss / MB:,.0f} / {worker.pss / MB:,.0f} / "
            f"{worker.private / MB:,.0f} | {photos.pss / MB:,.0f} | {disk} |")  # fmt: skip


def measure(bench: StartBench, sizes: Sequence[int], together: int) -> None:
    """All of it, a line as each comes."""
    say(
        "| takedowns | start | s to ready | worker MB: RSS / PSS / private | photo process PSS, MB | disk, MB |"
    )
    say("|---|---|---|---|---|---|")
    filled: dict[int, Settings] = {}
    for size in sizes:
        filled[size], topic = bench.filled(size)
        settings = filled[size]
        say(row(size, "without a snapshot", bench.first(settings), f"topic {topic / MB:,.0f}"))
        found = bench.again(settings)
        kept = disk_bytes([Path(settings.worker.data_dir)])
        say(row(size, "with one", found, f"data_dir {kept / MB:,.0f}"))
    if not together:
        return
    settings = filled[together] if together in filled else bench.filled(together)[0]
    shutil.rmtree(settings.worker.data_dir, ignore_errors=True)
    bench.first(settings, 2)
    say(row(together, "two workers, a snapshot each", bench.again(settings, 2), ""))
    share_snapshot(settings)
    say(row(together, "two workers, one snapshot mapped by both", bench.again(settings, 2), ""))


def main() -> None:
    """Measure on a local Kafka."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--sizes", type=lambda text: [int(size) for size in text.split(",") if size],
                        default=list(SIZES), help="takedowns, each with a photo")  # fmt: skip
    parser.add_argument("--together", type=int, default=SIZES[0], help="takedowns of two workers; 0 for none")
    parser.add_argument("--folder", type=Path, help="where the files go meanwhile: 45 KB of disk a takedown")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="relistwatch-start-", dir=options.folder) as folder:
        root = Path(folder)
        with LocalKafka(root / "kafka", heap_mb=768, die_with_parent=True) as broker:
            measure(StartBench(Bench(broker, root), root / "kafka", root), options.sizes, options.together)
    say(f"\n{machine()}, {os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB; "
        f"Python {platform.python_version()}; {package_versions()}")  # fmt: skip


if __name__ == "__main__":
    main()
