"""docs/metrics.md names every metric that a running part has with its type and labels, and no other."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from console_client import console_in
from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

from connectors.counts import Counts
from streams.console.console_metrics import metrics_of
from streams.lookback.metrics import LookbackMetrics
from streams.metrics.connector_metrics import LABELS, ConnectorMetrics
from streams.resolving.metrics import ResolverMetrics

PAGE = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()
ROWS = re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]*) \|", PAGE, re.MULTILINE)


@pytest.fixture
def registries(tmp_path: Path) -> Iterator[list[CollectorRegistry]]:
    with console_in(tmp_path) as console:
        yield [
            LookbackMetrics().registry,
            ConnectorMetrics(Counts(), "any", "any").registry,
            ResolverMetrics(lambda: {"seen": 1}).registry,
            metrics_of(console).registry,
        ]


def test_the_reference_is_complete_and_true(registries: list[CollectorRegistry]) -> None:
    found = {
        family.name + ("_total" if family.type == "counter" else ""): family.type
        for registry in registries
        for family in registry.collect()
    }
    assert {name: kind for name, kind, _ in ROWS} == found


def test_labels_are_those_that_the_reference_names(registries: list[CollectorRegistry]) -> None:
    documented = {name: tuple(filter(None, labels.strip().split(", "))) for name, _, labels in ROWS}
    checked = 0
    for registry in registries:
        for collector in registry._collector_to_names:
            if isinstance(collector, MetricWrapperBase):
                (family,) = collector.describe()
                name = family.name + ("_total" if family.type == "counter" else "")
                assert documented[name] == tuple(collector._labelnames), name
                checked += 1
    assert checked > 30
    assert documented["relistwatch_connector_read_total"] == LABELS
