"""What a connector sustains into Kafka, what a SIGKILL costs, and whether memory grows.

`python -m streams.benchmarks.connector [--kind shopee] [--listings 1000000] [--kills 5]`: a simulated marketplace
that holds none of its listings, the connector's own command as a process, and a real local Kafka. The figures are
one line of JSON a kind on stdout.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from connectors.simulator.version import KINDS
from streams.kafka_clients.kafka_options import client_options
from streams.kafka_clients.topic_admin import create_topics
from streams.kafka_local.broker import LocalKafka
from streams.process_memory import resident
from streams.settings import Kafka, Settings, Topics, as_environment
from streams.topics import LISTINGS, topic_name

SAMPLE_SECONDS = 1.0
RELISTWATCH = [sys.executable, "-P", "-m", "streams"]


@dataclass(frozen=True, slots=True)
class Figures:
    """One kind's figures. Memory is the resident set in MB: after a tenth of the listings, at the end, the most."""

    kind: str
    listings: int
    seconds: float
    events_a_second: float
    requests: int
    early_mb: float
    end_mb: float
    most_mb: float
    kills: int
    missing: int
    repeated: int
    """Events that are on Kafka more than once: what a consumer drops by `event_id`."""
    distinct: int


@contextlib.contextmanager
def simulator(kind: str, listings: int, folder: Path) -> Iterator[Path]:
    """A running marketplace; the file of the connector's options."""
    command = [
        *RELISTWATCH, "simulate", kind, "--endless", str(listings), "--pace-seconds", "0.005",
        "--write-options", str(folder), "--json",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  our own command
        try:
            assert process.stdout is not None  # noqa: S101  it was asked for
            shop = json.loads(process.stdout.readline())["shops"][0]["shop"]
            options = folder / f"{kind}-{shop}.toml"
            now = datetime.now(UTC)
            pace = listings * 0.005 + 300
            since = datetime.fromtimestamp(now.timestamp() - pace, UTC)
            more = {
                "requests_per_second": 1000, "window_minutes": 10,
                "since": since.isoformat(), "until": now.isoformat(),
            }  # fmt: skip
            lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in more.items())
            options.write_text(options.read_text() + lines)
            yield options
        finally:
            process.send_signal(signal.SIGTERM)


class Connector:
    """The command `relistwatch connect`, watched."""

    def __init__(self, kind: str, options: Path, settings: Settings) -> None:
        self.process = subprocess.Popen(  # noqa: S603  our own command
            [*RELISTWATCH, "connect", kind, "--options-file", str(options), "--json"],
            env=os.environ | as_environment(settings), stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.samples: list[float] = []
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while self.process.poll() is None:
            with contextlib.suppress(OSError):
                self.samples.append(resident(self.process.pid) / 2**20)
            time.sleep(SAMPLE_SECONDS)

    def kill_after(self, seconds: float) -> bool:
        """SIGKILL it, unless it has ended by itself before; whether it was killed."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            return True
        return False

    def finish(self) -> dict[str, Any]:
        """Its own counts when it has ended."""
        out, _ = self.process.communicate()
        if self.process.returncode != 0:
            raise RuntimeError(f"the connector ended with {self.process.returncode}")
        counts: dict[str, Any] = json.loads(out)
        return counts


def events_on(settings: Settings) -> Counter[bytes]:
    """How often each event id is on the topic `listings`, from its CloudEvents header."""
    consumer = KafkaConsumer(**client_options(settings.kafka), group_id=None, enable_auto_commit=False)
    name = topic_name(LISTINGS, settings.topics)
    partitions = [TopicPartition(name, number) for number in consumer.partitions_for_topic(name)]
    consumer.assign(partitions)
    ends = consumer.end_offsets(partitions)
    consumer.seek_to_beginning(*partitions)
    seen: Counter[bytes] = Counter()
    while any(consumer.position(partition) < ends[partition] for partition in partitions):
        for records in consumer.poll(timeout_ms=500).values():
            seen.update(dict(record.headers)["ce_id"] for record in records)
    consumer.close()
    return seen


def measure(kind: str, listings: int, kills: int, broker: LocalKafka, folder: Path) -> Figures:
    """Run one kind from the first listing to the last, killed `kills` times on the way."""
    settings = Settings(
        kafka=Kafka(bootstrap_servers=broker.bootstrap_servers),
        topics=Topics(prefix=f"{kind}{kills}-", partitions=4),
        worker=Settings().worker.__class__(data_dir=str(folder / f"{kind}{kills}")),
    )
    create_topics(settings)
    dice = random.Random(kills)  # noqa: S311 - moments to repeat, no secret
    with simulator(kind, listings, folder) as options:
        began = time.monotonic()
        killed = 0
        connector = Connector(kind, options, settings)
        while killed < kills and connector.kill_after(dice.uniform(2.0, 6.0)):
            killed += 1
            connector = Connector(kind, options, settings)
        counts = connector.finish()
        seconds = time.monotonic() - began
    seen = events_on(settings)
    samples = connector.samples or [0.0]
    return Figures(
        kind=kind,
        listings=listings,
        seconds=round(seconds, 1),
        events_a_second=round(counts["written"] / counts["seconds"], 1),
        requests=counts["requests"],
        early_mb=round(samples[len(samples) // 10], 1),
        end_mb=round(samples[-1], 1),
        most_mb=round(max(samples), 1),
        kills=killed,
        missing=listings - len(seen),
        repeated=seen.total() - len(seen),
        distinct=len(seen),
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m streams.benchmarks.connector", description=__doc__)
    parser.add_argument("--kind", choices=list(KINDS), action="append", help="repeatable; default: all")
    parser.add_argument("--listings", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with LocalKafka(folder / "kafka", die_with_parent=True) as broker:
            for kind in asked.kind or KINDS:
                figures = measure(kind, asked.listings, asked.kills, broker, folder)
                sys.stdout.write(json.dumps(asdict(figures)) + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
