"""Requests, a resolver and a worker on this test's own topics."""

import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from kafka_client import KafkaClient
from worker_fixtures import client, worker

from connectors.clock import Clock
from streams.resolving.connectors import ListingConnectors, connector_specs
from streams.resolving.resolver import Resolver
from streams.settings import Settings

__all__ = ["client", "resolve", "worker", "worker_settings"]


@pytest.fixture
def worker_settings(settings: Settings) -> Settings:
    """This test's settings, with photos from loopback allowed and short time limits."""
    photos = msgspec.structs.replace(settings.photos, allow_private_addresses=True, fetch_timeout=2.0)
    kafka = msgspec.structs.replace(settings.kafka, session_timeout=6.0, heartbeat_interval=1.0)
    work = msgspec.structs.replace(settings.worker, photo_processes=1)
    return msgspec.structs.replace(settings, photos=photos, kafka=kafka, worker=work)


@pytest.fixture
def resolve(settings: Settings, client: KafkaClient, tmp_path: Path) -> Callable[..., dict[str, int]]:
    """Resolve what is there now; the counts. Connectors as on the command line; the rest changes settings."""

    def once(*connectors: str, clock: Clock | None = None, **changes: float) -> dict[str, int]:
        changes.setdefault("print_wait_seconds", 0.0)
        resolving = msgspec.structs.replace(settings.resolve, **changes)
        used = msgspec.structs.replace(settings, resolve=resolving)
        stop = threading.Event()
        asked = ListingConnectors(connector_specs(connectors), tmp_path / "connectors", stop)
        try:
            resolver = Resolver(used, asked, stop, clock)
            resolver.run(once=True)
        finally:
            asked.close()
        return {word: count for word, count in resolver.counts.items() if count}

    return once
