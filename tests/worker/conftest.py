"""A running worker on this test's own topics."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from kafka_client import KafkaClient

from streams.settings import Settings
from streams.worker_process import WorkerProcess


@pytest.fixture
def worker_settings(settings: Settings) -> Settings:
    """This test's settings, with photos from loopback allowed and short time limits."""
    photos = msgspec.structs.replace(
        settings.photos, allow_private_addresses=True, fetch_timeout=2.0, max_bytes=5 * 1024 * 1024
    )
    kafka = msgspec.structs.replace(settings.kafka, session_timeout=6.0, heartbeat_interval=1.0)
    work = msgspec.structs.replace(settings.worker, photo_processes=1)
    return msgspec.structs.replace(settings, photos=photos, kafka=kafka, worker=work)


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
