"""A running worker on this test's own topics."""

import msgspec
import pytest
from worker_fixtures import client, worker

from streams.settings import Settings

__all__ = ["client", "worker", "worker_settings"]


@pytest.fixture
def worker_settings(settings: Settings) -> Settings:
    """This test's settings, with photos from loopback allowed and short time limits."""
    photos = msgspec.structs.replace(
        settings.photos, allow_private_addresses=True, fetch_timeout=2.0, max_bytes=5 * 1024 * 1024
    )
    kafka = msgspec.structs.replace(settings.kafka, session_timeout=6.0, heartbeat_interval=1.0)
    work = msgspec.structs.replace(settings.worker, photo_processes=1)
    return msgspec.structs.replace(settings, photos=photos, kafka=kafka, worker=work)
