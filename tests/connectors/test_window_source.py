"""A source of windows loses nothing: not by a crash, a full window, a jumping clock or a refusal in the middle."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from listing_records import listing

from connectors.backoff import Backoff
from connectors.checkpoints import MemoryCheckpoints, checkpoint
from connectors.clock import SetClock
from connectors.context import Context
from connectors.events import ListingEvent
from connectors.memory import MemorySink
from connectors.runner import Runner
from connectors.sdk import AbortError, Item, Notice, RetryError, WindowFullError
from connectors.window_source import WindowSource
from connectors.windows import Window, WindowOptions

START = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


def market(*at: float) -> list[ListingEvent]:
    """A listing for each moment, in seconds after the start."""
    return [
        msgspec.structs.replace(
            listing(number), event_id=f"event-{number}", observed_at=START + timedelta(seconds=moment)
        )
        for number, moment in enumerate(at)
    ]


class Market(WindowSource[WindowOptions]):
    """Listings by their time, no more than `cap` in a window; `meddle` is called before each item."""

    name = "market"
    options_type = WindowOptions

    def __init__(
        self,
        options: WindowOptions,
        listings: list[ListingEvent],
        cap: int = 1000,
        meddle: Callable[["Market"], None] = lambda _: None,
    ) -> None:
        super().__init__(options)
        self.listings, self.cap, self.meddle = listings, cap, meddle
        self.asked: list[Window] = []
        self.hints: list[Item] = []

    def window(self, window: Window) -> Iterator[Item]:
        self.asked.append(window)
        found = [each for each in self.listings if window.since <= each.observed_at <= window.until]
        for number, event in enumerate(found):
            if number >= self.cap:
                raise WindowFullError(f"more than {self.cap} listings")
            self.meddle(self)
            yield event

    def waiting(self) -> bool:
        return bool(self.hints)

    def between(self) -> Iterator[Item]:
        while self.hints:
            yield self.hints.pop(0)


BACKFILL = WindowOptions(
    since=START, until=START + timedelta(hours=3), window_minutes=20, overlap_seconds=60, settle_seconds=0
)
LATER = START + timedelta(hours=4)


def run(
    source: Market, checkpoints: MemoryCheckpoints | None = None, sink: MemorySink | None = None
) -> MemorySink:
    """Run to the end at a time when all windows are closed."""
    sink = sink or MemorySink()
    context = Context("market-1", clock=SetClock(LATER))
    Runner(
        source, sink, context=context, checkpoints=checkpoints or MemoryCheckpoints(), batch=2,
        backoff=Backoff(first=0, most=0),
    ).run()  # fmt: skip
    return sink


@given(
    at=st.lists(st.integers(0, 3 * 3600), max_size=30),
    cap=st.integers(30, 60) | st.integers(4, 8),
    failures=st.sets(st.integers(0, 40), max_size=6),
)
def test_everything_comes_once_whatever_the_cap_and_the_failures(
    at: list[int], cap: int, failures: set[int]
) -> None:
    at = sorted(set(at))
    calls = iter(range(10_000))

    def meddle(_: Market) -> None:
        if next(calls) in failures:
            raise RetryError("away")

    source = Market(BACKFILL, market(*at), cap=cap, meddle=meddle)
    sink = run(source)
    assert sorted(event.event_id for event in sink.events) == sorted(f"event-{n}" for n in range(len(at)))


def test_more_in_a_second_than_the_cap_is_an_error_and_no_silent_cut() -> None:
    source = Market(BACKFILL, market(*[100.0] * 5), cap=4)
    checkpoints = MemoryCheckpoints()
    with pytest.raises(AbortError, match="even within 1 s, at 2026-11-25T03:01"):
        run(source, checkpoints)
    done = datetime.fromisoformat(checkpoints.states["market-1"].state["until"])
    assert done < START + timedelta(seconds=100)


@given(at=st.lists(st.integers(0, 3 * 3600), min_size=1, max_size=30, unique=True), crash=st.integers(0, 29))
def test_after_a_crash_it_goes_on_and_repeats_with_the_same_ids(at: list[int], crash: int) -> None:
    listings = market(*at)
    crashes = iter(range(10_000))

    class CrashError(BaseException):
        """A process that ends in the middle."""

    def meddle(_: Market) -> None:
        if next(crashes) == crash:
            raise CrashError

    checkpoints = MemoryCheckpoints()
    try:
        first = MemorySink()
        run(Market(BACKFILL, listings, meddle=meddle), checkpoints, first)
    except CrashError:
        # What was held in memory is lost with the process; what was flushed is not.
        pass
    second = run(Market(BACKFILL, listings), checkpoints)
    got = {event.event_id: event for event in [*first.events, *second.events]}
    assert set(got.values()) == set(listings)


def test_a_checkpoint_moves_only_behind_what_is_acknowledged() -> None:
    away = RetryError("the broker is away")
    sink = MemorySink(flush_errors=[None, away, away, away])
    saved: list[tuple[int, str]] = []

    class Watched(MemoryCheckpoints):
        def save(self, instance, state):  # type: ignore[no-untyped-def]
            saved.append((len(sink.events), state.state["until"]))

    listings = market(*range(0, 3 * 3600, 600))
    run(Market(BACKFILL, listings), Watched(), sink)
    assert len(saved) > 3
    for acknowledged, until in saved:
        before = [each for each in listings if each.observed_at < datetime.fromisoformat(until)]
        assert acknowledged >= len(before)


def test_a_store_of_checkpoints_that_is_away_is_asked_again() -> None:
    class Away(MemoryCheckpoints):
        failures = 2

        def save(self, instance, state):  # type: ignore[no-untyped-def]
            if self.failures:
                self.failures -= 1
                raise RetryError("away")
            super().save(instance, state)

    checkpoints = Away()
    run(Market(BACKFILL, market(5)), checkpoints)
    assert checkpoints.states["market-1"].state == {"until": "2026-11-25T06:00:00+00:00"}
    assert (checkpoints.states["market-1"].connector, checkpoints.failures) == ("market", 0)


def test_windows_that_overlap_yield_each_version_once_in_a_run() -> None:
    source = Market(BACKFILL, market(1190, 1200))
    sink = run(source)
    assert [event.event_id for event in sink.events] == ["event-0", "event-1"]
    assert sum(w.since <= START + timedelta(seconds=1190) <= w.until for w in source.asked) == 2
    assert source.known("event-0")


def test_hints_come_between_items_and_while_waiting() -> None:
    pushed = market(9000, 9001)
    stop = threading.Event()

    def meddle(source: Market) -> None:
        source.hints.append(pushed[0])

    class Pushed(Market):
        def _wait(self, until: object) -> Iterator[Item]:
            if self.context.clock.now() < LATER + timedelta(minutes=5):
                self.hints.append(pushed[1])
            else:
                stop.set()
            yield from super()._wait(stop)

    options = msgspec.structs.replace(BACKFILL, until=None)
    source = Pushed(
        options, [msgspec.structs.replace(each, event_id="polled") for each in market(5)], meddle=meddle
    )
    sink = MemorySink()
    Runner(source, sink, stop=stop, context=Context("m", clock=SetClock(LATER))).run()
    assert [event.event_id for event in sink.events] == ["polled", "event-0", "event-1"]


def test_what_was_pushed_comes_again_with_its_closed_window() -> None:
    """Between the push and the end of its second the listing may have changed once more."""
    first, pushed = market(5, 30)
    seen_again = msgspec.structs.replace(pushed, title="changed within the same second")
    source = Market(BACKFILL, [first, seen_again])
    source.hints.append(pushed)
    sink = run(source)
    titles = [event.title for event in sink.events if event.event_id == pushed.event_id]
    assert titles == [pushed.title, seen_again.title]


def test_a_clock_that_had_been_ahead_makes_it_go_back_and_tell() -> None:
    checkpoints = MemoryCheckpoints()
    ahead = LATER + timedelta(days=3)
    checkpoints.save("market-1", checkpoint("market", "1", {"until": ahead.isoformat()}, LATER))
    stop = threading.Event()
    problems: list[object] = []
    source = Market(msgspec.structs.replace(BACKFILL, until=None), market(60), meddle=lambda _: stop.set())
    sink = MemorySink()
    Runner(
        source, sink, stop=stop, context=Context("market-1", clock=SetClock(LATER)), checkpoints=checkpoints,
        on_problem=problems.append,
    ).run()  # fmt: skip
    assert len(sink.events) == 1
    assert isinstance(problems[0], Notice)
    assert "259200 s ahead" in problems[0].detail
    assert source.asked[0].until > LATER - timedelta(hours=24)


def test_without_a_checkpoint_it_begins_with_the_newest() -> None:
    source = Market(WindowOptions(), [])
    source.open(replace(Context("m"), clock=SetClock(LATER)))
    stop = threading.Event()
    items = source.events(stop)
    next(items)
    assert not source.asked


@pytest.mark.parametrize("state", [{}, {"until": 7}, {"until": "2026-11-25T03:00:00"}, {"until": "soon"}])
def test_a_checkpoint_that_says_nothing_is_told(state: dict[str, object]) -> None:
    checkpoints = MemoryCheckpoints()
    checkpoints.save("market-1", checkpoint("market", "1", state, LATER))
    with pytest.raises(AbortError, match="relistwatch connectors forget market-1"):
        run(Market(BACKFILL, []), checkpoints)


def test_another_sources_checkpoint_is_not_taken() -> None:
    checkpoints = MemoryCheckpoints()
    checkpoints.save("market-1", checkpoint("shopee", "1", {"until": LATER.isoformat()}, LATER))
    with pytest.raises(AbortError, match="made by the source 'shopee'"):
        run(Market(BACKFILL, []), checkpoints)
