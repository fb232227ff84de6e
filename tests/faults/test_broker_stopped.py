"""The broker goes away for 20 s: the workers go on by themselves, and nothing is lost. Nor by a worker that is told to end
while it is away, which does."""

import time
from pathlib import Path

import msgspec
import pytest
from kafka_client import KafkaClient
from listing_records import listing

from streams.kafka_clients.topic_admin import create_topics
from streams.kafka_local.broker import LocalKafka
from streams.settings import Settings
from streams.worker.worker_process import WorkerProcess

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

DOWN_SECONDS = 20


def test_workers_outlive_a_broker_that_stops_and_starts(fault_settings: Settings, tmp_path: Path) -> None:
    with LocalKafka(tmp_path / "kafka", die_with_parent=True) as broker:
        kafka = msgspec.structs.replace(fault_settings.kafka, bootstrap_servers=broker.bootstrap_servers)
        settings = msgspec.structs.replace(fault_settings, kafka=kafka)
        create_topics(settings)
        client = KafkaClient(settings)
        with WorkerProcess(settings, tmp_path / "worker.log") as worker:
            worker.wait_ready()
            client.send_all("listings", [(e.key, e) for e in map(listing, range(2000))])
            broker.stop_node(0)
            time.sleep(DOWN_SECONDS)
            assert worker.process.poll() is None, "the worker waits for its broker"
            broker.start_node(0)
            client.send_all("listings", [(e.key, e) for e in map(listing, range(2000, 4000))])
            expected = {f"pasar-uji:l{n}".encode() for n in range(4000)}
            client.read_until("fingerprints", lambda got: expected <= {m.key for m in got}, seconds=150)
            client.send_all("listings", [(e.key, e) for e in map(listing, range(4000, 10000))])
            broker.stop_node(0)
            assert worker.stop(seconds=45) in (0, 70), "it ends by itself, with what was in hand or without"
            broker.start_node(0)
        with WorkerProcess(settings, tmp_path / "next.log"):
            expected = {f"pasar-uji:l{n}".encode() for n in range(10000)}
            client.read_until("fingerprints", lambda got: expected <= {m.key for m in got}, seconds=150)
        client.close()
