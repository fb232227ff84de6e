"""The shipped configuration in a real Prometheus: a worker's figures arrive, and its end becomes an alert."""

import itertools
import math
from pathlib import Path

import msgspec
import pytest
from kafka_client import KafkaClient
from listing_records import listing, relist, takedown
from prometheus_process import Prometheus, needs_prometheus, shipped_configuration
from waiting import until
from worker_fixtures import client
from worker_steps import publish_takedowns

from streams.program_version import program_version
from streams.settings import Settings
from streams.worker.worker_process import WorkerProcess

__all__ = ["client"]
pytestmark = [pytest.mark.kafka, needs_prometheus]


def test_figures_arrive_and_a_killed_worker_is_an_alert(
    settings: Settings, client: KafkaClient, tmp_path: Path
) -> None:
    work = msgspec.structs.replace(settings.worker, photo_processes=1)
    settings = msgspec.structs.replace(settings, worker=work)
    with WorkerProcess(settings, tmp_path / "worker.log") as worker:
        config = shipped_configuration(tmp_path / "prometheus", {"workers": [worker.port]})
        with Prometheus(config, tmp_path) as prometheus:
            worker.wait_ready()
            publish_takedowns(client, takedown(1))
            _see_figures(prometheus, client)
            assert prometheus.alert("RelistwatchNoWorkerRuns") is None
            worker.kill()
            _see_alert(prometheus)


def _see_figures(prometheus: Prometheus, client: KafkaClient) -> None:
    numbers = itertools.count(100)
    sent = 0

    def flows() -> bool:
        nonlocal sent
        events = [listing(next(numbers)), relist(next(numbers), of=1)]
        client.send_all("listings", [(each.key, each) for each in events])
        sent += len(events)
        return (
            (prometheus.value('topic:relistwatch_events_in:rate1m{topic="listings"}') or 0) > 0
            and (prometheus.value('stage_marketplace:relistwatch_listings_in:rate1m{stage="match"}') or 0) > 0
            and (prometheus.value('kind:relistwatch_alerts:rate5m{kind="relist"}') or 0) > 0
        )

    until(flows, "the rate of listings and of alerts is recorded")
    until(
        lambda: prometheus.value('relistwatch_events_in_total{topic="listings"}') == sent,
        "every listing is counted",
    )
    late = prometheus.value(
        "histogram_quantile(0.95, sum by (le) (rate(relistwatch_event_to_alert_seconds_bucket[1m])))"
    )
    assert late is not None
    assert 0 < late < 60
    recorded = prometheus.value("job:relistwatch_event_to_alert_seconds:p95_5m")
    assert recorded is not None
    assert not math.isnan(recorded)
    (version,) = prometheus.query("relistwatch_build_info")
    assert ("version", program_version()) in version
    assert prometheus.value('relistwatch_takedown_index_size{what="takedowns"}') == 1
    until(lambda: prometheus.value("sum(topic:relistwatch_lag:sum)") == 0, "the lag is worked off")
    failed = [
        rule
        for group in prometheus.api("rules")["groups"]
        for rule in group["rules"]
        if rule["health"] != "ok"
    ]
    assert not failed


def _see_alert(prometheus: Prometheus) -> None:
    name = "RelistwatchNoWorkerRuns"

    def fires() -> bool:
        alert = prometheus.alert(name)
        return alert is not None and alert["state"] == "firing"

    until(fires, "the alert fires")
    alert = prometheus.alert(name)
    assert alert is not None
    before = prometheus.value(f'count_over_time(ALERTS{{alertname="{name}", alertstate="pending"}}[5m])')
    assert (before or 0) > 0, "it was pending first"
    assert alert["labels"]["severity"] == "critical"
    assert alert["annotations"]["description"].startswith("0 workers answer of 1 that")
    until(lambda: prometheus.alert("RelistwatchTargetDown"), "the address that does not answer is named")
