"""The console's own Prometheus metrics. docs/metrics.md is their reference.

They are answered on a port of their own (`--metrics-port`) and never among the pages: a proxy on the same machine
makes every visitor look like loopback, so an address says nothing about who may read them.
"""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from streams.console.context import Console, console_of
from streams.console.feeder import FeedState
from streams.console.parts import Parts
from streams.console.routes import Handler
from streams.health.probes import metrics_app
from streams.metrics.build_info import add_build_info

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 10.0)
"""With a bound at 0.2: pages promise to answer within that."""
NO_ROUTE = "none"
OTHER = "other"
METHODS = frozenset({"GET", "HEAD", "POST"})
SIGN_INS = {200: "signed in", 303: "signed in", 401: "refused", 429: "too many", 503: "busy"}
PHOTOS = {200: "shown", 304: "shown", 404: "missing", 403: "refused", 503: "busy"}


class ConsoleMetrics:
    """All of one console. Its parts count in it; `metrics_of` finds it."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        add_build_info(self.registry)
        self.request_seconds = Histogram(
            "relistwatch_console_request_seconds", "Time of one request, open streams left out.",
            ["method", "route", "status"], buckets=SECONDS, registry=self.registry,
        )  # fmt: skip
        self.streams = Gauge(
            "relistwatch_console_streams", "Pages that listen for news.", registry=self.registry
        )
        self.parts_failing = Gauge(
            "relistwatch_console_parts_failing", "Background parts that do not run now, such as the feed.",
            registry=self.registry,
        )  # fmt: skip
        self.feed_ready = Gauge(
            "relistwatch_console_feed_ready", "1 once all that was on the topics is in the database.",
            registry=self.registry,
        )  # fmt: skip
        self.feeding = Gauge(
            "relistwatch_console_feeding", "1 where this console feeds the database, not another beside it.",
            registry=self.registry,
        )  # fmt: skip
        self.verdicts = Counter(
            "relistwatch_console_verdicts", "Verdicts given on pages, by what became of them.", ["outcome"],
            registry=self.registry,
        )  # fmt: skip
        self.sign_ins = Counter(
            "relistwatch_console_sign_ins", "Attempts to sign in with a password.", ["outcome"],
            registry=self.registry,
        )  # fmt: skip
        self.photos = Counter(
            "relistwatch_console_photos", "Photos asked for through the proxy, by what became of them.", ["outcome"],
            registry=self.registry,
        )  # fmt: skip

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request. Sign-ins and photos are told apart by what was answered."""
        known = method if method in METHODS else OTHER
        self.request_seconds.labels(known, route, str(status)).observe(seconds)
        if (method, route) == ("POST", "/sign-in"):
            self.sign_ins.labels(SIGN_INS.get(status, "failed")).inc()
        elif route.startswith("/photos/"):
            self.photos.labels(PHOTOS.get(status, "failed")).inc()


def metrics_of(console: Console) -> ConsoleMetrics:
    """The console's metrics; made with the first question, before any part runs."""
    found: ConsoleMetrics | None = console.services.get(ConsoleMetrics)
    if found is None:
        found = console.services[ConsoleMetrics] = ConsoleMetrics()
        found.streams.set_function(lambda: console.live.viewers)
        found.parts_failing.set_function(lambda: _failing(console))
        found.feed_ready.set_function(lambda: _feed(console).is_ready)
        found.feeding.set_function(lambda: _feed(console).is_feeding)
        found.registry.register(_FeedRecords(console))
    return found


class _FeedRecords(Collector):
    """What the feed has counted, read when it is asked for."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def collect(self) -> Iterator[Metric]:
        state = _feed(self._console)
        yield CounterMetricFamily(
            "relistwatch_console_feed_records", "Records read from the topics.", value=state.taken
        )
        yield CounterMetricFamily(
            "relistwatch_console_feed_unreadable",
            "Of those, what was no such record.",
            value=state.unreadable,
        )


def _feed(console: Console) -> FeedState:
    state: FeedState = console.services.get(FeedState, FeedState())
    return state


def _failing(console: Console) -> int:
    parts: Parts | None = console.services.get(Parts)
    return 0 if parts is None else len(parts.failures)


@web.middleware
async def measured(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Observe how long the request took. The outermost: it sees what the reader got, refusals too."""
    started = time.perf_counter()
    try:
        response = await handler(request)
    except web.HTTPException as error:
        _observe(request, error.status, started)
        raise
    # An open page's stream lasts minutes, which says nothing of us.
    if response.content_type != "text/event-stream":
        _observe(request, response.status, started)
    return response


def _observe(request: web.Request, status: int, started: float) -> None:
    resource = request.match_info.route.resource
    # The template, never the path: anyone can ask for any number of paths.
    route = NO_ROUTE if resource is None else resource.canonical
    seconds = time.perf_counter() - started
    metrics_of(console_of(request)).observe(request.method, route, status, seconds)


@asynccontextmanager
async def answering_metrics(console: Console, host: str, port: int) -> AsyncIterator[str]:
    """Answer /metrics meanwhile; its address.

    Raises:
        OSError: the port is taken.
    """
    runner = web.AppRunner(metrics_app(metrics_of(console).registry), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield f"http://{f'[{host}]' if ':' in host else host}:{runner.addresses[0][1]}/metrics"
    finally:
        await runner.cleanup()
