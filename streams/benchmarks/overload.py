"""More load than one worker can bear, on a real local Kafka: is anything lost, does memory stay, are takedowns starved?

`python -m streams.benchmarks.overload --seconds 300 --times 3`: capacity first, then three times that for five minutes,
with new takedowns published all the while and a look back beside; then the backlog is worked off, and every listing
and every relist is counted. `--soak 60`: as much as the worker can do for an hour, and the curve of its memory.
Exit code 1 where something was lost, grew or was starved.
"""

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
from kafka import KafkaProducer

from connectors.events import ListingEvent
from streams.benchmarks.overload_load import (
    MARKETPLACE,
    TAKEN,
    Feeder,
    Outcome,
    number_of,
    probe_events,
    records,
    resident_together,
)
from streams.benchmarks.overload_verdict import MB, Limits, Probe, Run, Sample, faults, growth, soak_faults
from streams.benchmarks.stream import Bench, as_takedown, held, matched, metric, say
from streams.kafka_clients.kafka_options import client_options
from streams.kafka_local.broker import LocalKafka
from streams.percentiles import percentile
from streams.settings import Settings
from streams.topics import ALERTS, HELD_ALERTS, TAKEDOWNS, topic_name
from streams.worker.worker_process import WorkerProcess

LOOK_SECONDS = 1.0
PROBE_SECONDS = 5.0
MOST_PROBES = 60
FIRST_SECONDS = 2.0
"""After the load begins, until the first takedown of a listing that has come by then."""
STALLED_SECONDS = 120.0
"""Without a listing matched while the backlog is worked off, the run is over."""
HEADROOM = 128 * MB
"""Above what the worker takes idle, besides the two buffers: Kafka's answers, batches in hand, garbage."""
SOAK_BACKLOG_SECONDS = 5.0
"""Of work, that a soak keeps before the worker."""


class Scene:
    """A worker and a look back at work, and what is seen of them."""

    def __init__(
        self, settings: Settings, worker: WorkerProcess, lookback: WorkerProcess, feeder: Feeder
    ) -> None:
        self.settings, self.worker, self.lookback, self.feeder = settings, worker, lookback, feeder
        self.samples: list[Sample] = []
        self.began = time.monotonic()

    def now(self) -> float:
        """Seconds since the load began."""
        return time.monotonic() - self.began

    def look(self) -> Sample:
        """One more sample."""
        sample = Sample(
            at=self.now(),
            fed=self.feeder.fed,
            done=matched([self.worker]),
            worker=resident_together(self.worker.process.pid),
            lookback=resident_together(self.lookback.process.pid),
        )
        self.samples.append(sample)
        return sample


@contextlib.contextmanager
def scene(bench: Bench, root: Path, arguments: argparse.Namespace, probes: int) -> Iterator[Scene]:
    """All parts ready, and nothing fed."""
    settings = bench.fresh()
    bench.fill_bank(settings, max(arguments.bank, TAKEN))
    # Passes beside overload are to be judged by the promise, not by how long the defaults let them wait.
    with (
        bench.workers(settings, 1) as (worker,),
        WorkerProcess(settings, root / f"{settings.kafka.group}-lookback.log", ("lookback",)) as lookback,
        Feeder(settings, arguments.photos, probes, max(arguments.bank, TAKEN)) as feeder,
    ):
        lookback.wait_ready(300)
        # A process that made its templates and the bank's first passes would be measured otherwise.
        until(lambda: waiting(lookback) == 0, 600, "the look back for the bank")
        yield Scene(settings, worker, lookback, feeder)


def waiting(lookback: WorkerProcess) -> float:
    """Takedowns that wait for a first pass."""
    return metric(lookback, 'relistwatch_lookback_waiting{phase="first"}')


def until(true: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait for it.

    Raises:
        TimeoutError: it took longer.
    """
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.1)


class Probes:
    """Takedowns of listings that came before them, published one after another under load."""

    def __init__(self, scene: Scene, events: Sequence[ListingEvent]) -> None:
        self._scene, self._events = scene, events
        self._producer = KafkaProducer(**client_options(scene.settings.kafka))
        self._bank = held(scene.worker)
        self._published: list[float] = []
        self._matchable: list[float | None] = []

    def next(self) -> None:
        """Publish one, if there is one left."""
        number = len(self._published)
        if number >= len(self._events):
            return
        # Another shop's listing with the same title: what came before it is its relist.
        event = msgspec.structs.replace(
            self._events[number],
            listing_id=f"probe{number}",
            marketplace=MARKETPLACE,
            seller_id=f"probe{number}",
        )
        takedown = as_takedown(event)
        self._producer.send(
            topic_name(TAKEDOWNS, self._scene.settings.topics),
            key=takedown.takedown_id.encode(),
            value=msgspec.json.encode(takedown),
        ).get(timeout=60)
        self._published.append(self._scene.now())
        self._matchable.append(None)

    def look(self) -> None:
        """Which of them the worker holds by now; they come in the order of their partition, nearly that of time."""
        there = held(self._scene.worker) - self._bank
        for number in range(min(there, len(self._published))):
            if self._matchable[number] is None:
                self._matchable[number] = self._scene.now() - self._published[number]

    @property
    def seen(self) -> bool:
        """Whether the worker holds all."""
        return all(one is not None for one in self._matchable)

    def outcome(self, alerted_at: dict[int, float], began_ms: float) -> list[Probe]:
        """Each with when it was looked back for. `alerted_at`: by the listing's number, in milliseconds since 1970."""
        found = []
        for number, (at, matchable) in enumerate(zip(self._published, self._matchable, strict=True)):
            alerted = alerted_at.get(number)
            looked_back = None if alerted is None else max(0.0, (alerted - began_ms) / 1000 - at)
            found.append(Probe(at, matchable, looked_back))
        self._producer.close()
        return found


def overload(bench: Bench, root: Path, arguments: argparse.Namespace, capacity: float) -> tuple[Run, Limits]:
    """Feed, probe and look until the time is over; then work it off and count."""
    count = min(MOST_PROBES, max(1, int(arguments.seconds / PROBE_SECONDS)))
    with scene(bench, root, arguments, count) as at_work:
        idle = resident_together(at_work.worker.process.pid)
        buffers = 2 * at_work.settings.worker.buffer_bytes
        limit = arguments.memory_mb * MB if arguments.memory_mb else idle + buffers + HEADROOM
        probes = Probes(at_work, probe_events(count, max(arguments.bank, TAKEN)))
        # The listings that are taken down later are the first, and slow enough to be matched by then.
        at_work.feeder.at(capacity / 2)
        until(lambda: matched([at_work.worker]) >= count, 300, "the first listings")
        warm = at_work.feeder.fed
        at_work.began, began_ms = time.monotonic(), time.time() * 1000
        at_work.feeder.at(capacity * arguments.times)
        due = FIRST_SECONDS
        while at_work.now() < arguments.seconds:
            at_work.look()
            probes.look()
            if at_work.now() >= due:
                probes.next()
                due += PROBE_SECONDS
            time.sleep(LOOK_SECONDS / 4)
        at_work.feeder.at(0.0)
        under_load = at_work.feeder.fed - warm
        fed = at_work.feeder.stop()
        curve(at_work.samples[:: max(1, len(at_work.samples) // 30)])
        work_off(at_work, probes)
        until(lambda: waiting(at_work.lookback) == 0, 300, "the look back")
        alerted = {number: when for number, when in alert_times(at_work.settings) if number < count}
        outcome = Outcome(at_work.settings, fed)
        missed, relists = outcome.missed(count)
        say(f"| fingerprints on the topic, for {fed:,} listings | {outcome.fingerprints:,} |")
        run = Run(
            capacity=capacity,
            times=arguments.times,
            seconds=arguments.seconds,
            fed=under_load,
            lost=outcome.lost,
            relists=relists,
            missed=missed,
            samples=at_work.samples,
            probes=probes.outcome(alerted, began_ms),
        )
        settle = at_work.settings.lookback.settle_seconds
        return run, Limits(memory=limit, matchable=settle, looked_back=2 * settle)


def work_off(at_work: Scene, probes: Probes) -> None:
    """Until nothing waits, or nothing gets on."""
    moved, done = time.monotonic(), -1
    while True:
        sample = at_work.look()
        probes.look()
        if sample.backlog <= 0 and probes.seen:
            return
        if sample.done != done:
            moved, done = time.monotonic(), sample.done
        if time.monotonic() - moved > STALLED_SECONDS:
            return
        time.sleep(LOOK_SECONDS)


def alert_times(settings: Settings) -> Iterator[tuple[int, float]]:
    """The numbers of listings with an alert, each with the first alert's time on Kafka in milliseconds since 1970."""
    first: dict[int, float] = {}
    for record in records(settings, ALERTS, HELD_ALERTS):
        number = number_of(msgspec.json.decode(record.value or b"")["listing"]["listing_id"])
        if number is not None:
            first[number] = min(first.get(number, float("inf")), float(record.timestamp))
    yield from first.items()


def soak(bench: Bench, root: Path, arguments: argparse.Namespace, capacity: float) -> list[str]:
    """As much as the worker can do, for so long: a backlog of some seconds is kept before it."""
    with scene(bench, root, arguments, 0) as at_work:
        idle = resident_together(at_work.worker.process.pid)
        limit = (
            arguments.memory_mb * MB
            if arguments.memory_mb
            else idle + 2 * at_work.settings.worker.buffer_bytes + HEADROOM
        )
        rate = capacity
        at_work.began = time.monotonic()
        while at_work.now() < arguments.soak * 60:
            sample = at_work.look()
            wanted = rate * SOAK_BACKLOG_SECONDS
            at_work.feeder.at(rate * 1.5 if sample.backlog < wanted else 0.0)
            time.sleep(LOOK_SECONDS)
        curve(at_work.samples[:: max(1, len(at_work.samples) // 60)])
        before, after = growth(at_work.samples)
        last = at_work.samples[-1]
        say(f"| soak of {arguments.soak:g} min: listings a second | {last.done / last.at:,.0f} |")
        say(f"| worker's memory, second and last quarter (median) | {before / MB:.0f}, {after / MB:.0f} MB |")
        say(f"| look back's memory at the end | {last.lookback / MB:.0f} MB |")
        return soak_faults(at_work.samples, limit)


def curve(samples: Sequence[Sample]) -> None:
    """The samples as lines of a table."""
    say("\n| s | sent | matched | waiting | worker MB | look back MB |\n|---|---|---|---|---|---|")
    for one in samples:
        say(f"| {one.at:.0f} | {one.fed:,} | {one.done:,} | {one.backlog:,} |"
            f" {one.worker / MB:.0f} | {one.lookback / MB:.0f} |")  # fmt: skip
    say("\n| figure | value |\n|---|---|")


def tell(run: Run, limits: Limits) -> None:
    """The figures of an overload."""
    say(f"| load, of {run.capacity:,.0f}/s | {run.fed / run.seconds:,.0f}/s for {run.seconds:.0f} s,"
        f" {run.fed / run.seconds / run.capacity:.1f} times |")  # fmt: skip
    say(f"| listings lost, relists without an alert | {run.lost}, {run.missed} of {run.relists:,} |")
    backlog = max(sample.backlog for sample in run.samples)
    off = run.samples[-1].at - run.seconds
    say(f"| most listings waiting, and worked off after the load | {backlog:,}, {off:.0f} s |")
    most = max(sample.worker for sample in run.samples)
    say(
        f"| most memory of the worker and its children, of {limits.memory / MB:.0f} MB | {most / MB:.0f} MB |"
    )
    for name, took in (
        ("published to matchable", [one.matchable for one in run.probes]),
        ("published to looked back for", [one.looked_back for one in run.probes]),
    ):
        known = [one for one in took if one is not None]
        if known:
            say(f"| takedown {name} under load: median / worst of {len(known)} of {len(took)} |"
                f" {percentile(known, 50):.1f} / {max(known):.1f} s |")  # fmt: skip


def main() -> None:
    """Measure, print, and end with 1 where a promise was not kept."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=300.0, help="length of the overload")
    parser.add_argument("--times", type=float, default=3.0, help="of the capacity that is measured first")
    parser.add_argument("--soak", type=float, help="minutes at full rate instead")
    parser.add_argument("--photos", type=int, default=1, help="inline photos of each listing")
    parser.add_argument("--bank", type=int, default=10_000, help="takedowns that are there before")
    parser.add_argument("--capacity", type=float, help="listings a second, instead of measuring it")
    parser.add_argument(
        "--memory-mb", type=float, help="limit of the worker's memory, instead of by its buffers"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="relistwatch-overload-") as folder:
        root = Path(folder)
        with LocalKafka(root / "kafka", heap_mb=768, die_with_parent=True) as broker:
            bench = Bench(broker, root)
            say("| figure | value |\n|---|---|")
            capacity = arguments.capacity or bench.rate(
                1, 2000 if arguments.photos else 20_000, arguments.photos
            )
            say(f"| capacity, one worker, {arguments.photos} photo(s) a listing | {capacity:,.0f}/s |")
            if arguments.soak:
                found = soak(bench, root, arguments, capacity)
            else:
                run, limits = overload(bench, root, arguments, capacity)
                tell(run, limits)
                found = faults(run, limits)
    for one in found:
        sys.stderr.write(f"FAULT: {one}\n")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
