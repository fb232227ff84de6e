"""One worker: Faust agents over Kafka, with the services they need started first and stopped last."""

import asyncio
import tempfile
import uuid
from collections.abc import Iterable, Mapping
from itertools import chain
from time import monotonic
from typing import Any

import faust
import structlog
import uvloop
from faust.app.base import BootStrategy
from faust.exceptions import ConsumerNotStarted
from mode import Service

from streams.health.heartbeat_figures import first_heartbeat
from streams.health.heartbeat_sender import Heartbeats
from streams.health.probes import HealthServer, require_port
from streams.health.worker_heartbeat import WorkerHeartbeat
from streams.kafka_clients.kafka_options import faust_credentials, servers
from streams.metrics.metrics import Metrics
from streams.rights.check import require_rights
from streams.rights.watch import RightsWatch
from streams.settings import Settings
from streams.stages.stage import Stage
from streams.topics import topic_name
from streams.worker.eager_consumer import EagerConsumer
from streams.worker.lost_watch import LostWatch, Watched
from streams.worker.message_batches import batches
from streams.worker.no_tables import NoTables
from streams.worker.parts import Group, Parts, component_of, group_of, parts_of

log = structlog.get_logger(__name__)

STALL_SECONDS = 120.0
"""Lag without any message finished for this long is a worker that hangs."""
LAG_REFRESH_SECONDS = 5.0
FETCH_BYTES = 1024 * 1024
"""That Kafka gives of a partition at once: so much of each waits in the client, besides `worker.buffer_bytes`."""


class Watch(Service):  # type: ignore[misc]
    """Knows whether the worker is ready, and whether it still gets on."""

    def __init__(
        self,
        app: Any,
        parts: Parts,
        stages: Mapping[str, Stage],
        metrics: Metrics,
        rights: RightsWatch,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._app, self._held, self._stages, self._metrics = app, parts.held, stages, metrics
        self._parts, self._rights = parts, rights
        self._done: dict[str, int] = {}
        self._moved: float | None = None

    def ready(self) -> str | None:
        """Ready: takedowns and verdicts are loaded, partitions are assigned, and nothing is forbidden."""
        if self._rights.lacking is not None:
            return self._rights.lacking
        if (waits := self._parts.begins()) is not None:
            return waits
        for followed in self._held:
            if not followed.loaded:
                return f"{followed.topic.name} are loading"
        if not self.partitions():
            return "no partitions are assigned"
        return self._parts.waits_for()

    def partitions(self) -> list[tuple[str, int]]:
        """What is assigned to this worker; nothing before the consumer has started."""
        if not all(followed.loaded for followed in self._held):
            return []
        return list(assigned_of(self._app))

    def joins(self) -> bool:
        """Whether it should be in its group by now."""
        return all(followed.loaded for followed in self._held) and not self._app.should_stop

    def progress(self) -> dict[str, int]:
        """By topic, grows as the work on its messages gets on."""
        return {topic: stage.moved() for topic, stage in self._stages.items()}

    def live(self) -> str | None:
        """Live: the work got on lately, or there is nothing to do, or it has not begun."""
        if self._moved is None:
            return None
        still = monotonic() - self._moved
        return f"lag, and nothing finished for {still:.0f} s" if still > STALL_SECONDS else None

    @Service.task  # type: ignore[untyped-decorator]
    async def _refresh(self) -> None:
        while not self.should_stop:
            lag = self._refresh_lag()
            done = self.progress()
            if done != self._done or lag == 0:
                self._done, self._moved = done, monotonic()
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


def build_app(settings: Settings, metrics: Metrics) -> tuple[faust.App, WorkerHeartbeat, Watched]:
    """The Faust app with its agents and services, not started, what its heartbeats say, and what watches it."""
    client_id = f"relistwatch-worker-{uuid.uuid4().hex[:12]}"
    group = group_of(settings)
    app = faust.App(
        group,
        broker=[f"aiokafka://{server}" for server in servers(settings.kafka)],
        broker_credentials=faust_credentials(settings.kafka),
        # By which its group's description is searched for this worker (streams/worker/lost_watch.py).
        broker_client_id=client_id,
        broker_session_timeout=settings.kafka.session_timeout,
        broker_heartbeat_interval=settings.kafka.heartbeat_interval,
        broker_commit_interval=0.5,
        # A fresh worker must see what was produced while it started.
        consumer_auto_offset_reset="earliest",
        # A larger record still comes, alone.
        consumer_max_fetch_size=min(FETCH_BYTES, settings.topics.max_message_bytes),
        # Messages that wait for an agent; `worker.buffer_bytes` bounds their bytes.
        stream_buffer_maxsize=4096,
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
        store="memory://",
        TableManager=NoTables,
        datadir=tempfile.gettempdir(),
        key_serializer="raw",
        value_serializer="raw",
    )
    parts = parts_of(settings, metrics, Group(lambda: assigned_of(app), lambda: bool(app.should_stop)))
    app.transport.Consumer = type(
        "WorkerConsumer",
        (EagerConsumer,),
        {
            "buffer_bytes": settings.worker.buffer_bytes,
            "undelivered": staticmethod(lambda: parts.outbox.waited),
        },
    )
    rights = RightsWatch(settings, parts.component, group)
    by_topic = {topic_name(stage.topic, settings.topics): stage for stage in parts.stages}
    watch = Watch(app, parts, by_topic, metrics, rights)
    boot = Boot(app)
    health = HealthServer(settings.web, metrics, live=watch.live, ready=watch.ready)
    boot.first = [health, *parts.services]
    boot.last = [watch, rights]
    app.boot_strategy = boot
    for stage in parts.stages:
        _add_agent(app, stage, settings)
    watched = Watched(
        client_id=client_id, group=group, joins=watch.joins, progress=watch.progress, waits=parts.waits
    )
    return app, WorkerHeartbeat(app, watch, parts.index, metrics, settings), watched


def assigned_of(app: faust.App) -> set[tuple[str, int]]:
    """The topics' names and partitions that Kafka has given this worker; nothing before its consumer has started."""
    try:
        return {(each.topic, each.partition) for each in app.consumer.assignment()}
    except ConsumerNotStarted:
        return set()


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
        async for messages in batches(stream, settings.worker.batch, settings.worker.batch_within):
            await stage.handle(messages)

    app.agent(topic, name=stage.name, concurrency=1)(run)


class _Worker(faust.Worker):  # type: ignore[misc]
    """Faust's worker without its spinner and its own idea of logging."""

    def _setup_logging(self) -> None:
        self.spinner = None


def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT; what is in hand is finished first. Ends the process.

    Raises:
        SettingsError: its port is taken.
        RightsError, BrokerUnavailableError: Kafka does not let us do what a worker does; only where one signs in.
    """
    require_port(settings.web)
    require_rights(settings, component_of(settings), group_of(settings))
    uvloop.install()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    metrics = Metrics()
    app, says, watched = build_app(settings, metrics)
    log.info("worker starting", broker=settings.kafka.bootstrap_servers, group=group_of(settings))
    first = first_heartbeat(settings, "worker", shard=settings.worker.shard or "1/1")
    with (
        LostWatch(settings, loop, watched),
        Heartbeats(settings, first, says, metrics.heartbeats_failed.inc) as heartbeats,
    ):
        try:
            _Worker(app, loop=loop, redirect_stdouts=False).execute_from_commandline()
        finally:
            if (failure := says.failure()) is not None:
                heartbeats.fail(failure)
