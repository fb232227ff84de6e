"""What shards cost and give, beside one worker that holds everything: `python -m streams.benchmarks.shards [--quick]`.

On a real local Kafka, by turns, so that a noisy machine is noisy for both: the time from when a listing was due until
its alert is read, under an open load that leaves the cores idle half of the time, and the memory of each process.
"""

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

from streams.benchmarks.stream import WAIT_SECONDS, Bench, processor_seconds, say, under_load
from streams.kafka_local.broker import LocalKafka
from streams.process_memory import private
from streams.settings import Settings
from streams.worker.worker_process import WorkerProcess

SHARDS = (1, 2, 4)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured. `rate`: listings a second; four shards beside broker and load must not fill two cores."""

    bank: int
    rate: float
    seconds: float
    rounds: int


FULL = Sizes(bank=40_000, rate=200.0, seconds=20.0, rounds=3)
QUICK = Sizes(bank=2_000, rate=100.0, seconds=4.0, rounds=1)


@dataclass(slots=True)
class Found:
    """Of one number of shards: milliseconds of each relist, seconds of processor time, bytes of each matching process
    and of the one that only fingerprints, where there is one."""

    took: list[float] = field(default_factory=list)
    spent: float = 0.0
    matching: list[int] = field(default_factory=list)
    fingerprinting: int = 0


@contextlib.contextmanager
def workers_of(shards: int, settings: Settings, folder: Path) -> Iterator[list[WorkerProcess]]:
    """Ready: one worker that does all, or a process a shard and after them one that fingerprints."""
    commands: list[tuple[str, ...]] = [("worker",)]
    if shards > 1:
        commands = [("worker", "--shard", f"{number}/{shards}") for number in range(1, shards + 1)]
        commands.append(("worker", "--only", "fingerprint"))
    with contextlib.ExitStack() as stack:
        started = [
            stack.enter_context(
                WorkerProcess(settings, folder / f"{settings.kafka.group}-{number}.log", command)
            )
            for number, command in enumerate(commands)
        ]
        for worker in started:
            worker.wait_ready(WAIT_SECONDS)
        yield started


def measure(bench: Bench, folder: Path, sizes: Sizes, show: Callable[[str], None]) -> dict[int, Found]:
    """By number of shards; rounds go forwards and backwards."""
    found = {shards: Found() for shards in SHARDS}
    for turn in range(sizes.rounds):
        for shards in SHARDS if turn % 2 == 0 else reversed(SHARDS):
            show(f"round {turn + 1} of {sizes.rounds}, shards: {shards}")
            settings = bench.fresh()
            bench.fill_bank(settings, sizes.bank)
            with workers_of(shards, settings, folder) as running:
                pids = [worker.process.pid for worker in running]
                before = sum(map(processor_seconds, pids))
                found[shards].took += under_load(settings, sizes.rate, sizes.seconds)
                found[shards].spent += sum(map(processor_seconds, pids)) - before
                memory = [private(pid) for pid in pids]
                found[shards].matching = memory[:shards]
                found[shards].fingerprinting = sum(memory[shards:])
    return found


def rows(found: dict[int, Found], sizes: Sizes) -> Iterator[str]:
    """Of a table in markdown."""
    yield "| shards | listing to alert p50 / p95 / p99 | processor ms a listing | MB: a shard / fingerprints only |"
    yield "|---|---|---|---|"
    listings = sizes.rounds * sizes.rate * sizes.seconds
    for shards, one in found.items():
        cuts = quantiles(one.took, n=100, method="inclusive")
        memory = f"{min(one.matching) / 1e6:.0f} to {max(one.matching) / 1e6:.0f}"
        alone = f"{one.fingerprinting / 1e6:.0f}" if one.fingerprinting else "–"
        yield (f"| {shards} | {cuts[49]:.0f} / {cuts[94]:.0f} / {cuts[98]:.0f} ms of {len(one.took)} "
               f"| {one.spent / listings * 1000:.2f} | {memory} / {alone} |")  # fmt: skip


def tell(text: str) -> None:
    """A line of progress."""
    sys.stderr.write(text + "\n")


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, to try it out")
    sizes = QUICK if parser.parse_args().quick else FULL
    with tempfile.TemporaryDirectory(prefix="relistwatch-shards-") as name:
        folder = Path(name)
        with LocalKafka(folder / "kafka", heap_mb=768, die_with_parent=True) as broker:
            found = measure(Bench(broker, folder), folder, sizes, tell)
    for row in rows(found, sizes):
        say(row)


if __name__ == "__main__":
    main()
