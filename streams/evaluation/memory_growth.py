"""`python -m streams.evaluation.memory_growth`: memory and look-ups of the title index and of the perceptual-hash tier,
filled to ten million drawn entries, or to as many as fit.

Each kind is filled in a process of its own, and measured at each size on the way. Titles are the sample marketplace's;
hashes are uniform bits, among which a look-up meets what it must look at by chance. Times are of one thread's
processor; bytes are what the process grew by, its peak beside. The report goes to stdout as markdown. Exit code 0 also
where the largest size did not fit: the row says which did.
"""

import argparse
import itertools
import math
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct

from connectors.sample.seeds import field
from fingerprints.hamming_index import WORDS
from fingerprints.photo_hash import PhotoHash, new_hash_index
from fingerprints.title_index import TitleIndex
from fingerprints.title_print import TITLE
from streams.die_with_parent import die_with_parent
from streams.evaluation.photo_bench_methods import LIMIT
from streams.evaluation.report import machine, package_versions
from streams.evaluation.title_bench import BANK_SEED, QUERY_SEED, sample_titles
from streams.process_memory import resident

SIZES = (1_000_000, 4_000_000, 10_000_000)
QUERIES = 1_000
CHUNK = 50_000
"""Entries between two looks at the memory."""
GIB = 1 << 30
HASH_BYTES = 32


class Row(Struct, frozen=True):
    """A kind at one size. Bytes an entry of the process's growth; seconds to fill of processor; look-ups in
    microseconds. `fits` False: the memory was at its limit, and this is as far as it went."""

    kind: str
    entries: int
    bytes_each: float
    peak_gib: float
    fill_seconds: float
    median: float
    p99: float
    fits: bool = True


@dataclass(frozen=True, slots=True)
class Limit:
    """GiB of memory: of the process alone, and of all that the machine has in use."""

    own: float
    machine: float

    def reached(self) -> bool:
        """Whether either is, now."""
        return resident() > self.own * GIB or used_by_all() > self.machine * GIB


class Titles:
    """The title index of the sample marketplace's titles."""

    def __init__(self) -> None:
        self._index = TitleIndex()
        self._drawn = sample_titles(BANK_SEED, sys.maxsize)
        self._number = itertools.count()

    def fill(self, many: int) -> float:
        """Add so many; the seconds that it took, without the drawing."""
        prints = [TITLE.fingerprint(title) for title in itertools.islice(self._drawn, many)]
        started = time.thread_time()
        for one in prints:
            self._index.add(f"t{next(self._number)}", () if one is None else (one,))
        return time.thread_time() - started

    def look_ups(self, many: int) -> Iterator[Callable[[], object]]:
        """Searches for other titles of the same marketplace."""
        for title in sample_titles(QUERY_SEED, many):
            if (query := TITLE.fingerprint(title)) is not None:
                yield partial(self._index.search, query, LIMIT)


class Hashes:
    """The first tier of the photo index alone."""

    def __init__(self) -> None:
        self._index = new_hash_index()
        self._added = 0

    def fill(self, many: int) -> float:
        """Add so many; the seconds that it took, without the drawing."""
        words = field("memory growth", self._added).integers(0, 1 << 64, (WORDS, many), np.uint64)
        wheres = [(f"p{number}", 0) for number in range(self._added, self._added + many)]
        started = time.thread_time()
        self._index.add_all(wheres, words)
        self._added += many
        return time.thread_time() - started

    def look_ups(self, many: int) -> Iterator[Callable[[], object]]:
        """Searches for hashes that nothing resembles, mirrored ones beside."""
        numbers = field("memory growth queries")
        for _ in range(many):
            query = PhotoHash(numbers.bytes(HASH_BYTES), numbers.bytes(HASH_BYTES))
            yield partial(self._index.search, query, LIMIT)


KINDS: Mapping[str, Callable[[], Titles | Hashes]] = {"titles": Titles, "hashes": Hashes}


def main(arguments: Sequence[str]) -> int:
    """Measure each kind in a child, and print; the exit code."""
    options = _parser().parse_args(arguments)
    limit = Limit(options.own, options.all)
    if options.child:
        for row in grown(options.child, sorted(options.sizes), limit, _say):
            sys.stdout.write(msgspec.json.encode(row).decode() + "\n")
            sys.stdout.flush()
        return 0
    rows: list[Row] = []
    for kind in options.kinds:
        try:
            rows += measured_apart(kind, arguments)
        except subprocess.CalledProcessError as error:
            sys.stderr.write(f"memory growth: {kind} ended with exit code {error.returncode}\n")
            return 1
    sys.stdout.write("\n".join(report(rows)) + "\n")
    return 0


def measured_apart(kind: str, arguments: Sequence[str]) -> list[Row]:
    """The rows of a kind, from a process of its own. Raises CalledProcessError."""
    command = [sys.executable, "-P", "-m", "streams.evaluation.memory_growth", *arguments, "--child", kind]
    done = subprocess.run(  # noqa: S603  our own command
        command,
        stdout=subprocess.PIPE,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        preexec_fn=partial(die_with_parent, os.getpid()),
    )
    return msgspec.json.Decoder(Row).decode_lines(done.stdout)


def grown(kind: str, sizes: Sequence[int], limit: Limit, say: Callable[[str], None]) -> Iterator[Row]:
    """A row at each size, the last one smaller where the memory came to its limit."""
    before = resident()
    filled, entries, seconds = KINDS[kind](), 0, 0.0
    for size in sizes:
        while entries < size and not limit.reached():
            many = min(CHUNK, size - entries)
            seconds += filled.fill(many)
            entries += many
            if entries % (10 * CHUNK) == 0:
                say(f"{kind} {entries:,}: {resident() / GIB:.2f} GiB, {seconds:.0f} s")
        held = resident() - before
        median, p99 = look_up_times(list(filled.look_ups(QUERIES)))
        fits = entries == size
        yield Row(kind, entries, held / max(entries, 1), peak() / GIB, seconds, median, p99, fits)
        if not fits:
            return


def look_up_times(look_ups: Sequence[Callable[[], object]]) -> tuple[float, float]:
    """Median and 99th percentile in microseconds, after a warm-up of a tenth."""
    for look_up in look_ups[: len(look_ups) // 10]:
        look_up()
    took = []
    for look_up in look_ups:
        started = time.thread_time()
        look_up()
        took.append(time.thread_time() - started)
    micro = np.array(took) * 1e6
    return float(np.median(micro)), float(np.quantile(micro, 0.99))


def peak() -> int:
    """Bytes of memory that the process had at most (Linux, proc(5): VmHWM)."""
    return _kilobytes(Path("/proc/self/status"), "VmHWM")


def used_by_all() -> int:
    """Bytes of the machine's memory that cannot be had without swapping (proc(5): MemTotal - MemAvailable)."""
    info = Path("/proc/meminfo")
    return _kilobytes(info, "MemTotal") - _kilobytes(info, "MemAvailable")


def _kilobytes(path: Path, name: str) -> int:
    lines = path.read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name + ":"))


def report(rows: Sequence[Row]) -> Iterator[str]:
    """Markdown. The exponent is of the median look-up since the row before: 0 where it does not grow, 1 where it
    grows as the entries do."""
    yield "| kind | entries | bytes each | peak, GiB | fill, s | look-up µs, median / p99 | exponent |"
    yield "|---" * 7 + "|"
    before: Row | None = None
    for row in rows:
        steeper = ""
        if before is not None and before.kind == row.kind and row.entries > before.entries:
            steeper = f"{math.log(row.median / before.median) / math.log(row.entries / before.entries):.2f}"
        full = "" if row.fits else " (memory full)"
        yield (
            f"| {row.kind} | {row.entries:,}{full} | {row.bytes_each:,.0f} | {row.peak_gib:.1f} | "
            f"{row.fill_seconds:,.0f} | {row.median:,.0f} / {row.p99:,.0f} | {steeper} |"
        )
        before = row
    yield from ("", f"{machine()}; Python {platform.python_version()}; {package_versions()}")


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


def _sizes(text: str) -> list[int]:
    return [int(size) for size in text.split(",") if size]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m streams.evaluation.memory_growth",
        description="Memory and look-ups of titles and perceptual hashes as their number grows.",
    )
    parser.add_argument("--sizes", type=_sizes, default=list(SIZES), help="entries to measure at")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--own", type=float, default=12.0, help="GiB that the process may have")
    parser.add_argument("--all", type=float, default=20.0, help="GiB that the machine may have in use")
    parser.add_argument("--child", choices=KINDS, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
