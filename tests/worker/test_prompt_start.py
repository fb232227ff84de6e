"""What a worker does not wait for at its start."""

import asyncio
from typing import Any

import faust
import pytest
from mode import Service

from streams.metrics.metrics import Metrics
from streams.settings import Settings
from streams.worker.eager_consumer import FETCH_WAIT_MS
from streams.worker.no_tables import NoTables
from streams.worker.start_together import StartTogether
from streams.worker.worker import build_app


class Waits(Service):
    """Starts when another has begun to start."""

    def __init__(self, log: list[str], name: str, begun: asyncio.Event, other: asyncio.Event) -> None:
        super().__init__()
        self.said, self.name, self.begun, self.other = log, name, begun, other

    async def on_start(self) -> None:
        self.begun.set()
        await self.other.wait()
        self.said.append(f"{self.name} started")

    async def on_stop(self) -> None:
        self.said.append(f"{self.name} stopped")


class Fails(Service):
    async def on_start(self) -> None:
        raise OSError("no process can be started")


async def test_services_start_beside_each_other_and_stop_in_reverse() -> None:
    log: list[str] = []
    one, two = asyncio.Event(), asyncio.Event()
    both = StartTogether([Waits(log, "one", one, two), Waits(log, "two", two, one)])
    await asyncio.wait_for(both.start(), 5)
    assert sorted(log) == ["one started", "two started"]
    del log[:]
    await asyncio.wait_for(both.stop(), 5)
    assert log == ["two stopped", "one stopped"]


async def test_one_that_cannot_start_is_everyones_failure() -> None:
    log: list[str] = []
    event = asyncio.Event()
    with pytest.raises(OSError, match="no process"):
        await asyncio.wait_for(StartTogether([Waits(log, "one", event, event), Fails()]).start(), 5)


async def test_tables_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    app, _, _ = build_app(Settings(), Metrics())
    assert type(app.tables) is NoTables

    async def forbidden(*_: Any) -> None:
        raise AssertionError("it sleeps")

    async def nothing() -> None:
        return None

    monkeypatch.setattr(app.tables, "sleep", forbidden)
    monkeypatch.setattr(app.tables.recovery, "start", nothing)
    app.consumer.assignment = set
    await app.tables.on_start()
    await asyncio.wait_for(app.tables.wait_until_tables_registered(), 5)


async def test_a_table_all_the_same_is_refused() -> None:
    app = faust.App("tables", broker="aiokafka://nobody", store="memory://", TableManager=NoTables)
    app.Table("counts")
    with pytest.raises(RuntimeError, match="tables"):
        await app.tables.on_start()


async def test_kafka_may_keep_a_request_for_a_tenth_of_a_second() -> None:
    app, _, _ = build_app(Settings(), Metrics())
    thread = app.consumer._new_consumer_thread()
    consumer = thread._create_worker_consumer(app.transport)
    assert consumer._fetch_max_wait_ms == FETCH_WAIT_MS == 100
