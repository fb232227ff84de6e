"""Pumps a source into a sink: in batches, each flushed, repeated where that helps, ended when asked."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from connectors.backoff import Backoff
from connectors.checkpoints import Checkpoints, ConnectorState, MemoryCheckpoints, checkpoint
from connectors.context import Context
from connectors.counts import Counts
from connectors.events import ListingEvent, Takedown, TakenDownListing
from connectors.flows import by_marketplace
from connectors.sdk import (
    AbortError,
    Checkpoint,
    ConnectorError,
    Event,
    Idle,
    Notice,
    RawRecord,
    RetryError,
    Sink,
    SkipError,
    Skipped,
    Source,
    Stop,
)

BATCH = 1000
BATCH_BYTES = 16 * 1024 * 1024
"""Of photos and undecoded bytes held for a repetition."""
BATCH_SECONDS = 0.25
"""Longest wait of an event for its batch while the source keeps yielding."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An event that the sink refused for good."""

    event: Event
    detail: str


FLOW = "connect"
"""The stage under which listings are counted by marketplace."""

Problem = Skipped | Notice | Failure | RetryError
"""What `on_problem` is told of; a RetryError is followed by another attempt."""


def _ignore(_: object) -> None:
    """Nobody listens."""


class Runner:
    """One run of one source into one sink."""

    def __init__(
        self,
        source: Source[Any],
        sink: Sink[Any],
        *,
        stop: Stop | None = None,
        context: Context | None = None,
        checkpoints: Checkpoints | None = None,
        backoff: Backoff | None = None,
        batch: int = BATCH,
        on_progress: Callable[[Counts], None] = _ignore,
        on_problem: Callable[[Problem], None] = _ignore,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        context = context or Context(source.name)
        self.counts = context.counts
        self._context = context if stop is None else replace(context, stop=stop)
        self._stop = self._context.stop
        self._checkpoints = checkpoints or MemoryCheckpoints()
        self._source = source
        self._sink = sink
        self._backoff = backoff or Backoff()
        self._batch = batch
        self._on_progress = on_progress
        self._on_problem = on_problem
        self._clock = clock
        self._held: list[Event] = []
        self._held_bytes = 0
        self._held_since = 0.0
        self._checkpoint: Checkpoint | None = None
        self._sink_failed = False

    def run(self) -> Counts:
        """Run until the source ends or `stop` is set; then all that was read is acknowledged or failed.

        Raises:
            AbortError: no repetition would help, or all attempts are used up; what the source had yielded
                before is flushed if the sink still takes it.
            RetryError: source or sink could not be opened, or the sink stayed away while stopping.
        """
        try:
            self._sink.open()
            kept = self._checkpoints.load(self._context.instance)
            self._source.open(replace(self._context, state=self._own_state(kept)))
            try:
                self._read()
            finally:
                # Whatever ended the source, what it had yielded is delivered, unless the sink is what failed.
                if not self._sink_failed:
                    self._flush()
        finally:
            self._source.close()
            self._sink.close()
        return self.counts

    def _read(self) -> None:
        attempt = 0
        while True:
            read_before = self.counts.read
            try:
                for item in self._source.events(self._stop):
                    self._take(item)
                    if self._stop.is_set():
                        return
                return
            except RetryError as error:
                if self._sink_failed:
                    raise
                self._flush()
                # A client that was waiting ends with this error when it is asked to stop.
                if self._stop.is_set():
                    return
                attempt = 1 if self.counts.read > read_before else attempt + 1
                self._pause(error, attempt)
                if self._stop.is_set():
                    return

    def _take(self, item: object) -> None:
        match item:
            case Idle():
                self._flush()
            case Checkpoint():
                self._checkpoint = item
            case Skipped():
                self.counts.skipped += 1
                self._on_problem(item)
            case Notice():
                self.counts.notices += 1
                self._on_problem(item)
            case _:
                self._hold(item)  # type: ignore[arg-type]

    def _hold(self, event: Event) -> None:
        if not self._held:
            self._held_since = self._clock()
        self.counts.read += 1
        self._held.append(event)
        self._held_bytes += photo_bytes(event)
        if (
            len(self._held) >= self._batch
            or self._held_bytes >= BATCH_BYTES
            or self._clock() - self._held_since >= BATCH_SECONDS
        ):
            self._flush()

    def _flush(self) -> None:
        """Write and flush what is held, again and again until the sink has acknowledged it; then the checkpoint."""
        try:
            self._deliver()
            self._keep_checkpoint()
        except ConnectorError:
            self._sink_failed = True
            raise
        self._source.acknowledged()

    def _deliver(self) -> None:
        attempt = 0
        self._context.flows.take(FLOW, listings_of(self._held))
        while self._held:
            try:
                self._sink.write(self._held)
                self._sink.flush()
                self._settle(())
            except SkipError as error:
                for event in error.refused:
                    self._on_problem(Failure(event, str(error)))
                self._settle(error.refused)
            except RetryError as error:
                attempt += 1
                # Asked to stop: this was the one attempt that is owed to what has been read.
                if self._stop.is_set():
                    raise
                self._pause(error, attempt)

    def _settle(self, refused: Sequence[Event]) -> None:
        self.counts.written += len(self._held) - len(refused)
        self.counts.failed += len(refused)
        self._context.flows.give(FLOW, listings_of(self._held) - listings_of(refused))
        self._held.clear()
        self._held_bytes = 0
        self.counts.last_success = self._context.clock.now().timestamp()
        self._on_progress(self.counts)

    def _keep_checkpoint(self) -> None:
        """Save the newest checkpoint. All that was yielded before it is acknowledged by now."""
        attempt = 0
        while self._checkpoint is not None:
            source = self._source
            now = self._context.clock.now()
            state = checkpoint(source.name, source.version, self._checkpoint.state, now)
            try:
                self._checkpoints.save(self._context.instance, state)
            except RetryError as error:
                attempt += 1
                if self._stop.is_set():
                    raise
                self._pause(error, attempt)
            else:
                self.counts.checkpoints += 1
                self._checkpoint = None

    def _own_state(self, kept: ConnectorState | None) -> dict[str, Any] | None:
        if kept is None:
            return None
        if kept.connector != self._source.name:
            raise AbortError(
                f"the checkpoint of {self._context.instance} was made by the source {kept.connector!r}, "
                f"not by {self._source.name!r}: give this one another instance name"
            )
        return kept.state

    def _pause(self, error: RetryError, attempt: int) -> None:
        self.counts.retries += 1
        if self._backoff.attempts is not None and attempt >= self._backoff.attempts:
            raise AbortError(f"given up after {attempt} attempts: {error}") from error
        self._on_problem(error)
        self._on_progress(self.counts)
        self._stop.wait(self._backoff.pause(attempt, error.after))


def listings_of(events: Iterable[Event]) -> Counter[bytes]:
    """How many of these events are of each marketplace; those that are no listing's are left out."""
    keys = [
        event.key.encode() if event.key is not None else None
        for event in events
        if isinstance(event, ListingEvent | RawRecord)
    ]
    return by_marketplace(keys)


def photo_bytes(event: Event) -> int:
    """What makes an event large: its undecoded bytes or its photos."""
    match event:
        case RawRecord():
            return len(event.value)
        case ListingEvent(images=images) | Takedown(listing=TakenDownListing(images=images)):
            return sum(len(image.data or b"") for image in images)
        case _:
            return 0
