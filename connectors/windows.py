"""Which stretch of time to ask for next: closed windows that overlap, none too long. Pure."""

from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct

from connectors.field_types import Timestamp


class Window(Struct, frozen=True):
    """From `since` to `until`, both whole seconds and both meant; it has ended some seconds ago."""

    since: datetime
    until: datetime

    @property
    def span(self) -> timedelta:
        """How long it is."""
        return self.until - self.since

    def halves(self) -> "tuple[Window, Window]":
        """The first and the second half, which share a second."""
        middle = whole_second(self.since + self.span / 2)
        return Window(self.since, middle), Window(middle, self.until)


class WindowOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of every source that asks for what changed in a window of time."""

    since: Timestamp | None = None
    """Where the first run begins; later ones go on from the checkpoint. Without it, with the newest listings."""
    until: Timestamp | None = None
    """Where to end: a backfill. Without it, never."""
    poll_seconds: Annotated[float, Meta(gt=0)] = 30.0
    """Between two questions once all of the past is read."""
    overlap_seconds: Annotated[float, Meta(ge=0)] = 120.0
    """How far a window reaches back into the one before: what was indexed late is found by it."""
    settle_seconds: Annotated[float, Meta(ge=0)] = 5.0
    """How long ago a window must have ended."""
    window_minutes: Annotated[float, Meta(gt=0)] = 60.0
    """The longest window."""


def whole_second(moment: datetime) -> datetime:
    """The moment without its fraction: the marketplaces count in whole seconds."""
    return moment.replace(microsecond=0)


def next_window(done: datetime, now: datetime, options: WindowOptions) -> Window | None:
    """The window after what is `done`; None where it would not be `poll_seconds` long yet.

    It begins `overlap_seconds` before `done` and ends `window_minutes` after it or `settle_seconds` ago.
    """
    closed = whole_second(now - timedelta(seconds=options.settle_seconds))
    last = closed if options.until is None else min(closed, whole_second(options.until))
    until = min(last, whole_second(done + timedelta(minutes=options.window_minutes)))
    if until <= done:
        # Windows of less than a second round to nothing.
        until = min(last, whole_second(done + timedelta(seconds=1)))
    if until <= done:
        return None
    if until == closed and (closed - done).total_seconds() < options.poll_seconds - 1:
        return None
    return Window(whole_second(done - timedelta(seconds=options.overlap_seconds)), until)
