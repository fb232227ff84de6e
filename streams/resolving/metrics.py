"""The metrics of a resolver. docs/metrics.md is their reference."""

from collections.abc import Callable, Iterator, Mapping
from time import time
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from streams.metrics.build_info import add_build_info

Waits = Literal["new", "due", "later"]


class ResolverMetrics:
    """All of one resolver. It says how it is from its own thread; they are read from another.

    `counts`: what came of requests since the start, a word and how many.
    """

    def __init__(self, counts: Callable[[], Mapping[str, int]]) -> None:
        self.registry = CollectorRegistry()
        add_build_info(self.registry)
        self.registry.register(_Outcomes(counts))
        self.dead_letters = Counter(
            "relistwatch_dead_letters", "Messages set aside.", ["stage", "error"], registry=self.registry
        )
        self.waiting = Gauge(
            "relistwatch_resolver_waiting", "Requests that wait in this resolver's partitions.", ["state"],
            registry=self.registry,
        )  # fmt: skip
        oldest = Gauge(
            "relistwatch_resolver_oldest_seconds",
            "Since the request came, or its next try was due, that waits for longest.",
            registry=self.registry,
        )
        oldest.set_function(lambda: self._oldest(time()))
        self.in_hand_since: float | None = None
        """When the oldest request of the batch in hand came, in Unix time."""
        self.due_since: float | None = None
        """When the next try was due that is due for longest."""

    def waits(self, state: Waits, requests: int) -> None:
        """So many requests wait: `new` for the first try, `due` for another whose time has come, or until `later`."""
        self.waiting.labels(state).set(requests)

    def _oldest(self, now: float) -> float:
        since = [each for each in (self.in_hand_since, self.due_since) if each is not None]
        return max(0.0, now - min(since, default=now))


class _Outcomes(Collector):
    """Read when it is asked for; the counts grow in the resolver's own thread."""

    def __init__(self, counts: Callable[[], Mapping[str, int]]) -> None:
        self._counts = counts

    def collect(self) -> Iterator[Metric]:
        family = CounterMetricFamily(
            "relistwatch_resolver_requests", "Requests by what came of a try.", labels=["outcome"]
        )
        for outcome, count in sorted(dict(self._counts()).items()):
            family.add_metric([outcome], float(count))
        yield family
