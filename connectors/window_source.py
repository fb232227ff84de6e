"""A source that asks what changed in one closed window of time after another."""

from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TypeVar

import msgspec

from connectors.events import ListingEvent
from connectors.sdk import (
    IDLE,
    AbortError,
    Checkpoint,
    Context,
    Item,
    Notice,
    Source,
    Stop,
    WindowFullError,
)
from connectors.windows import Window, WindowOptions, next_window, whole_second

SHORTEST = timedelta(seconds=1)
"""A window that is too full is halved down to this."""
REMEMBERED = 50_000
"""Event ids of which a repetition is recognised: those of the overlap of two windows."""
BACK_AFTER_JUMP = timedelta(hours=24)
"""How far to go back where the clock had been ahead: listings of that time may have been passed over."""
NEVER = datetime.min.replace(tzinfo=UTC)
LISTEN_SECONDS = 0.1
"""How often pushed hints are looked for while waiting."""

W_co = TypeVar("W_co", bound=WindowOptions, covariant=True)


class WindowSource(Source[W_co]):
    """Yields each window's items and then a checkpoint. Subclasses write `window`, a generator.

    The checkpoint is `{"until": ...}`, the end of the last window of which everything is acknowledged. After a
    crash that window is asked for again, and its events have the same ids.
    """

    context: Context
    _done: datetime

    def open(self, context: Context) -> None:
        """Find where to go on. Subclasses call it first, then make their client."""
        self.context = context
        self._seen: OrderedDict[str, bytes | None] = OrderedDict()
        """Event ids yielded lately; for those that were only pushed yet, what they said."""
        self._done = self._begin()

    @abstractmethod
    def window(self, window: Window) -> Iterator[Item]:
        """Everything that changed in the window, both ends included; what is yielded twice does no harm.

        Raises:
            WindowFullError: it cannot be paged through; two windows of half the length are asked for.
        """

    def waiting(self) -> bool:
        """Whether `between` has something to yield now, as hints that were pushed; cheap."""
        return False

    def between(self) -> Iterator[Item]:
        """What else there is: called between two windows, and between items while `waiting`."""
        return iter(())

    def known(self, event_id: str) -> bool:
        """Whether this event was yielded lately from a closed window: its detail need not be fetched again."""
        return self._seen.get(event_id, b"") is None

    def events(self, stop: Stop) -> Iterator[Item]:
        """Window after window, until `until` or `stop`."""
        while not stop.is_set():
            yield from self._back_where_the_clock_was_ahead()
            window = next_window(self._done, self.context.clock.now(), self.options)
            if window is not None:
                yield from self._through(window, stop)
            elif self.options.until is not None and self._done >= whole_second(self.options.until):
                return
            else:
                yield from self._wait(stop)

    def _begin(self) -> datetime:
        state = self.context.state
        if state is None:
            return whole_second(self.options.since or self.context.clock.now())
        try:
            done = datetime.fromisoformat(str(state["until"]))
        except (KeyError, ValueError):
            done = None
        if done is None or done.tzinfo is None:
            raise AbortError(
                f"the checkpoint of {self.context.instance} has no time in `until`; "
                f"to begin anew: relistwatch connectors forget {self.context.instance}"
            )
        return done

    def _through(self, window: Window, stop: Stop) -> Iterator[Item]:
        try:
            for item in self.window(window):
                if self._is_new(item, closed=True):
                    yield item
                if stop.is_set():
                    return
                if self.waiting():
                    yield from self._fresh_hints()
        except WindowFullError as error:
            if window.span <= SHORTEST:
                raise AbortError(
                    f"{error}: even within {window.span.total_seconds():.0f} s, at {window.since.isoformat()}; "
                    "nothing was left out in silence"
                ) from error
            for half in window.halves():
                yield from self._through(half, stop)
                if stop.is_set():
                    return
        else:
            if window.until > self._done:
                self._done = window.until
                yield Checkpoint({"until": self._done.isoformat()})

    def _wait(self, stop: Stop) -> Iterator[Item]:
        """Be idle for one poll, or until something is pushed."""
        clock = self.context.clock
        yield IDLE
        ends = clock.monotonic() + min(self.options.poll_seconds, 1.0)
        while not stop.is_set() and (left := ends - clock.monotonic()) > 0:
            if self.waiting():
                yield from self._fresh_hints()
                yield IDLE
            clock.wait(stop, min(left, LISTEN_SECONDS))

    def _fresh_hints(self) -> Iterator[Item]:
        for item in self.between():
            if self._is_new(item, closed=False):
                yield item

    def _is_new(self, item: Item, *, closed: bool) -> bool:
        """Whether to yield it. What was yielded is delivered or ends the run, so it need not come again.

        Marketplaces count in whole seconds: what changes once more within the second of a push has the same
        version. So a pushed version is known for good only when its closed window has shown the same of it.
        """
        if not isinstance(item, ListingEvent):
            return True
        event_id = item.event_id
        pushed = self._seen.get(event_id, b"")
        content = None if closed and not pushed else _content(item)
        if pushed is None or (pushed and pushed == content):
            self._seen[event_id] = None if closed else pushed
            self._seen.move_to_end(event_id)
            return False
        self._seen[event_id] = None if closed else content
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return True

    def _back_where_the_clock_was_ahead(self) -> Iterator[Item]:
        now = whole_second(self.context.clock.now())
        # A second's grain, and clocks that are set a little: nothing to tell.
        if self._done <= now + timedelta(seconds=self.options.settle_seconds + 60):
            return
        if self.options.since is not None and self.context.state is None and not self._seen:
            return  # A first run that is to begin later.
        ahead = self._done - now
        self._done = now - BACK_AFTER_JUMP
        self._seen.clear()
        yield Notice(
            f"the clock was {ahead.total_seconds():.0f} s ahead when the last window ended; "
            f"asking again from {self._done.isoformat()} on"
        )


def _content(event: ListingEvent) -> bytes:
    """A digest of what the event says, whenever it was observed."""
    timeless = msgspec.structs.replace(event, observed_at=NEVER)
    return blake2b(msgspec.json.encode(timeless), digest_size=16).digest()
