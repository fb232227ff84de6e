"""Listings by stage and marketplace for Prometheus: two metrics, since a sum over both directions means nothing."""

from collections.abc import Iterator
from typing import Literal

from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from connectors.flows import Flows

Direction = Literal["in", "out"]
MEANINGS: dict[Direction, str] = {
    "in": "Listings that a stage has taken in, by the marketplace in their key.",
    "out": "Listings whose event (stage connect), fingerprint (fingerprint) or alert (match) is acknowledged.",
}


class FlowMetrics(Collector):
    """A collector of one direction, read when it is asked for."""

    def __init__(self, flows: Flows, direction: Direction) -> None:
        self._flows, self._direction = flows, direction

    def describe(self) -> list[Metric]:
        """The metric without its figures, for the registry."""
        return [self._family()]

    def collect(self) -> Iterator[Metric]:
        """The counters as they stand."""
        family = self._family()
        for count in self._flows.counts():
            figure = count.taken if self._direction == "in" else count.given
            family.add_metric((count.stage, count.marketplace), float(figure))
        yield family

    def _family(self) -> CounterMetricFamily:
        name = f"relistwatch_listings_{self._direction}"
        return CounterMetricFamily(name, MEANINGS[self._direction], labels=("stage", "marketplace"))
