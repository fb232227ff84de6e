"""The broker goes away while requests are resolved: the resolver waits for it, and loses nothing."""

import time
from pathlib import Path

import msgspec
import pytest
from kafka_client import KafkaClient
from listing_records import listing
from resolver_process import ResolverProcess
from takedown_records import request, send_requests, statuses

from streams.kafka_clients.topic_admin import create_topics
from streams.kafka_local.broker import LocalKafka
from streams.settings import Settings

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
DOWN_SECONDS = 10
HALF = 1500


def test_a_resolver_outlives_a_broker_that_stops_and_starts(
    worker_settings: Settings, tmp_path: Path
) -> None:
    with LocalKafka(tmp_path / "kafka", die_with_parent=True) as broker:
        kafka = msgspec.structs.replace(worker_settings.kafka, bootstrap_servers=broker.bootstrap_servers)
        quick = msgspec.structs.replace(worker_settings.resolve, batch=100, print_wait_seconds=0.0)
        settings = msgspec.structs.replace(worker_settings, kafka=kafka, resolve=quick)
        create_topics(settings)
        client = KafkaClient(settings)
        client.send_all("listings", [(each.key, each) for each in map(listing, range(2 * HALF))])
        send_requests(client, *map(request, range(HALF)))
        with ResolverProcess(settings, tmp_path / "resolver.log") as resolver:
            client.read_until("takedowns", lambda got: len(got) >= 200, seconds=60)
            broker.stop_node(0)
            time.sleep(DOWN_SECONDS)
            assert resolver.process.poll() is None, resolver.log.read_text()[-2000:]
            broker.start_node(0)
            send_requests(client, *map(request, range(HALF, 2 * HALF)))
            deadline = time.monotonic() + 120
            while len(found := statuses(client)) < 2 * HALF:
                assert time.monotonic() < deadline, f"{len(found)} of {2 * HALF}"
                time.sleep(0.5)
            assert resolver.stop() == 0
        assert {each.state for each in found.values()} == {"published"}
        client.close()
