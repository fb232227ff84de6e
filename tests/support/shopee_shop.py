"""A shop on the simulated Shopee, and a connector that reads it, on one clock that is set."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from connectors.backoff import Backoff
from connectors.clock import SetClock
from connectors.context import Context
from connectors.counts import Counts
from connectors.events import EventType, ListingEvent, Price
from connectors.memory import MemorySink
from connectors.runner import Problem, Runner
from connectors.sdk import ConnectorError, RawRecord, make
from connectors.shopee.source import ShopeeSource
from connectors.simulator.simulator import Simulator
from connectors.simulator.world import World

SINCE = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
NOW = SINCE + timedelta(hours=2)
SHOP = "308864651"
FIRST = 11_479_305_000


class Watched(httpx.BaseTransport):
    """The network; `before` sees each request first, and may answer it itself."""

    def __init__(self, before: Callable[[httpx.Request], httpx.Response | None]) -> None:
        self._before = before
        self._network = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._before(request) or self._network.handle_request(request)

    def close(self) -> None:
        self._network.close()


@dataclass
class Run:
    """What came of a run."""

    sink: MemorySink
    counts: Counts
    problems: list[Problem]
    error: ConnectorError | None = None

    @property
    def events(self) -> list[ListingEvent]:
        return [event for event in self.sink.events if isinstance(event, ListingEvent)]

    @property
    def raw(self) -> list[RawRecord]:
        return [event for event in self.sink.events if isinstance(event, RawRecord)]

    @property
    def by_key(self) -> dict[str, ListingEvent]:
        return {event.key: event for event in self.events}

    @property
    def told(self) -> str:
        return "\n".join([*map(str, self.problems), str(self.error or "")])


@dataclass
class Shop:
    """One shop and its connector's folder."""

    folder: Path
    world: World
    clock: SetClock
    sim: Simulator
    before: Callable[[httpx.Request], httpx.Response | None] = lambda _: None
    options: dict[str, Any] = field(default_factory=dict)

    def put(self, number: int, at: datetime, **changes: Any) -> ListingEvent:
        """Item `number` as it is from then on."""
        fields: dict[str, Any] = {
            "event_id": f"world-{number}",
            "type": EventType.CREATED,
            "marketplace": "shopee-id",
            "listing_id": f"{SHOP}.{FIRST + number}",
            "seller_id": SHOP,
            "title": f"Kemeja flanel kotak nomor {number}",
            "description": f"Bahan tebal. Nomor {number}, wa 0812{number:07}",
            "price": Price(amount=str(50_000 + number), currency="IDR"),
            "observed_at": at,
        }
        event = ListingEvent(**(fields | changes))
        self.world.put(event, at=at)
        return event

    def fill(self, count: int) -> list[ListingEvent]:
        """Items 0 to `count`, one a second from `SINCE` on."""
        return [self.put(number, SINCE + timedelta(seconds=number)) for number in range(count)]

    def run(self, **options: Any) -> Run:
        """Read all of the past, up to a minute ago."""
        credentials = self.sim.credentials_for(SHOP)
        given = {
            "since": SINCE, "until": self.clock.now() - timedelta(minutes=1), "window_minutes": 600, "requests_per_second": 1000,
        }  # fmt: skip
        source = make(ShopeeSource, credentials.options(self.sim.base_url) | given | self.options | options)
        context = Context(
            "shop-7", clock=self.clock, folder=self.folder, transport=Watched(self.before),
            stop=threading.Event(), backoff=Backoff(0.0, 0.0, attempts=5),
        )  # fmt: skip
        run = Run(MemorySink(), context.counts, [])
        runner = Runner(
            source,
            run.sink,
            context=context,
            on_problem=run.problems.append,
            backoff=Backoff(0.0, 0.0, attempts=20),
        )
        try:
            runner.run()
        except ConnectorError as error:
            run.error = error
        return run


@contextmanager
def opened(folder: Path, **simulated: Any) -> Iterator[Shop]:
    """A shop in an empty world; `simulated` are the simulator's options."""
    clock = SetClock(NOW)
    world = World(clock.now)
    with Simulator("shopee", world, clock=clock.now, **simulated) as sim:
        sim.credentials_for(SHOP)
        yield Shop(folder, world, clock, sim)
