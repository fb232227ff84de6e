"""One worker: Faust agents over Kafka, with the services they need started first and stopped last."""

import asyncio
import math
import os
import tempfile
from collections.abc import Iterable
from itertools import chain
from time import monotonic
from typing import Any

import faust
import structlog
import uvloop
from faust.app.base import BootStrategy
from faust.exceptions import ConsumerNotStarted
from mode import Service

from streams.eager_consumer import EagerConsumer
from streams.fingerprint_stages import FingerprintListings, FingerprintTakedowns
from streams.flood_guard import FloodGuard
from streams.followed_topic import FollowedTopic
from streams.health import HealthServer
from streams.heartbeat_figures import first_heartbeat
from streams.heartbeat_sender import Heartbeats
from streams.kafka_options import faust_credentials, servers
from streams.match_stage import MatchListings
from streams.metrics import Metrics
from streams.outbox import Outbox
from streams.photo_fetch import PhotoFetcher
from streams.photo_keeper import PhotoKeeper
from streams.photo_pool import PhotoPool
from streams.photo_store import open_store
from streams.photos import PhotoReader
from streams.policy_file import rules_of
from streams.settings import Settings
from streams.stage import Stage
from streams.takedown_bank import TakedownBank
from streams.takedown_index import TakedownIndex
from streams.topics import topic_name
from streams.verdict_feed import VerdictFeed
from streams.worker_heartbeat import WorkerHeartbeat

log = structlog.get_logger(__name__)

STALL_SECONDS = 120.0
"""Lag without any message finished for this long is a worker that hangs."""
LAG_REFRESH_SECONDS = 5.0


class PhotoService(Service):  # type: ignore[misc]
    """Starts and stops the fetcher, the keeper and the pool of photo processes."""

    def __init__(self, fetcher: PhotoFetcher, keeper: PhotoKeeper, pool: PhotoPool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._fetcher, self._keeper, self._pool = fetcher, keeper, pool

    async def on_start(self) -> None:
        """Spawn the children."""
        await self.add_async_context(self._fetcher)
        await self.add_async_context(self._keeper)
        await self.add_async_context(self._pool)


class Watch(Service):  # type: ignore[misc]
    """Knows whether the worker is ready, and whether it still gets on."""

    def __init__(
        self, app: Any, held: list[FollowedTopic], stages: list[Stage], metrics: Metrics, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._app, self._held, self._stages, self._metrics = app, held, stages, metrics
        self._handled = 0
        self._moved = monotonic()

    def ready(self) -> str | None:
        """Ready: takedowns and verdicts are loaded and partitions are assigned."""
        for followed in self._held:
            if not followed.loaded:
                return f"{followed.topic.name} are loading"
        if not self.partitions():
            return "no partitions are assigned"
        return None

    def partitions(self) -> list[tuple[str, int]]:
        """What is assigned to this worker; nothing before the consumer has started."""
        if not all(followed.loaded for followed in self._held):
            return []
        try:
            return [(each.topic, each.partition) for each in self._app.consumer.assignment()]
        except ConsumerNotStarted:
            return []

    def live(self) -> str | None:
        """Live: something was finished lately, or there is nothing to do."""
        still = monotonic() - self._moved
        return f"lag, and nothing finished for {still:.0f} s" if still > STALL_SECONDS else None

    @Service.task  # type: ignore[untyped-decorator]
    async def _refresh(self) -> None:
        while not self.should_stop:
            lag = self._refresh_lag()
            handled = sum(stage.handled for stage in self._stages)
            if handled != self._handled or lag == 0:
                self._handled, self._moved = handled, monotonic()
            await self.sleep(LAG_REFRESH_SECONDS)

    def _refresh_lag(self) -> int:
        consumer = self._app.consumer
        total = 0
        # What another worker has taken over is its own to tell; here it would stay as it was for ever.
        self._metrics.lag.clear()
        for partition in consumer.assignment():
            highwater = consumer.highwater(partition)
            if highwater is None:
                continue
            committed = consumer._committed_offset.get(partition) or 0
            lag = max(0, highwater - committed)
            self._metrics.lag.labels(partition.topic, partition.partition).set(lag)
            total += lag
        return total


class Boot(BootStrategy):  # type: ignore[misc]
    """Our services before Faust's consumer: the first listing meets a loaded index."""

    first: Iterable[Service] = ()
    last: Iterable[Service] = ()

    def server(self) -> Iterable[Any]:
        """All services, in the order of their start."""
        return chain(self.first, super().server(), self.last)

    def web_server(self) -> Iterable[Any]:
        """None of Faust's web: it shows its tables to anyone who asks."""
        return []


def build_app(settings: Settings, metrics: Metrics) -> tuple[faust.App, WorkerHeartbeat]:
    """The Faust app with its agents and services, not started, and what its heartbeats say."""
    app = faust.App(
        settings.kafka.group,
        broker=[f"aiokafka://{server}" for server in servers(settings.kafka)],
        broker_credentials=faust_credentials(settings.kafka),
        broker_session_timeout=settings.kafka.session_timeout,
        broker_heartbeat_interval=settings.kafka.heartbeat_interval,
        broker_commit_interval=0.5,
        # A fresh worker must see what was produced while it started.
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=settings.topics.max_message_bytes,
        # A partition brings at most this much into memory before the agents have caught up.
        stream_buffer_maxsize=4096,
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
        store="memory://",
        datadir=tempfile.gettempdir(),
        key_serializer="raw",
        value_serializer="raw",
    )
    app.transport.Consumer = EagerConsumer
    bank = TakedownBank(stage=metrics.timed_match)
    outbox = Outbox(settings, metrics)
    fetcher = PhotoFetcher(settings.photos)
    pool = PhotoPool(
        settings.worker.photo_processes or os.cpu_count() or 1,
        settings.worker.photo_item_timeout,
        max_pixels=settings.photos.max_pixels,
        # A machine that cannot start a process is no listing's fault: it waits, as for a broker that is away, until
        # /livez says that nothing gets on.
        patience=math.inf,
    )
    keeper = PhotoKeeper(open_store(settings), metrics)
    photos = PhotoReader(fetcher, pool, metrics, max_bytes=settings.photos.max_bytes, keeper=keeper)
    index = TakedownIndex(settings, bank, metrics)
    rules = rules_of(settings.match)
    guard = FloodGuard(settings.match.flood_listings, settings.match.flood_minutes)
    verdicts = VerdictFeed(settings, rules.allowed, guard, metrics)
    stages: list[Stage] = [
        FingerprintListings(outbox, metrics, photos),
        FingerprintTakedowns(outbox, metrics, photos),
        MatchListings(outbox, metrics, bank, rules, guard),
    ]
    watch = Watch(app, [index, verdicts], stages, metrics)
    boot = Boot(app)
    health = HealthServer(settings.web, metrics, live=watch.live, ready=watch.ready)
    boot.first = [health, outbox, PhotoService(fetcher, keeper, pool), verdicts, index]
    boot.last = [watch]
    app.boot_strategy = boot
    for stage in stages:
        _add_agent(app, stage, settings)
    return app, WorkerHeartbeat(app, watch, index, metrics, settings)


def _add_agent(app: faust.App, stage: Stage, settings: Settings) -> None:
    """One agent a stage: `concurrency=1`, since more was measured to lose the head of a batch."""
    topic = app.topic(
        topic_name(stage.topic, settings.topics),
        key_type=bytes,
        value_type=bytes,
        internal=False,
        allow_empty=True,
    )

    async def run(stream: Any) -> None:
        async for events in stream.take_events(settings.worker.batch, within=settings.worker.batch_within):
            await stage.handle([event.message for event in events])

    app.agent(topic, name=stage.name, concurrency=1)(run)


class _Worker(faust.Worker):  # type: ignore[misc]
    """Faust's worker without its spinner and its own idea of logging."""

    def _setup_logging(self) -> None:
        self.spinner = None


def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT; what is in hand is finished first. Ends the process."""
    uvloop.install()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    metrics = Metrics()
    app, says = build_app(settings, metrics)
    log.info("worker starting", broker=settings.kafka.bootstrap_servers, group=settings.kafka.group)
    first = first_heartbeat(settings, "worker")
    with Heartbeats(settings, first, says, metrics.heartbeats_failed.inc) as heartbeats:
        try:
            _Worker(app, loop=loop, redirect_stdouts=False).execute_from_commandline()
        finally:
            if (failure := says.failure()) is not None:
                heartbeats.fail(failure)
