"""Fixtures of tests with a running worker; their folder's conftest says with which `worker_settings`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka_client import KafkaClient

from streams.settings import Settings
from streams.worker.worker_process import WorkerProcess


@pytest.fixture
def client(settings: Settings, topics: object) -> Iterator[KafkaClient]:
    """This test's own producer and readers."""
    client = KafkaClient(settings)
    yield client
    client.close()


@pytest.fixture
def worker(worker_settings: Settings, topics: object, tmp_path: Path) -> Iterator[WorkerProcess]:
    """A worker that is ready."""
    with WorkerProcess(worker_settings, tmp_path / "worker.log") as worker:
        worker.wait_ready()
        yield worker
