"""One run of the connector through the real runner, disturbed as a check wants it, and all that came of it."""

import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from connectors.backoff import Backoff
from connectors.checkpoints import MemoryCheckpoints, checkpoint
from connectors.conformance.subject import Subject
from connectors.conformance.surroundings import (
    MAX_ITEMS,
    Desk,
    Meddle,
    RunawayError,
    TrialClock,
    TrialStop,
    Turn,
    as_recorded,
)
from connectors.context import Context
from connectors.counts import Counts
from connectors.events import ListingEvent, Takedown
from connectors.items import record_bytes
from connectors.memory import MemorySink
from connectors.recording import ReplayTransport
from connectors.runner import Failure, Problem, Runner
from connectors.sdk import Checkpoint, Event, Idle, Item, Notice, RawRecord, Skipped, Source, Stop, Withdrawal
from connectors.window_source import WindowSource
from connectors.windows import Window

INSTANCE = "conformance"


@dataclass
class Outcome:
    """What a run did."""

    events: list[Event] = field(default_factory=list)
    """In the sink, acknowledged."""
    items: int = 0
    """Yielded, of whatever kind."""
    checkpoints: list[tuple[dict[str, Any], list[Event]]] = field(default_factory=list)
    """Each checkpoint's state, with the events yielded before it."""
    told: list[str] = field(default_factory=list)
    """What a person was told."""
    turns: list[Turn] = field(default_factory=list)
    unrecorded: list[str] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    error: BaseException | None = None
    """What ended it, other than its own end."""

    @property
    def ids(self) -> list[str]:
        """What the events are known by, in order."""
        return [identity(event) for event in self.events]

    @property
    def failure(self) -> str:
        """The error in one line."""
        return f"{type(self.error).__name__}: {self.error}" if self.error else "none"

    def texts(self) -> str:
        """Everything of the run that a person or a log may see."""
        error = "".join(traceback.format_exception(self.error)) if self.error else ""
        return "\n".join(
            [error, *self.told, *(record_bytes(event).decode("utf-8", "replace") for event in self.events)]
        )


def identity(event: Event) -> str:
    """What the receiver knows an event by: the same twice is a repetition, not another event."""
    match event:
        case ListingEvent():
            return event.event_id
        case Takedown() | Withdrawal():
            return event.takedown_id
        case RawRecord():
            return f"raw {event.value.decode('utf-8', 'backslashreplace')}"
        case _:
            return event.alert_id


class Observed(Source[Any]):
    """The source, watched. It is asked to stop when it has nothing at hand: the recording is then read."""

    def __init__(self, inner: Source[Any], outcome: Outcome, stop: TrialStop) -> None:
        super().__init__(inner.options)
        self._stop = stop
        self.name, self.version = inner.name, inner.version  # type: ignore[misc]
        self._inner, self._outcome = inner, outcome
        self._yielded: list[Event] = []

    def open(self, context: Context) -> None:
        """Open it; the windows that it asks for are kept."""
        self._inner.open(context)
        if isinstance(self._inner, WindowSource):
            ask = self._inner.window

            def window(asked: Window) -> Iterator[Item]:
                self._outcome.windows.append(asked)
                return ask(asked)

            setattr(self._inner, "window", window)  # noqa: B010  mypy allows no method to be assigned

    def events(self, stop: Stop) -> Iterator[Item]:
        """Its items, counted."""
        for item in self._inner.events(stop):
            self._outcome.items += 1
            if self._outcome.items > MAX_ITEMS:
                raise RunawayError(f"it yielded {MAX_ITEMS} items")
            match item:
                case Checkpoint():
                    self._outcome.checkpoints.append((item.state, list(self._yielded)))
                case Idle():
                    self._stop.set()
                case Skipped() | Notice():
                    pass
                case _:
                    self._yielded.append(item)
            yield item

    def acknowledged(self) -> None:
        """Pass it on."""
        self._inner.acknowledged()

    def close(self) -> None:
        """Pass it on."""
        self._inner.close()


@contextmanager
def surroundings(
    subject: Subject, meddle: Meddle = as_recorded, *, later: timedelta = timedelta(), attempts: int = 1
) -> Iterator[tuple[Context, Desk, TrialClock, TrialStop]]:
    """A context of its own, in a folder that is gone afterwards, at the recording's time or `later`."""
    clock = TrialClock(subject.recording.at + later)
    stop = TrialStop(clock)
    desk = Desk(ReplayTransport(subject.recording.exchanges, subject.recording.hidden), clock, meddle)
    with tempfile.TemporaryDirectory(prefix="relistwatch-conformance-") as folder:
        context = Context(
            INSTANCE,
            clock=clock,
            stop=stop,
            folder=Path(folder) / INSTANCE,
            transport=desk,
            backoff=Backoff(attempts=attempts, dice=Random(7)),  # noqa: S311  jitter
        )
        yield context, desk, clock, stop


def run(
    subject: Subject,
    meddle: Meddle = as_recorded,
    *,
    state: dict[str, Any] | None = None,
    later: timedelta = timedelta(),
    attempts: int = 1,
    runs: int = 4,
    move: list[Callable[[float], None]] | None = None,
) -> Outcome:
    """Run it to its end. Of one request there are `attempts`, then the runner repeats, `runs` times in a row.

    Into `move` goes what moves the trial's clock, for a `meddle` that wants time to pass.
    """
    outcome = Outcome()
    sink = MemorySink()
    checkpoints = MemoryCheckpoints()
    source = subject.make()
    if state is not None:
        checkpoints.save(INSTANCE, checkpoint(source.name, source.version, state, subject.recording.at))
    with surroundings(subject, meddle, later=later, attempts=attempts) as (context, desk, clock, stop):
        if move is not None:
            move.append(clock.move)
        outcome.counts, outcome.turns, outcome.unrecorded = context.counts, desk.turns, desk.unrecorded
        runner = Runner(
            Observed(source, outcome, stop),
            sink,
            context=context,
            checkpoints=checkpoints,
            backoff=Backoff(first=0.0, most=0.0, attempts=runs),
            on_problem=lambda problem: outcome.told.append(_words(problem)),
        )
        try:
            runner.run()
        except (Exception, RunawayError) as error:  # noqa: BLE001  whatever it is, a check will say so
            outcome.error = error
    outcome.events = list(sink.events)
    return outcome


def _words(problem: Problem) -> str:
    return (
        problem.detail
        if isinstance(problem, Skipped | Notice | Failure)
        else f"{type(problem).__name__}: {problem}"
    )


def sample(count: int, most: int) -> list[int]:
    """Positions from 0 to `count` - 1: all, or `most` of them evenly spread with the first and the last."""
    if count <= most:
        return list(range(count))
    return sorted({round(step * (count - 1) / (most - 1)) for step in range(most)})
