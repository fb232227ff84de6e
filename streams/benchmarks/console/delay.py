"""Whether the console delays alerts, and how soon a page shows one: `python -m streams.benchmarks.console.delay`.

One worker under an open load of listings, by turns without a console, with one that nobody looks at, and with one that
`--viewers` people look at. Everything shares one machine here, so a console's own processor time is in the figure.
"""

import argparse
import asyncio
import contextlib
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Literal

import aiohttp
import msgspec

from connectors.events import Alert
from streams.benchmarks.console.drawn_market import Drawn
from streams.benchmarks.console.pages import Page
from streams.benchmarks.console.sessions import sign_in
from streams.benchmarks.console.viewers import Load
from streams.benchmarks.stream import WAIT_SECONDS, Bench, say, under_load
from streams.console.database import Database
from streams.console.guard import SESSION_COOKIE
from streams.kafka_clients.record_reader import RecordReader
from streams.kafka_local.broker import LocalKafka
from streams.settings import Settings
from streams.topics import ALERTS
from streams.worker.worker_process import WorkerProcess

Console = Literal["none", "nobody", "viewers"]
TURNS: tuple[Console, ...] = ("none", "nobody", "viewers")
PAGES = (
    Page("alerts", "/alerts", news="alerts", fill="/alerts/queue"),
    Page("throughput", "/throughput"),
    Page("throughput, an hour", "/throughput/history?span=hour"),
    Page("dead letters", "/dead-letters"),
    Page("takedown lists", "/takedowns"),
)
NEWEST = "/alerts/queue?sort=newest"
PAUSE_SECONDS = 3.0
TAKEDOWNS = 5_000
Turn = tuple[list[float], list[float]]
"""Milliseconds from listing to alert, and from alert to page."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """`rate` listings a second for so many seconds, and how many people look meanwhile."""

    rate: float
    seconds: float
    viewers: int


class Watcher:
    """One open page of the newest alerts: `shown` is when it first had each link to an alert, in seconds since 1970."""

    def __init__(self, base: str, token: str) -> None:
        self._base, self._token = base, token
        self.shown: dict[str, float] = {}

    async def run(self) -> None:
        """Watch until cancelled, filling the page anew at each piece of news as a browser does."""
        jar = aiohttp.CookieJar(unsafe=True)
        cookies = {SESSION_COOKIE: self._token}
        async with (
            aiohttp.ClientSession(self._base, cookie_jar=jar, cookies=cookies) as session,
            session.get("/live?kinds=alerts", timeout=aiohttp.ClientTimeout(total=None)) as stream,
        ):
            async for line in stream.content:
                if line.startswith(b"event: alerts"):
                    await self._fill(session)

    async def _fill(self, session: aiohttp.ClientSession) -> None:
        async with session.get(NEWEST, headers={"X-Fragment": "1", "Accept": "text/html"}) as answer:
            page = await answer.text()
            answer.raise_for_status()
        now = time.time()
        for part in page.split('data-alert="')[1:]:
            self.shown.setdefault(part.partition('"')[0], now)


@contextlib.contextmanager
def looked_at(console: WorkerProcess, database: str, viewers: int, seconds: float) -> Iterator[Watcher]:
    """The console with this many people on it, one of whom is the watcher."""
    store = Database(database)
    tokens = sign_in(store, viewers)
    store.close()
    watcher = Watcher(console.url(""), tokens[0])
    drawn = Drawn(alerts=[""], takedowns=[""], sellers=[""], lists=[""])

    async def look() -> None:
        watching = asyncio.create_task(watcher.run())
        await Load(console.url(""), tokens[1:], drawn, PAUSE_SECONDS).together(PAGES, seconds)
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching

    thread = threading.Thread(target=asyncio.run, args=(look(),))
    thread.start()
    try:
        yield watcher
    finally:
        thread.join()


def published(settings: Settings) -> dict[str, float]:
    """When Kafka had each alert, in seconds since 1970."""
    with RecordReader(settings, ALERTS) as reader:
        return {
            msgspec.json.decode(record.value, type=Alert).alert_id: record.timestamp / 1000
            for record in reader.existing()
            if record.value is not None
        }


def measure(bench: Bench, folder: Path, how: Console, wanted: Wanted) -> Turn:
    """One turn with topics and a database of its own."""
    settings = bench.fresh()
    database = f"sqlite:///{folder / settings.kafka.group}.sqlite"
    settings = msgspec.structs.replace(
        settings, dashboard=msgspec.structs.replace(settings.dashboard, database=database)
    )
    bench.fill_bank(settings, TAKEDOWNS)
    with bench.workers(settings, 1):
        if how == "none":
            return under_load(settings, wanted.rate, wanted.seconds), []
        log = folder / f"{settings.kafka.group}-console.log"
        with WorkerProcess(settings, log, ("dashboard",)) as console:
            console.wait_ready(WAIT_SECONDS)
            if how == "nobody":
                return under_load(settings, wanted.rate, wanted.seconds), []
            with looked_at(console, database, wanted.viewers, wanted.seconds + 2) as watcher:
                took = under_load(settings, wanted.rate, wanted.seconds)
            there = published(settings)
            return took, [(at - there[alert]) * 1000 for alert, at in watcher.shown.items()]


def row(what: str, took: list[float]) -> None:
    """One line of the table."""
    cuts = quantiles(took, n=100, method="inclusive")
    say(f"| {what}: p50 / p95 / p99 / most of {len(took)} |"
        f" {cuts[49]:.0f} / {cuts[94]:.0f} / {cuts[98]:.0f} / {max(took):.0f} ms |")  # fmt: skip


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m streams.benchmarks.console.delay", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--viewers", type=int, default=10)
    parser.add_argument("--rate", type=float, default=300.0, help="listings a second, one in 50 a relist")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long each turn lasts")
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    load = Wanted(wanted.rate, wanted.seconds, wanted.viewers)
    names = {
        "none": "without a console",
        "nobody": "with a console",
        "viewers": f"with a console and {wanted.viewers} viewers",
    }
    alerted: dict[Console, list[float]] = defaultdict(list)
    shown: list[float] = []
    with tempfile.TemporaryDirectory(prefix="relistwatch-delay-") as name:
        folder = Path(name)
        with LocalKafka(folder / "kafka", heap_mb=768, die_with_parent=True) as broker:
            bench = Bench(broker, folder)
            say("| figure | value |\n|---|---|")
            for turn in range(wanted.rounds):
                for how in TURNS[turn % 3 :] + TURNS[: turn % 3]:
                    took, pages = measure(bench, folder, how, load)
                    row(f"round {turn + 1}, listing to alert at {wanted.rate:.0f}/s, {names[how]}", took)
                    alerted[how] += took
                    shown += pages
            for how in TURNS:
                row(f"all rounds, listing to alert at {wanted.rate:.0f}/s, {names[how]}", alerted[how])
            row("alert on Kafka until an open page has it", shown)


if __name__ == "__main__":
    main()
