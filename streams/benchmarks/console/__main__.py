"""Fill the topics, let the console feed from them, ask its pages, and say how long all that took.

One line of JSON a page on stdout, after one about the feed; what goes on is on stderr.
"""

import argparse
import asyncio
import contextlib
import json
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles

import msgspec

from connectors.kafka_delivery import KafkaDelivery
from streams.benchmarks.console.drawn_market import DrawnMarket
from streams.benchmarks.console.pages import PAGES, Page
from streams.benchmarks.console.sessions import sign_in
from streams.benchmarks.console.viewers import Answers, Load
from streams.console.database import Database
from streams.kafka_clients.kafka_options import client_options
from streams.kafka_clients.topic_admin import create_topics
from streams.kafka_local.broker import LocalKafka
from streams.process_memory import resident
from streams.settings import Kafka, Settings, Topics
from streams.topics import topic_name
from streams.worker.worker_process import WorkerProcess

ALONE = 20
"""Times that each page is asked by one viewer alone."""
READY_SECONDS = 1800.0
REQUEST_BYTES = 1024 * 1024


def say(text: str) -> None:
    """What goes on."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201  a command


def fill(settings: Settings, market: DrawnMarket) -> None:
    """Put the market on the topics."""
    with KafkaDelivery(client_options(settings.kafka), max_request_bytes=REQUEST_BYTES) as delivery:
        for record in market.records():
            delivery.send(
                topic_name(record.topic, settings.topics),
                key=record.key, value=record.value, headers=record.headers, record=record.key,
            )  # fmt: skip
        if refused := delivery.flush():
            raise RuntimeError(f"kafka refuses {len(refused)} records")


@contextmanager
def trickle(settings: Settings, market: DrawnMarket, a_second: float) -> Iterator[None]:
    """New alerts while the viewers look."""
    stop = threading.Event()
    originals = market.originals(5)

    def run() -> None:
        with KafkaDelivery(client_options(settings.kafka), max_request_bytes=REQUEST_BYTES) as delivery:
            while not stop.wait(1 / a_second):
                record = market.fresh_alert(originals)
                name = topic_name(record.topic, settings.topics)
                delivery.send(name, key=record.key, value=record.value, headers=record.headers, record=None)
                delivery.flush()

    thread = threading.Thread(target=run)
    if a_second > 0:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        if thread.is_alive():
            thread.join()


def figures(name: str, answers: Answers, viewers: int) -> dict[str, object]:
    """One line of the report; times in milliseconds."""
    seconds = sorted(answers.seconds)
    cuts = quantiles(seconds, n=100, method="inclusive") if len(seconds) > 1 else seconds * 99
    median, p95, p99 = (round(cuts[cut - 1] * 1000, 1) for cut in (50, 95, 99))
    return {
        "page": name, "viewers": viewers, "requests": len(seconds), "median_ms": median, "p95_ms": p95,
        "p99_ms": p99, "most_ms": round(seconds[-1] * 1000, 1), "bytes": answers.bytes,
        "failed": len(answers.failed),
    }  # fmt: skip


def report(load: Load, viewers: int) -> None:
    """A line a page, and one of all together."""
    whole = Answers(
        [second for answers in load.answers.values() for second in answers.seconds],
        sum(answers.bytes for answers in load.answers.values()),
        [status for answers in load.answers.values() for status in answers.failed],
    )
    print(json.dumps(figures("all pages", whole, viewers)), flush=True)  # noqa: T201  a command
    for name, answers in sorted(load.answers.items()):
        print(json.dumps(figures(name, answers, viewers)), flush=True)  # noqa: T201  a command


def ask(base: str, tokens: list[str], market: DrawnMarket, pause: float, seconds: float) -> None:
    """One viewer alone, then all of them."""

    def load() -> Load:
        return Load(base, tokens, market.drawn, pause)

    pages: list[Page] = asyncio.run(load().there(PAGES))
    say(f"pages that are not there: {[page.name for page in PAGES if page not in pages]}")
    for run, viewers in ((load(), 1), (load(), len(tokens))):
        say(f"{viewers} viewers")
        if viewers == 1:
            asyncio.run(run.alone(pages, ALONE))
        else:
            asyncio.run(run.together(pages, seconds))
            say(f"news heard: {run.news}")
        report(run, viewers)


def wait_alive(console: WorkerProcess) -> None:
    """Until it answers: how long a Python program takes to start is not what is measured."""
    while console.process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(console.url("/livez"), timeout=1):  # noqa: S310  loopback
            return
        time.sleep(0.02)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m streams.benchmarks.console", description=__doc__)
    parser.add_argument("--alerts", type=int, default=100_000)
    parser.add_argument("--viewers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the viewers look")
    parser.add_argument(
        "--pause", type=float, default=3.0, help="seconds between a viewer's pages, on average"
    )
    parser.add_argument("--news", type=float, default=2.0, help="new alerts a second meanwhile; 0 for none")
    parser.add_argument("--database", help="an empty one; without it SQLite in a folder of its own")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="relistwatch-console-") as name:
        folder = Path(name)
        url = wanted.database or f"sqlite:///{folder / 'console.sqlite'}"
        with LocalKafka(folder / "kafka", die_with_parent=True, progress=say) as broker:
            settings = Settings(
                kafka=Kafka(bootstrap_servers=broker.bootstrap_servers), topics=Topics(partitions=4)
            )
            settings = msgspec.structs.replace(
                settings,
                dashboard=msgspec.structs.replace(settings.dashboard, database=url),
                worker=msgspec.structs.replace(settings.worker, data_dir=str(folder / "data")),
            )
            create_topics(settings)
            market = DrawnMarket(wanted.alerts)
            say("filling the topics")
            fill(settings, market)
            say(f"{market.drawn.records} records; the console reads them")
            with WorkerProcess(settings, folder / "dashboard.log", ("dashboard",)) as console:
                wait_alive(console)
                started = time.monotonic()
                console.wait_ready(READY_SECONDS)
                took = time.monotonic() - started
                feed = {
                    "feed": url.partition(":")[0], "alerts": wanted.alerts, "records": market.drawn.records,
                    "seconds": round(took, 1), "records_a_second": round(market.drawn.records / took),
                    "console_mb": resident(console.process.pid) // 2**20,
                }  # fmt: skip
                print(json.dumps(feed), flush=True)  # noqa: T201  a command
                database = Database(url)
                tokens = sign_in(database, wanted.viewers)
                with trickle(settings, market, wanted.news):
                    ask(console.url(""), tokens, market, wanted.pause, wanted.seconds)
                database.close()
                say(f"the console has {resident(console.process.pid) // 2**20} MB")


if __name__ == "__main__":
    main()
