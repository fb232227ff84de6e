"""A running worker on this test's own topics."""

import msgspec
import pytest
from worker_fixtures import client, worker

from streams.settings import Settings

__all__ = ["client", "worker", "worker_settings"]


@pytest.fixture
def worker_settings(settings: Settings) -> Settings:
    work = msgspec.structs.replace(settings.worker, photo_processes=1)
    return msgspec.structs.replace(settings, worker=work)
