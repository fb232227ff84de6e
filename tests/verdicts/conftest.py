"""A running worker that goes by what analysts say."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from kafka_client import KafkaClient

from streams.settings import Settings
from streams.worker_process import WorkerProcess


@pytest.fixture
def worker_settings(settings: Settings) -> Settings:
    """Three cleared accounts are enough, and a sixth listing is a flood."""
    match = msgspec.structs.replace(settings.match, allow_accounts=3, flood_listings=5, flood_minutes=60)
    work = msgspec.structs.replace(settings.worker, photo_processes=1)
    return msgspec.structs.replace(settings, match=match, worker=work)


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
