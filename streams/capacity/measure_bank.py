"""What a takedown takes of a worker: memory, snapshot, and the time to fill the bank from the topic or a snapshot.

Each size has a process of its own, since memory that was given back is not given back to the system.
"""

import itertools
import multiprocessing
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from connectors.codec import Codec
from connectors.sample.stream import stream_listings
from fingerprints.photo_print import PhotoPrint
from streams.bank.takedown_index import collector_paused
from streams.benchmarks.stream import as_takedown
from streams.capacity.series import Point
from streams.die_with_parent import die_with_parent
from streams.engine.pipeline import fingerprint_takedown
from streams.engine.takedown_bank import TakedownBank
from streams.evaluation.photo_bench_bank import PrintDrawer
from streams.process_memory import private
from streams.records import ImageFingerprint, TakedownFingerprint

READ_BATCH = 500
"""Records whose JSON waits while they are decoded, so that making them is not timed."""
WAIT_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class BankSize:
    """One bank: bytes and seconds of processor time in all. `held_back`: while which changes waited for a snapshot, by
    the clock, since most of it is the disk's."""

    takedowns: int
    memory: int
    snapshot: int
    read: float
    held_back: float
    load: float


def bank_sizes(
    sizes: Sequence[int], patterns: Sequence[PhotoPrint], folder: Path, *, photos: bool
) -> list[BankSize]:
    """A bank of each size, takedowns of text alone or with one photo each like `patterns`."""
    return [_apart(_fill_and_load, size, list(patterns) if photos else [], str(folder)) for size in sizes]


def bank_series(found: Sequence[BankSize], kind: str) -> dict[str, list[Point]]:
    """The series of these sizes, `kind` being text or photo."""
    series = {
        f"{kind}_memory": [Point(one.takedowns, one.memory) for one in found],
        f"{kind}_snapshot": [Point(one.takedowns, one.snapshot) for one in found],
        f"{kind}_read": [Point(one.takedowns, one.read) for one in found],
        f"{kind}_load": [Point(one.takedowns, one.load) for one in found],
    }
    if kind == "photo":
        series["photo_held_back"] = [Point(one.takedowns, one.held_back) for one in found]
    return series


def drawn_takedowns(
    size: int, patterns: Sequence[PhotoPrint], photos: int | None = None, *, share: int = 0
) -> Iterator[TakedownFingerprint]:
    """Takedowns of the sample marketplace; the first `photos` of them, or all, with a photo each where there are
    patterns. Those of another `share` are others."""
    drawer = PrintDrawer()
    for pattern in patterns:
        drawer.learn(pattern)
    many = size if photos is None else photos
    drawn = drawer.prints(share * many, many) if patterns else iter(())
    for event in itertools.islice(stream_listings(seed=99 + share), size):
        made = fingerprint_takedown(as_takedown(event), ())
        if (photo := next(drawn, None)) is not None:
            prints = msgspec.structs.replace(made.prints, photos=(ImageFingerprint(0, photo),))
            made = msgspec.structs.replace(made, prints=prints)
        yield made


def _apart(work: object, *arguments: object) -> BankSize:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(theirs, *arguments))  # type: ignore[arg-type]
    process.start()
    theirs.close()
    try:
        # A child that dies closes its end: EOFError, not an endless wait.
        if not ours.poll(WAIT_SECONDS):
            raise TimeoutError(f"a bank was not measured within {WAIT_SECONDS} s")
        found: BankSize = ours.recv()
    finally:
        process.terminate()
        process.join()
    return found


def _fill_and_load(pipe: Connection, size: int, patterns: list[PhotoPrint], folder: str) -> None:
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        die_with_parent(parent.pid)
    with tempfile.TemporaryDirectory(dir=folder) as work:
        root = Path(work)
        (root / "first").mkdir()
        bank, codec = TakedownBank(root / "first"), Codec(TakedownFingerprint, ours=True)
        made = drawn_takedowns(size, patterns)
        before, read, takedowns = private(), 0.0, 0
        # As `TakedownIndex` fills it from a topic without a snapshot.
        bank.begin_filling()
        with collector_paused():
            while batch := [msgspec.json.encode(one) for one in itertools.islice(made, READ_BATCH)]:
                started = time.process_time()
                for raw in batch:
                    bank.put(codec.decode(raw).record)
                read += time.process_time() - started
                takedowns += len(batch)
            started = time.process_time()
            bank.finish_filling()
            bank.photos.settle()
            read += time.process_time() - started
        memory = private() - before
        saved = root / "saved"
        saved.mkdir()
        started = time.perf_counter()
        frozen = bank.freeze()
        frozen.write_changing(saved)
        bank.thaw(frozen)
        held_back = time.perf_counter() - started
        frozen.write_rest(saved)
        snapshot = sum(path.stat().st_size for path in saved.rglob("*") if path.is_file())
        (root / "second").mkdir()
        again, started = TakedownBank(), time.process_time()
        with collector_paused():
            again.load(saved, root / "second")
        load = time.process_time() - started
        again.photos.close()
        bank.photos.close()
    pipe.send(BankSize(takedowns, memory, snapshot, read, held_back, load))
