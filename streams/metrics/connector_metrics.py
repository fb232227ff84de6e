"""A running connector's counters for Prometheus: the same for every connector, named once in `Counts`."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from connectors.counts import Counts
from connectors.flows import Flows
from streams.metrics.build_info import add_build_info
from streams.metrics.flow_metrics import FlowMetrics

LABELS = ("connector", "connector_instance")
"""Not `instance`: Prometheus gives that label to the address that it scrapes, and renames ours."""
COUNTERS = {
    "read": "Events the source yielded.",
    "written": "Events the sink has acknowledged.",
    "skipped": "Things the source could not pass on.",
    "failed": "Events that the sink refused for good.",
    "notices": "Things a person should know though nothing is lost.",
    "retries": "Pauses after an error that may pass.",
    "requests": "Requests over HTTP, repeated ones included.",
    "throttled": "Requests that the marketplace refused as too many.",
    "checkpoints": "Checkpoints saved.",
}
LAST_SUCCESS = "relistwatch_connector_last_success_timestamp_seconds"


class ConnectorMetrics:
    """A collector of one connector's counters, read when they are asked for; and its listings by marketplace."""

    def __init__(self, counts: Counts, connector: str, instance: str, flows: Flows | None = None) -> None:
        self.registry = CollectorRegistry()
        self._counts = counts
        self._labels = (connector, instance)
        self.registry.register(self)
        for direction in ("in", "out"):
            self.registry.register(FlowMetrics(flows or Flows(), direction))
        add_build_info(self.registry)

    def collect(self) -> Iterator[Metric]:
        """The counters as they stand."""
        for name, meaning in COUNTERS.items():
            family = CounterMetricFamily(f"relistwatch_connector_{name}", meaning, labels=LABELS)
            family.add_metric(self._labels, float(getattr(self._counts, name)))
            yield family
        last = GaugeMetricFamily(
            LAST_SUCCESS, "When the sink last acknowledged something, in Unix time; 0 never.", labels=LABELS
        )
        last.add_metric(self._labels, self._counts.last_success)
        yield last


@contextmanager
def serve_metrics(metrics: ConnectorMetrics, host: str, port: int) -> Iterator[int]:
    """Answer /metrics meanwhile; the port that was taken. Raises OSError where it is taken already."""
    server, thread = start_http_server(port, host, metrics.registry)
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
