"""Looks back and workers on this test's own topics."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from worker_fixtures import client, worker

from streams.settings import Settings
from streams.worker.worker_process import WorkerProcess

__all__ = ["client", "worker", "worker_settings"]

Start = Callable[..., WorkerProcess]


@pytest.fixture
def worker_settings(settings: Settings) -> Settings:
    """A look back settles after 2 s, since there is one worker and it is near; it does not stand back behind the other
    tests, which would keep it for minutes."""
    lookback = msgspec.structs.replace(settings.lookback, settle_seconds=2.0, nice=0)
    work = msgspec.structs.replace(settings.worker, photo_processes=1)
    return msgspec.structs.replace(settings, lookback=lookback, worker=work)


@pytest.fixture
def start_lookback(worker_settings: Settings, topics: object, tmp_path: Path) -> Iterator[Start]:
    """Starts looks back by shard, with options after it, and ends what is left of them."""
    started: list[WorkerProcess] = []

    def start(shard: str = "1/1", *options: str, settings: Settings | None = None) -> WorkerProcess:
        log = tmp_path / f"lookback{len(started)}.log"
        one = WorkerProcess(settings or worker_settings, log, ("lookback", "--shard", shard, *options))
        started.append(one)
        return one

    yield start
    for one in started:
        one.stop()
