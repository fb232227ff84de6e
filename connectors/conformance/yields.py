"""Checks of what a connector yields while nothing goes wrong."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import msgspec

from connectors.checkpoints import MAX_STATE_BYTES
from connectors.codec import Codec, RecordError
from connectors.conformance.errors import ConformanceError, NotApplicableError
from connectors.conformance.subject import Subject
from connectors.conformance.trial import identity, run, sample, surroundings
from connectors.events import ListingEvent, Takedown
from connectors.items import record_bytes
from connectors.scrubbing import FAKES
from connectors.sdk import AbortError, ConnectorError, Event, Item, RawRecord, WindowFullError
from connectors.window_source import WindowSource
from connectors.windows import Window

LATER = timedelta(days=1, hours=1)
MOST_WINDOWS = 20


def recording_replays(subject: Subject) -> None:
    """The recorded run goes through without a network to its end, and yields something."""
    outcome = run(subject)
    if outcome.unrecorded:
        raise ConformanceError(f"it asks for what is not in the recording: {outcome.unrecorded[0][:300]}")
    if outcome.error is not None:
        raise ConformanceError(f"the recorded run ends with {outcome.failure}")
    if not outcome.events and not subject.recording.exchanges:
        raise ConformanceError(
            "there is no recording, and without one it yields nothing: relistwatch connectors record"
        )
    if not outcome.events:
        raise ConformanceError("the recorded run yields nothing: record a stretch in which listings changed")


def events_valid(subject: Subject) -> None:
    """Every event is one that the codec takes back: all fields within the schema's limits, and made by its maker."""
    for event in subject.baseline.events:
        if isinstance(event, RawRecord):
            if not event.value:
                raise ConformanceError("a RawRecord without bytes keeps nothing")
            continue
        codec: Codec[Event] = Codec(type(event))
        try:
            again = codec.decode(record_bytes(event)).record
        except RecordError as error:
            raise ConformanceError(
                f"event {identity(event)[:100]!r} is refused by the schema: {error}"
            ) from None
        if again != event:
            raise ConformanceError(f"event {identity(event)[:100]!r} does not come back as it went")
        listing = event.listing if isinstance(event, Takedown) else event
        if isinstance(listing, ListingEvent) and listing.source is not None:
            made = (listing.source.connector, listing.source.version)
            if made != (subject.kind.name, subject.kind.version):
                raise ConformanceError(f"event {identity(event)[:100]!r} says that it was made by {made}")


def deterministic(subject: Subject) -> None:
    """Two replays yield the same events, byte for byte, in the same order."""
    first, second = (
        [record_bytes(each) for each in outcome.events] for outcome in (subject.baseline, run(subject))
    )
    for one, other in zip(first, second, strict=False):
        if one != other:
            raise ConformanceError(f"two replays differ: {one[:200]!r} and {other[:200]!r}")
    if len(first) != len(second):
        raise ConformanceError(f"two replays differ: {len(first)} events and {len(second)}")


def overlap_repeats_ids(subject: Subject) -> None:
    """The same listings, seen again a day later by an overlapping window, have the same event ids."""
    base = subject.baseline
    source = subject.make()
    if not isinstance(source, WindowSource):
        later = run(subject, later=LATER)
        if later.unrecorded:
            raise NotApplicableError("a day later it asks for what is not in the recording")
        _same(set(base.ids), set(later.ids))
        return
    windows = [base.windows[number] for number in sample(len(base.windows), MOST_WINDOWS)]
    with surroundings(subject) as (context, _, clock, _):
        source.open(context)
        try:
            first = {window: _ids(source.window, window) for window in windows}
            clock.move(LATER.total_seconds())
            for window in windows:
                _same(first[window], _ids(source.window, window))
        finally:
            source.close()


def _ids(ask: Callable[[Window], Iterator[Item]], window: Window) -> set[str]:
    try:
        items = list(ask(window))
    except WindowFullError:
        return set()
    except AbortError as error:
        raise NotApplicableError(f"the window cannot be asked for again: {error}") from None
    except ConnectorError as error:
        raise ConformanceError(f"the same window, asked for again, ends with {error}") from None
    return {identity(item) for item in items if isinstance(item, Event)}


def _same(first: set[str], second: set[str]) -> None:
    if first != second:
        changed = sorted(first ^ second)[:4]
        raise ConformanceError(f"the same listings seen again have other event ids: {', '.join(changed)}")


def checkpoint_is_small_json(subject: Subject) -> None:
    """Each checkpoint's state is JSON, comes back as it went, is below the limit and holds no secret."""
    if not subject.baseline.checkpoints:
        raise NotApplicableError("it keeps no checkpoint")
    for state, _ in subject.baseline.checkpoints:
        try:
            raw = msgspec.json.encode(state)
            again = msgspec.json.decode(raw)
        except (TypeError, ValueError, OverflowError) as error:
            raise ConformanceError(f"a checkpoint that JSON cannot say: {error}") from None
        if again != state:
            raise ConformanceError("a checkpoint that JSON changes: only texts, numbers, lists and tables")
        if len(raw) > MAX_STATE_BYTES:
            raise ConformanceError(f"a checkpoint of {len(raw)} bytes, {MAX_STATE_BYTES} allowed")
        if any(secret in raw.decode() for secret in (*FAKES, *subject.secrets)):
            raise ConformanceError(
                "a checkpoint holds a token or another secret: keep those in context.own_folder()"
            )
