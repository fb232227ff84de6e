"""One takedown until a relist of it alerts, through Kafka and a worker that holds a million takedowns already.

`python -m streams.bench.added [--takedowns 1000000] [--photos 40000] [--data DIR] [--json FILE]`

The bank is filled as a marketplace's would be: records on `takedown-fingerprints`, by two processes, which the worker
reads when it starts. All have a title, a description and a seller, the first `photos` of them a photo too: a million
photos would be 20 GB on Kafka, and what one more photo costs the photo index at a million is measured by itself
(`streams.evaluation.photo_bench`). Then takedowns are published one by one, every other with a photo, and from that
moment on a relist every 20 ms under new ids, more rarely where it takes longer than 400. The first alert that is read
ends it: what is measured has the takedown's whole way in it, and on top the listing's, the alert's, and the wait for
the next relist.
"""

import argparse
import itertools
import multiprocessing
import os
import re
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from kafka import KafkaProducer

from connectors.events import Alert, Takedown
from connectors.sample.seeds import dice
from fingerprints.photo_print import PhotoPrint
from streams.bench.figures import AddedFigures
from streams.benchmarks.stream import Bench, matched, metric, say, spread
from streams.capacity.measure_bank import drawn_takedowns
from streams.capacity.measure_index import photo_prints
from streams.die_with_parent import die_with_parent
from streams.evaluation.photo_set import DataError
from streams.kafka_clients.kafka_options import client_options
from streams.kafka_local.broker import LocalKafka
from streams.load.follower import Follower
from streams.load.pattern import listing_id_of
from streams.load.stock import MARKETPLACE, Amounts, Relist, draw_stock
from streams.process_memory import private
from streams.settings import Settings
from streams.topics import ALERTS, LISTINGS, TAKEDOWN_FINGERPRINTS, TAKEDOWNS, topic_name
from streams.worker.worker_process import WorkerProcess

FILLERS = 2
PATTERNS = 300
"""Photos that those of the bank are drawn like."""
EVERY_SECONDS, EVERY_SHARE = 0.02, 0.05
"""Between two relists, and in parts of the time waited so far where that is longer: a slow machine shall not be kept
from the answer by the questions."""
PATIENCE_SECONDS = 10.0
"""Ten times the goal. A relist that has no alert by then counts as so late, and is told: beside a million titles the
engine may not know again what it knew by itself."""
DRAIN_SECONDS = 60.0
SNAPSHOT_SECONDS = 600.0
WAIT_SECONDS = 900.0
WRITTEN = 'relistwatch_snapshots_total{outcome="written"}'


def main(arguments: Sequence[str]) -> int:
    """Measure, printing a table's row as each figure comes; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m streams.bench.added",
        description="How long until a new takedown is matched by, beside a large bank.",
    )
    parser.add_argument("--takedowns", type=int, default=1_000_000, help="takedowns held (default 1000000)")
    parser.add_argument("--photos", type=int, default=40_000, help="of them with a photo (default 40000)")
    parser.add_argument("--added", type=int, default=300, help="new ones that are timed (default 300)")
    parser.add_argument(
        "--data", type=Path, help="folder with photos.csv and photos/; without it photos are drawn"
    )
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args(arguments)
    try:
        patterns, _ = photo_prints(options.data, min(PATTERNS, options.photos), 1, _quiet)
    except DataError as error:
        sys.stderr.write(f"added: {error}\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="relistwatch-added-") as folder:
        root = Path(folder)
        with LocalKafka(root / "kafka", heap_mb=768, die_with_parent=True) as broker:
            figures = measure(Bench(broker, root), options.takedowns, options.photos, options.added, patterns)
    if options.json is not None:
        options.json.write_bytes(msgspec.json.encode(figures))
    return 0


def measure(
    bench: Bench, takedowns: int, photos: int, added: int, patterns: Sequence[PhotoPrint]
) -> AddedFigures:
    """All of it."""
    say("| figure | value |\n|---|---|")
    settings = bench.fresh()
    began = time.monotonic()
    fill(settings, takedowns, photos, patterns)
    say(
        f"| {takedowns:,} takedowns put on Kafka, {photos:,} with a photo | {time.monotonic() - began:.0f} s |"
    )
    log = bench.folder / "added.log"
    began = time.monotonic()
    with WorkerProcess(settings, log) as worker:
        worker.wait_ready(WAIT_SECONDS)
        start = time.monotonic() - began
        memory = private(worker.process.pid)
        say(f"| start to ready, without a snapshot | {start:.0f} s, {memory / 1024**3:.1f} GiB |")
        # One is written as soon as so much was read. New takedowns wait meanwhile, which is told by itself.
        deadline = time.monotonic() + SNAPSHOT_SECONDS
        while not _snapshot_written(worker) and time.monotonic() < deadline:
            time.sleep(0.5)
        held_back = held_back_seconds(log.read_text(errors="replace"))
        say(f"| new takedowns held back by a snapshot | {held_back} s |")
        took = list(Adding(settings, worker, added).times())
    missed = sum(ms >= PATIENCE_SECONDS * 1000 for ms, _ in took)
    by_photo, by_title = (spread([ms for ms, photo in took if photo is wanted]) for wanted in (True, False))
    for how, found in (("title", by_title), ("photo", by_photo)):
        say(f"| takedown published until a relist by its {how} alerts, p50 / p95 / p99 / worst of {found.count} |"
            f" {found.p50:.0f} / {found.p95:.0f} / {found.p99:.0f} / {found.worst:.0f} ms |")  # fmt: skip
    say(f"| of them without an alert within {PATIENCE_SECONDS:.0f} s | {missed} |")
    return AddedFigures(
        takedowns=takedowns, photos=photos, every=EVERY_SECONDS * 1000, by_title=by_title, by_photo=by_photo,
        missed=missed, start=start, memory=memory, held_back=held_back,
    )  # fmt: skip


def _snapshot_written(worker: WorkerProcess) -> bool:
    try:
        return bool(metric(worker, WRITTEN))
    except OSError:
        # Busy with the snapshot for longer than an answer may take.
        return False


def held_back_seconds(log: str) -> float | None:
    """By the worker's log: while its first snapshot was written, takedowns waited for so long."""
    found = re.search(r'"changes_held_back": ?([\d.]+)', log)
    return float(found[1]) if found else None


def fill(settings: Settings, takedowns: int, photos: int, patterns: Sequence[PhotoPrint]) -> None:
    """Put the bank on Kafka; all acknowledged.

    Raises:
        RuntimeError: one of the processes failed.
    """
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(
            target=_fill_share,
            args=(os.getpid(), settings, share, (takedowns, photos), list(patterns)),
            daemon=True,
        )
        for share in range(FILLERS)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        raise RuntimeError("the bank could not be put on Kafka")


def _fill_share(
    parent: int, settings: Settings, share: int, many: tuple[int, int], patterns: list[PhotoPrint]
) -> None:
    die_with_parent(parent)
    producer = KafkaProducer(**client_options(settings.kafka), linger_ms=20, batch_size=256 * 1024)
    name = topic_name(TAKEDOWN_FINGERPRINTS, settings.topics)
    takedowns, photos = (each // FILLERS for each in many)
    for made in drawn_takedowns(takedowns, patterns, photos, share=share):
        producer.send(name, key=made.takedown.takedown_id.encode(), value=msgspec.json.encode(made))
    producer.close()


class Adding:
    """Publishes takedowns one by one and waits for an alert for each."""

    def __init__(self, settings: Settings, worker: WorkerProcess, many: int) -> None:
        self._settings, self._worker = settings, worker
        self._run = f"added-{secrets.token_hex(4)}"
        amounts = Amounts(texts=(many + 1) // 2, photos=many // 2, honest_texts=0, honest_photos=0)
        self._stock = draw_stock(self._run, 11, amounts, datetime.now(UTC))
        self._sent = 0
        self._alerts = topic_name(ALERTS, settings.topics)
        self._listings = topic_name(LISTINGS, settings.topics)
        self._takedowns = topic_name(TAKEDOWNS, settings.topics)

    def times(self) -> Iterator[tuple[float, bool]]:
        """Milliseconds until the alert, or as long as was waited for it, and whether it was by the photo, of each.

        Raises:
            TimeoutError: listings were not matched.
        """
        takedowns = {each.takedown_id: each for each in self._stock.takedowns}
        texts, photos = (
            {each.takedown_id: each for each in relists}
            for relists in (self._stock.text_relists, self._stock.photo_relists)
        )
        chance = dice("bench", "added")
        relists = [
            one for pair in itertools.zip_longest(texts.values(), photos.values()) for one in pair if one
        ]
        producer = KafkaProducer(**client_options(self._settings.kafka), linger_ms=0)
        with Follower(self._settings) as follower:
            for relist in relists:
                self._drain()
                # Not in step with batches, commits and whatever else goes round in the worker.
                time.sleep(chance.uniform(0, 0.1))
                took = self._time(producer, follower, takedowns[relist.takedown_id], relist)
                yield took * 1000, relist.takedown_id in photos
        producer.close()

    def _time(self, producer: KafkaProducer, follower: Follower, takedown: Takedown, relist: Relist) -> float:
        began = time.monotonic()
        producer.send(self._takedowns, key=takedown.takedown_id.encode(), value=msgspec.json.encode(takedown))
        due = began
        while (now := time.monotonic()) - began < PATIENCE_SECONDS:
            if now >= due:
                due = now + max(EVERY_SECONDS, EVERY_SHARE * (now - began))
                self._send(producer, relist)
            for record, at in follower.poll(max(0.0, due - time.monotonic()) * 1000):
                if record.topic == self._alerts and self._is_for(takedown, record.value):
                    return at - began
        return PATIENCE_SECONDS

    def _drain(self) -> None:
        """Until the last takedown's relists are matched: the next one does not wait behind them."""
        deadline = time.monotonic() + DRAIN_SECONDS
        while (done := matched([self._worker])) < self._sent:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{done} of {self._sent} listings matched; see {self._worker.log}")
            time.sleep(0.05)

    def _send(self, producer: KafkaProducer, relist: Relist) -> None:
        self._sent += 1
        number = self._sent
        key = f"{MARKETPLACE}:{listing_id_of(self._run, f'{number:09d}')}".encode()
        producer.send(self._listings, key=key, value=relist.pattern.filled(number, datetime.now(UTC)))

    @staticmethod
    def _is_for(takedown: Takedown, raw: bytes | None) -> bool:
        if raw is None:
            return False
        # A relist by its photo has another item's title, which a million takedowns may have too.
        alert = msgspec.json.decode(raw, type=Alert)
        return takedown.takedown_id in {alert.takedown.takedown_id, *alert.other_takedowns}


def _quiet(_text: str) -> None:
    """How far the photos are is not worth a line."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
