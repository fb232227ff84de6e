"""The whole system on this machine for all to see: a real Kafka, marketplaces, connectors, two workers, alerts, a
console.

Each round is one story on four simulated marketplaces: listings appear, some are taken down, and some of those
come back on another marketplace with edited photos and disguised titles among honest listings. Connectors read
them through the marketplaces' own APIs. What was planted is known, so what was caught can be counted.
"""

import contextlib
import multiprocessing
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any

import msgspec
from kafka import KafkaConsumer, TopicPartition

from connectors.codec import Codec
from connectors.events import Alert, EventType, Image, ListingEvent, Takedown
from connectors.evidence import PhotoEvidence
from connectors.kafka import KafkaSink, KafkaSinkOptions
from connectors.sample.edits import EDITS
from connectors.sample.listing_ids import REAL_MARKETPLACES
from connectors.sample.photo_recipe import PhotoRecipe
from connectors.sample.plan import Plan, make_plan
from streams.demo.dashboard import DemoDashboard
from streams.demo.market import Market
from streams.die_with_parent import die_with_parent
from streams.kafka_clients.kafka_options import client_options
from streams.kafka_clients.topic_admin import create_topics
from streams.kafka_local.broker import LocalKafka
from streams.settings import Kafka, Settings, Topics
from streams.topics import ALERTS, FINGERPRINTS, TAKEDOWNS, topic_name
from streams.worker.worker_process import WorkerProcess

WORKERS = 2
SHOPS = 8
"""Two on each marketplace: a connector for each."""
PACE_SECONDS = 0.05
"""Between two listings: fast enough not to bore, slow enough to measure each alert's own latency."""
SETTLE_SECONDS = 2.0
"""After the last listing is through: time for a false alert to show itself."""
PATIENCE_SECONDS = 60.0
MATCHABLE_METRIC = 'relistwatch_takedown_index_size{what="takedowns"} '

Say = Callable[[str], None]
Tick = Callable[[int, int, int], None]
"""Called with the records sent, the records in all, and the alerts so far."""


def draw(recipe: PhotoRecipe) -> bytes:
    """The photo, drawn in a process of the demo's pool."""
    return recipe.draw()


def prepare_artist(parent: int) -> None:
    """A drawing process ends with the demo, and leaves Ctrl-C to it."""
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class DemoError(RuntimeError):
    """The demo could not go on; the message says where it stands."""


@dataclass(slots=True)
class Outcome:
    """What became of one round.

    `by_photo`: of the relists caught, those whose alert shows the same photo. `across`: those on another
    marketplace than what was taken down. `median_ms` and `p95_ms`: from when the marketplace shows a listing to
    its alert; `own_`: of that, from when the connector saw it.
    """

    listings: int = 0
    planted: int = 0
    caught: int = 0
    by_photo: int = 0
    across: int = 0
    false_alerts: int = 0
    missed: list[str] = field(default_factory=list)
    falsely_alerted: list[str] = field(default_factory=list)
    still_up_planted: int = 0
    still_up_caught: int = 0
    median_ms: float | None = None
    p95_ms: float | None = None
    own_median_ms: float | None = None
    own_p95_ms: float | None = None

    @property
    def perfect(self) -> bool:
        """Every planted relist and listing still up caught, and nothing else alerted."""
        return not self.missed and not self.false_alerts and self.still_up_caught == self.still_up_planted


class Demo:
    """Starts everything on entering, ends everything on leaving."""

    def __init__(self, say: Say, *, dashboard: bool = False) -> None:
        """`dashboard`: a console too."""
        self._say = say
        self._wants_dashboard = dashboard
        self.dashboard: DemoDashboard | None = None
        self._open = contextlib.ExitStack()
        self._workers: list[WorkerProcess] = []
        self._drawings: dict[str, tuple[PhotoRecipe, Future[bytes]]] = {}
        self._taken_down = 0

    def __enter__(self) -> "Demo":
        try:
            self._start()
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._say("stopping")
        self._open.close()

    @property
    def settings(self) -> Settings:
        """The settings that the workers run with."""
        return self._settings

    @property
    def workers(self) -> list[WorkerProcess]:
        """The running workers."""
        return self._workers

    def _start(self) -> None:
        folder = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="relistwatch-demo-")))
        broker = self._open.enter_context(
            LocalKafka(folder / "kafka", die_with_parent=True, progress=self._say)
        )
        defaults = Settings()
        self._settings = Settings(
            kafka=Kafka(
                bootstrap_servers=broker.bootstrap_servers, session_timeout=6.0, heartbeat_interval=1.0
            ),
            topics=Topics(partitions=4),
            # The simulated marketplaces serve their photos from this machine.
            photos=msgspec.structs.replace(defaults.photos, allow_private_addresses=True),
            worker=msgspec.structs.replace(
                defaults.worker, photo_processes=1, data_dir=str(folder / "workers")
            ),
        )
        create_topics(self._settings)
        self._folder = folder / "connectors"
        self._artists = ProcessPoolExecutor(
            WORKERS, multiprocessing.get_context("spawn"), prepare_artist, (os.getpid(),)
        )
        self._open.callback(self._artists.shutdown, cancel_futures=True)
        self._say(f"starting {WORKERS} workers")
        for number in range(WORKERS):
            worker = WorkerProcess(self._settings, folder / f"worker{number + 1}.log")
            self._workers.append(self._open.enter_context(worker))
        for worker in self._workers:
            worker.wait_ready()
        if self._wants_dashboard:
            self._say("starting the dashboard")
            self.dashboard = self._open.enter_context(DemoDashboard(self._settings, folder / "dashboard.log"))
        client = client_options(self._settings.kafka)
        self._takedowns = self._takedown_sink(client)
        self._consumer = self._open.enter_context(contextlib.closing(self._follow(client)))

    def _takedown_sink(self, client: dict[str, Any]) -> KafkaSink:
        sink = KafkaSink(KafkaSinkOptions(topic=TAKEDOWNS.name, client=client, records="takedowns"))
        sink.open()
        self._open.callback(sink.close)
        return sink

    def _follow(self, client: dict[str, Any]) -> KafkaConsumer:
        """A reader of alerts and fingerprints from now on."""
        consumer = KafkaConsumer(**client, group_id=None, enable_auto_commit=False)
        names = [topic_name(spec, self._settings.topics) for spec in (ALERTS, FINGERPRINTS)]
        partitions = [TopicPartition(name, n) for name in names for n in consumer.partitions_for_topic(name)]
        consumer.assign(partitions)
        consumer.seek_to_end()
        for partition in partitions:
            consumer.position(partition)
        return consumer

    def round(self, seed: int, on_alert: Callable[[Alert, float], None], tick: Tick) -> Outcome:
        """Play one story and count. `on_alert` gets each alert and the seconds since its listing was shown."""
        with Market(self._settings, self._folder / f"round{seed}") as market:
            plan = make_plan(
                seed, listings=140, takedowns=20, relists=30, lookalikes=30, still_up=2, updates=5, removals=3,
                sellers=SHOPS, marketplaces=REAL_MARKETPLACES, edits=tuple(EDITS), photo_base=market.photo_base,
                start=datetime.now(UTC) - timedelta(hours=1),
            )  # fmt: skip
            self._drawings = {
                name: (recipe, self._artists.submit(draw, recipe)) for name, recipe in plan.photos.items()
            }
            market.connect(plan)
            return _Round(self, market, plan, on_alert, tick).play()

    def send(self, market: Market, record: ListingEvent | Takedown) -> None:
        """Show a listing on its marketplace, or publish a takedown and ban what it takes down."""
        listing = record.listing if isinstance(record, Takedown) else record
        for image in listing.images:
            self._draw_first(market, image)
        if isinstance(record, ListingEvent):
            market.show(record)
            return
        market.take_down(listing.key, record.reason or "")
        self._takedowns.write([record])
        self._takedowns.flush()
        self._taken_down += 1

    def _draw_first(self, market: Market, image: Image) -> None:
        """A photo is there before its listing: what is timed is the catching, not the drawing."""
        if image.url is not None and (drawing := self._drawings.pop(image.url.rpartition("/")[2], None)):
            recipe, future = drawing
            market.draw(recipe, future.result())

    def wait_matchable(self) -> None:
        """Return when every worker holds every takedown."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        wanted = f"{MATCHABLE_METRIC}{float(self._taken_down)}"
        while not all(wanted in worker.metrics() for worker in self._workers):
            if time.monotonic() > deadline:
                raise DemoError("the workers do not have all takedowns; see: relistwatch doctor")
            time.sleep(0.05)

    def poll(self, timeout_ms: int) -> Iterator[tuple[str, bytes, bytes]]:
        """What arrived on the alerts and fingerprints: topic, key and value."""
        for records in self._consumer.poll(timeout_ms=timeout_ms).values():
            for record in records:
                yield record.topic, record.key, record.value


class _Round:
    """One story being played."""

    def __init__(
        self, demo: Demo, market: Market, plan: Plan, on_alert: Callable[[Alert, float], None], tick: Tick
    ) -> None:
        self._demo, self._market, self._plan = demo, market, plan
        self._on_alert, self._tick = on_alert, tick
        self._codec = Codec(Alert)
        self._alerts: dict[str, Alert] = {}
        self._shown: dict[str, float] = {}
        self._through: set[str] = set()
        self._latencies: list[float] = []
        self._own_latencies: list[float] = []

    def play(self) -> Outcome:
        steps = self._plan.steps
        waiting = False
        for number, step in enumerate(steps, start=1):
            record = step.record
            if isinstance(record, Takedown):
                # What a connector has not seen before it is banned, it never sees.
                self._await_through(set(self._shown), number)
                waiting = True
            elif waiting:
                # A marketplace does not wait, but what this shows is catching on arrival.
                self._demo.wait_matchable()
                waiting = False
            if isinstance(record, ListingEvent):
                if record.type is EventType.REMOVED:
                    self._await_through({record.key}, number)
                self._shown[record.key] = time.time()
            self._demo.send(self._market, record)
            self._collect(int(PACE_SECONDS * 1000))
            self._tick(number, len(steps), len(self._alerts))
        self._finish(len(steps))
        return self._count()

    def _await_through(self, keys: set[str], number: int) -> bool:
        """Wait until these are fingerprinted; whether they are, when patience ends."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not keys <= self._through and time.monotonic() < deadline:
            self._market.check()
            self._collect(100)
            self._tick(number, len(self._plan.steps), len(self._alerts))
        return keys <= self._through

    def _finish(self, total: int) -> None:
        """Wait until every listing is through and every planted one is caught, or patience ends."""
        self._await_through(set(self._shown), total)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._planted() <= self._found() and time.monotonic() < deadline:
            self._collect(100)
            self._tick(total, total, len(self._alerts))
        settled = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < settled:
            self._collect(100)
            self._tick(total, total, len(self._alerts))

    def _collect(self, timeout_ms: int) -> None:
        for topic, key, value in self._demo.poll(timeout_ms):
            if topic != topic_name(ALERTS, self._demo.settings.topics):
                self._through.add(key.decode())
                continue
            alert = self._codec.decode(value).record
            if alert.alert_id in self._alerts:
                continue
            self._alerts[alert.alert_id] = alert
            seconds = time.time() - self._shown.get(alert.listing.key, time.time())
            self._latencies.append(seconds)
            self._own_latencies.append((alert.matched_at - alert.listing_observed_at).total_seconds())
            self._on_alert(alert, seconds)

    def _planted(self) -> set[str]:
        return self._plan.truth.keys() | self._plan.still_up.keys()

    def _found(self) -> set[str]:
        return {alert.listing.key for alert in self._alerts.values() if self._is_right(alert)}

    def _is_right(self, alert: Alert) -> bool:
        truth = self._plan.still_up if alert.kind == "still_up" else self._plan.truth
        return truth.get(alert.listing.key) in {alert.takedown.takedown_id, *alert.other_takedowns}

    def _count(self) -> Outcome:
        alerts = list(self._alerts.values())
        relists = [alert for alert in alerts if alert.kind == "relist" and self._is_right(alert)]
        right = {alert.listing.key for alert in relists}
        up = {alert.listing.key for alert in alerts if alert.kind == "still_up" and self._is_right(alert)}
        wrong = sorted(alert.listing.key for alert in alerts if not self._is_right(alert))
        return Outcome(
            listings=len(self._shown),
            across=len({alert.listing.key for alert in relists if _came_across(alert)}),
            planted=len(self._plan.truth),
            caught=len(right),
            by_photo=len({alert.listing.key for alert in relists if _shows_the_photo(alert)}),
            false_alerts=len(wrong),
            missed=sorted(self._plan.truth.keys() - right),
            falsely_alerted=wrong,
            still_up_planted=len(self._plan.still_up),
            still_up_caught=len(up),
            median_ms=_percentile_ms(self._latencies, 50),
            p95_ms=_percentile_ms(self._latencies, 95),
            own_median_ms=_percentile_ms(self._own_latencies, 50),
            own_p95_ms=_percentile_ms(self._own_latencies, 95),
        )


def _percentile_ms(seconds: list[float], percent: int) -> float | None:
    if len(seconds) < 2:
        return None
    return round(quantiles(seconds, n=100, method="inclusive")[percent - 1] * 1000, 1)


def _came_across(alert: Alert) -> bool:
    return alert.listing.marketplace != alert.takedown.marketplace


def _shows_the_photo(alert: Alert) -> bool:
    return any(isinstance(part, PhotoEvidence) and part.relation == "same photo" for part in alert.evidence)
