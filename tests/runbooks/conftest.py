"""What each runbook is carried out on: this test's topics, listings that flow, a worker where one runs before."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from kafka_client import KafkaClient
from photo_host import photo_host
from runbook_flow import Flow, Pages
from worker_fixtures import client

from streams.settings import Settings
from streams.worker.worker_process import WorkerProcess

__all__ = ["client"]

Start = Callable[..., WorkerProcess]


@pytest.fixture
def running(settings: Settings) -> Settings:
    """How the parts run: photos from this machine, one photo process, a short wait of the look back."""
    return msgspec.structs.replace(
        settings,
        photos=msgspec.structs.replace(settings.photos, allow_private_addresses=True),
        worker=msgspec.structs.replace(settings.worker, photo_processes=1),
        lookback=msgspec.structs.replace(settings.lookback, settle_seconds=1.0, nice=0),
    )


@pytest.fixture
def pages() -> Pages:
    """What the host of the photos has."""
    return {}


@pytest.fixture
def flow(client: KafkaClient, pages: Pages) -> Iterator[Flow]:
    """Listings, not flowing yet."""
    with photo_host(pages) as host:
        flow = Flow(client, host, pages)
        yield flow
        flow.end()


@pytest.fixture
def start(running: Settings, topics: object, tmp_path: Path) -> Iterator[Start]:
    """Starts parts by their command, and ends what is left of them."""
    started: list[WorkerProcess] = []

    def begin(*command: str) -> WorkerProcess:
        one = WorkerProcess(running, tmp_path / f"{command[0]}-{len(started)}.log", command)
        started.append(one)
        return one

    yield begin
    for one in started:
        one.stop()
