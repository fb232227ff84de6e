"""Workers of several shards on this test's own topics."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from worker_fixtures import client

from streams.settings import Settings
from streams.worker.worker_process import WorkerProcess

__all__ = ["client"]

Start = Callable[..., WorkerProcess]


@pytest.fixture
def start_worker(settings: Settings, topics: object, tmp_path: Path) -> Iterator[Start]:
    """Starts workers by their options, and ends what is left of them."""
    started: list[WorkerProcess] = []
    work = msgspec.structs.replace(settings.worker, photo_processes=1)
    mine = msgspec.structs.replace(settings, worker=work)

    def start(*options: str) -> WorkerProcess:
        one = WorkerProcess(mine, tmp_path / f"worker{len(started)}.log", ("worker", *options))
        started.append(one)
        return one

    yield start
    for one in started:
        one.stop()
