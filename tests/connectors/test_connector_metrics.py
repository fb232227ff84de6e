"""A running connector answers /metrics with its own counters."""

import urllib.request
from dataclasses import fields

from connectors.counts import Counts
from streams.metrics.connector_metrics import COUNTERS, ConnectorMetrics, serve_metrics


def test_every_counter_is_served_as_it_stands() -> None:
    counts = Counts(read=3, written=2, throttled=1)
    metrics = ConnectorMetrics(counts, "shopee", "shopee-toko-7")
    with serve_metrics(metrics, "127.0.0.1", 0) as port:
        address = f"http://127.0.0.1:{port}/metrics"
        first = urllib.request.urlopen(address, timeout=10).read().decode()
        counts.written = 3
        second = urllib.request.urlopen(address, timeout=10).read().decode()
    labels = '{connector="shopee",connector_instance="shopee-toko-7"}'
    assert f"relistwatch_connector_written_total{labels} 2.0" in first
    assert f"relistwatch_connector_written_total{labels} 3.0" in second
    assert f"relistwatch_connector_throttled_total{labels} 1.0" in second
    assert f"relistwatch_connector_last_success_timestamp_seconds{labels} 0.0" in second


def test_no_counter_is_forgotten() -> None:
    assert {field.name for field in fields(Counts)} == COUNTERS.keys() | {"last_success"}
