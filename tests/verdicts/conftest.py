"""A running worker that goes by what analysts say."""

import msgspec
import pytest
from worker_fixtures import client, worker

from streams.settings import Settings

__all__ = ["client", "worker", "worker_settings"]


@pytest.fixture
def worker_settings(settings: Settings) -> Settings:
    """Three cleared accounts are enough, and a sixth listing is a flood."""
    match = msgspec.structs.replace(settings.match, allow_accounts=3, flood_listings=5, flood_minutes=60)
    work = msgspec.structs.replace(settings.worker, photo_processes=1)
    return msgspec.structs.replace(settings, match=match, worker=work)
