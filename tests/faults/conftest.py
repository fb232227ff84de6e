"""Faults need a broker and workers of their own to break."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from kafka_client import KafkaClient

from streams.settings import Settings
from streams.worker.worker_process import WorkerProcess


@pytest.fixture
def fault_settings(settings: Settings) -> Settings:
    """A killed worker is noticed after 6 s."""
    kafka = msgspec.structs.replace(settings.kafka, session_timeout=6.0, heartbeat_interval=1.0)
    work = msgspec.structs.replace(settings.worker, photo_processes=1)
    return msgspec.structs.replace(settings, kafka=kafka, worker=work)


@pytest.fixture
def start_worker(fault_settings: Settings, tmp_path: Path) -> Iterator[Callable[[], WorkerProcess]]:
    """Starts workers, and ends what is left of them."""
    started: list[WorkerProcess] = []

    def start() -> WorkerProcess:
        worker = WorkerProcess(fault_settings, tmp_path / f"worker{len(started)}.log")
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.stop()


@pytest.fixture
def client(settings: Settings, topics: object) -> Iterator[KafkaClient]:
    """The checker's own producer and readers."""
    client = KafkaClient(settings)
    yield client
    client.close()
