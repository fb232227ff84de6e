"""A source from a script and a sink to a list: for tests, demonstrations and load, without anything outside.

They end, pause, fail and abort exactly where the script says, and the source's clock can be set, so that
nothing about a run depends on time.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from connectors.events import EventType, ListingEvent, Price
from connectors.events import Source as MadeBy
from connectors.field_types import Marketplace
from connectors.sdk import IDLE, ConnectorError, Event, Item, Sink, Source, Stop

PAUSE_POLL_SECONDS = 0.02


class Pause:
    """A step of a script: the source waits here, idle, until `resume` is called or the run stops."""

    def __init__(self) -> None:
        self._resumed = threading.Event()
        self.reached = threading.Event()
        """Set when the source has come to this step."""

    def resume(self) -> None:
        """Let the source go on."""
        self._resumed.set()

    def hold(self, stop: Stop) -> Iterator[Item]:
        """Be idle until resumed or stopped."""
        self.reached.set()
        while not (self._resumed.is_set() or stop.is_set()):
            yield IDLE
            stop.wait(PAUSE_POLL_SECONDS)


Step = Item | Pause | ConnectorError
"""A step of a script: something to yield, a place to pause, or an error to raise."""


class MemorySourceOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of the source `memory`, which yields made-up text listings after its script."""

    count: Annotated[int, Meta(ge=0)] = 0
    """Listings to make."""
    marketplace: Marketplace = "memory"
    """Whose the listings are said to be."""
    prefix: str = "listing-"
    """What the listing ids begin with."""


def now() -> datetime:
    """The time in UTC."""
    return datetime.now(UTC)


class MemorySource(Source[MemorySourceOptions]):
    """A script, then `count` made-up listings, and the end. An error of the script is raised once."""

    name = "memory"
    options_type = MemorySourceOptions

    def __init__(
        self,
        options: MemorySourceOptions | None = None,
        *,
        script: Iterable[Step] = (),
        clock: Callable[[], datetime] = now,
    ) -> None:
        super().__init__(options or MemorySourceOptions())
        self.clock = clock
        """What tells the made-up listings' `observed_at`; may be set while running."""
        self.yielded = 0
        """Steps and listings handed out so far."""
        self.safe = 0
        """How many of those were handed out when the sink last acknowledged everything."""
        self.closed = False
        self._script = tuple(script)

    def events(self, stop: Stop) -> Iterator[Item]:
        """The script's steps, then the listings; started again, from where it stood."""
        while not stop.is_set() and self.yielded < len(self._script) + self.options.count:
            position = self.yielded
            self.yielded += 1
            if position >= len(self._script):
                yield self.listing(position - len(self._script))
                continue
            step = self._script[position]
            if isinstance(step, ConnectorError):
                raise step
            if isinstance(step, Pause):
                yield from step.hold(stop)
            else:
                yield step

    def listing(self, number: int) -> ListingEvent:
        """The made-up listing number `number` (from 0): always the same but for its time."""
        listing_id = f"{self.options.prefix}{number}"
        return ListingEvent(
            event_id=f"{self.options.marketplace}.{listing_id}.1",
            type=EventType.CREATED,
            marketplace=self.options.marketplace,
            listing_id=listing_id,
            seller_id=f"seller-{number % 97}",
            title=f"Kemeja flanel kotak nomor {number}",
            price=Price(amount=str(50_000 + number % 500 * 100), currency="IDR"),
            observed_at=self.clock(),
            source=MadeBy(connector=self.name, version=self.version),
        )

    def acknowledged(self) -> None:
        """Remember how far the sink has acknowledged."""
        self.safe = self.yielded

    def close(self) -> None:
        """Remember that the source was closed."""
        self.closed = True


class MemorySinkOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of the sink `memory`: none."""


class MemorySink(Sink[MemorySinkOptions]):
    """A list: what was flushed is in `events`, what was only written in `pending`.

    `flush_errors` has the outcome of each flush in turn: None succeeds, an error is raised and what was
    written is forgotten, as it may be when a broker goes away. After the last, all succeed.
    """

    name = "memory"
    options_type = MemorySinkOptions

    def __init__(
        self,
        options: MemorySinkOptions | None = None,
        *,
        flush_errors: Iterable[ConnectorError | None] = (),
    ) -> None:
        super().__init__(options or MemorySinkOptions())
        self.events: list[Event] = []
        self.pending: list[Event] = []
        self.flushes = 0
        self.closed = False
        self._flush_errors = iter(tuple(flush_errors))

    def write(self, batch: Sequence[Event]) -> None:
        """Keep until the flush."""
        self.pending += batch

    def flush(self) -> None:
        """Acknowledge what was written, or raise the next error of `flush_errors`."""
        self.flushes += 1
        written, self.pending = self.pending, []
        error = next(self._flush_errors, None)
        if error is None:
            self.events += written
            return
        refused = getattr(error, "refused", written)
        self.events += [event for event in written if event not in refused]
        raise error

    def close(self) -> None:
        """Remember that the sink was closed."""
        self.closed = True

    def encoded(self) -> list[bytes]:
        """The acknowledged events as JSON, to compare runs by."""
        return [msgspec.json.encode(event) for event in self.events]
