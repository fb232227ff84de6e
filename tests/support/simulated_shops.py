"""A simulated marketplace, a source made from its credentials, and a clock that both go by."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.backoff import Backoff
from connectors.checkpoints import MemoryCheckpoints
from connectors.clock import SetClock
from connectors.context import Context
from connectors.counts import Counts
from connectors.events import EventType, Image, ListingEvent, Price
from connectors.memory import MemorySink
from connectors.runner import Problem, Runner
from connectors.sdk import RawRecord, Source, make
from connectors.simulator.simulator import Simulator
from connectors.simulator.version import Shops
from connectors.simulator.world import World

START = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
SHOPS = {
    "lazada-id": "400600000123",
    "tiktok-id": "7494000123456789012",
    "tokopedia-id": "7494000123456789012",
}
FIRST = {"lazada-id": 6038744000, "tiktok-id": 1730811847233275000, "tokopedia-id": 1730811847233275000}


def offer(marketplace: str, number: int, **changes: Any) -> ListingEvent:
    """A listing of the shop of that marketplace, made and seen so many seconds after the start."""
    at = START + timedelta(seconds=number)
    fields: dict[str, Any] = {
        "event_id": f"put-{number}",
        "type": EventType.CREATED,
        "marketplace": marketplace,
        "listing_id": str(FIRST[marketplace] + number),
        "seller_id": SHOPS[marketplace],
        "title": f"Jaket varsity nomor {number}",
        "description": "Tebal & hangat",
        "price": Price(amount="85000", currency="IDR"),
        "images": (Image(url=f"https://photos.example/{number}.jpg"),),
        "listed_at": at,
        "observed_at": at,
    }
    return ListingEvent(**(fields | changes))


class MovingStop:
    """A stop that nobody sets, and whose waits move the clock: the runner's pauses take no time."""

    def __init__(self, clock: SetClock) -> None:
        self._clock = clock

    def is_set(self) -> bool:
        return False

    def wait(self, timeout: float | None = None) -> bool:
        self._clock.move(timeout or 0.0)
        return False


def credentials(market: Simulator) -> dict[str, Any]:
    """The options that open the first shop; whose listings to yield is left to the source."""
    given: dict[str, Any] = {**market.credentials.options(market.base_url)}
    given.pop("marketplaces", None)
    return given


@dataclass
class Shopfront:
    """One simulator, its world, and runs of sources against it; the clock moves only where it is waited on."""

    kind: str
    folder: Path
    clock: SetClock
    world: World
    market: Simulator
    checkpoints: MemoryCheckpoints = field(default_factory=MemoryCheckpoints)
    problems: list[Problem] = field(default_factory=list)

    def make(self, source: type[Source[Any]], **options: Any) -> Source[Any]:
        """The source with the first shop's credentials, reading the hour after the start."""
        given: Mapping[str, Any] = {
            **credentials(self.market),
            "since": START.isoformat(),
            "until": (START + timedelta(hours=1)).isoformat(),
            "requests_per_second": 1000,
            **options,
        }
        return make(source, given)

    def run(self, source: type[Source[Any]], *, attempts: int | None = 20, **options: Any) -> "Harvest":
        """Run the source to its end."""
        sink = MemorySink()
        context = Context(
            source.name,
            clock=self.clock,
            stop=MovingStop(self.clock),
            folder=self.folder / source.name,
            backoff=Backoff(first=0.1, most=1.0, attempts=5),
        )
        counts = Runner(
            self.make(source, **options),
            sink,
            context=context,
            checkpoints=self.checkpoints,
            backoff=Backoff(first=0.1, most=1.0, attempts=attempts),
            on_problem=self.problems.append,
        ).run()
        return Harvest(sink, counts)


@dataclass
class Harvest:
    """What came of a run."""

    sink: MemorySink
    counts: Counts

    @property
    def listings(self) -> list[ListingEvent]:
        """Its listing events."""
        return [event for event in self.sink.events if isinstance(event, ListingEvent)]

    @property
    def unread(self) -> list[RawRecord]:
        """The records that could not be mapped."""
        return [event for event in self.sink.events if isinstance(event, RawRecord)]

    @property
    def ids(self) -> set[str]:
        """Their listing ids."""
        return {event.listing_id for event in self.listings}


@contextmanager
def shopfront(
    kind: str, folder: Path, *, shows: Shops | None = None, **simulator: Any
) -> Iterator[Shopfront]:
    """A marketplace two hours after the start, so that the hour is closed; `shows` in place of its own world."""
    clock = SetClock(START + timedelta(hours=2))
    world = World(clock.now)
    with Simulator(kind, shows or world, clock=clock.now, **simulator) as market:
        yield Shopfront(kind, folder, clock, world, market)
