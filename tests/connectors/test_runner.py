"""The runner delivers everything once the sink takes it, repeats what helps, and stops without losing."""

import os
import random
import signal
import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from listing_records import listing

from connectors.backoff import Backoff
from connectors.counts import Counts
from connectors.memory import MemorySink, MemorySource, MemorySourceOptions, Pause, Step
from connectors.runner import Failure, Problem, Runner
from connectors.sdk import IDLE, AbortError, ConnectorError, Notice, RetryError, SkipError, Skipped
from connectors.stop import stop_on_signals

QUICK = Backoff(first=0.0, most=0.0)


def test_everything_arrives_in_order_and_is_counted() -> None:
    moment = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    source = MemorySource(MemorySourceOptions(count=25), script=[listing(1), IDLE], clock=lambda: moment)
    sink = MemorySink()
    seen: list[int] = []
    counts = Runner(source, sink, batch=10, on_progress=lambda so_far: seen.append(so_far.written)).run()
    assert counts == Counts(read=26, written=26)
    assert sink.events == [listing(1), *(source.listing(number) for number in range(25))]
    assert seen == [1, 11, 21, 26]
    assert source.safe == 27
    assert source.closed
    assert sink.closed


def test_what_the_source_could_not_pass_on_is_told_and_counted() -> None:
    script: list[Step] = [listing(1), Skipped("page 3 is torn"), Notice("old page"), listing(2)]
    problems: list[Problem] = []
    counts = Runner(MemorySource(script=script), MemorySink(), on_problem=problems.append).run()
    assert counts == Counts(read=2, written=2, skipped=1, notices=1)
    assert problems == [Skipped("page 3 is torn"), Notice("old page")]


def test_a_source_that_fails_for_now_goes_on_where_it_was() -> None:
    away = RetryError("the marketplace is away")
    source = MemorySource(script=[listing(1), away, away, listing(2)])
    sink = MemorySink()
    counts = Runner(source, sink, backoff=QUICK).run()
    assert counts == Counts(read=2, written=2, retries=2)
    assert sink.events == [listing(1), listing(2)]


def test_a_sink_that_fails_for_now_gets_the_batch_again() -> None:
    away = RetryError("the broker is away")
    sink = MemorySink(flush_errors=[None, away, away])
    counts = Runner(MemorySource(MemorySourceOptions(count=4)), sink, batch=2, backoff=QUICK).run()
    assert (counts.read, counts.written, counts.retries) == (4, 4, 2)
    assert [event.listing_id for event in sink.events] == [f"listing-{n}" for n in range(4)]  # type: ignore[union-attr]


@given(
    failures=st.lists(st.sampled_from([None, RetryError("away")]), max_size=6),
    script=st.lists(st.sampled_from([IDLE, RetryError("away"), Skipped("torn"), 0]), max_size=20),
    batch=st.integers(1, 5),
)
def test_whatever_fails_for_now_nothing_is_lost_or_out_of_order(
    failures: list[ConnectorError | None], script: list[object], batch: int
) -> None:
    steps: list[Step] = [listing(n) if step == 0 else step for n, step in enumerate(script)]  # type: ignore[misc]
    wanted = [listing(n) for n, step in enumerate(script) if step == 0]
    sink = MemorySink(flush_errors=failures)
    counts = Runner(MemorySource(script=steps), sink, batch=batch, backoff=QUICK).run()
    assert sink.events == wanted
    assert counts.read == counts.written == len(wanted)
    assert counts.skipped == script.count(Skipped("torn"))


def test_a_refused_event_is_told_and_the_rest_arrive() -> None:
    refusal = SkipError("too large", [listing(2)])
    sink = MemorySink(flush_errors=[refusal])
    problems: list[Problem] = []
    source = MemorySource(script=[listing(1), listing(2), listing(3)])
    counts = Runner(source, sink, on_problem=problems.append).run()
    assert counts == Counts(read=3, written=2, failed=1)
    assert sink.events == [listing(1), listing(3)]
    assert problems == [Failure(listing(2), "too large")]


def test_an_aborting_source_has_its_events_delivered_first() -> None:
    source = MemorySource(script=[listing(1), AbortError("the token is revoked"), listing(2)])
    sink = MemorySink()
    with pytest.raises(AbortError, match="revoked"):
        Runner(source, sink).run()
    assert sink.events == [listing(1)]
    assert source.closed
    assert sink.closed


def test_an_aborting_sink_is_not_written_to_again() -> None:
    sink = MemorySink(flush_errors=[AbortError("not authorised")])
    source = MemorySource(script=[listing(1), IDLE, listing(2)])
    with pytest.raises(AbortError, match="not authorised"):
        Runner(source, sink).run()
    assert sink.flushes == 1
    assert source.safe == 0


def test_attempts_run_out_where_they_are_limited() -> None:
    sink = MemorySink(flush_errors=[RetryError("the broker is away")] * 9)
    runner = Runner(MemorySource(script=[listing(1)]), sink, backoff=Backoff(0.0, 0.0, attempts=3))
    with pytest.raises(AbortError, match="given up after 3 attempts: the broker is away"):
        runner.run()
    assert (sink.flushes, runner.counts.written) == (3, 0)


def test_stopping_delivers_what_was_read() -> None:
    pause = Pause()
    sink = MemorySink()
    with stop_on_signals() as stop:
        source = MemorySource(script=[listing(1), listing(2), pause, listing(3)])
        runner = Runner(source, sink, stop=stop)
        watcher = threading.Thread(
            target=lambda: (pause.reached.wait(10), os.kill(os.getpid(), signal.SIGTERM))
        )
        watcher.start()
        counts = runner.run()
        watcher.join()
    assert stop.is_set()
    assert sink.events == [listing(1), listing(2)]
    assert counts == Counts(read=2, written=2)


def test_stopping_while_the_sink_is_away_says_so() -> None:
    stop = threading.Event()
    sink = MemorySink(flush_errors=[RetryError("the broker is away")] * 9)
    runner = Runner(
        MemorySource(script=[listing(1)]), sink, stop=stop, backoff=QUICK, on_problem=lambda _: stop.set()
    )
    with pytest.raises(RetryError, match="the broker is away"):
        runner.run()
    assert runner.counts.written == 0
    assert sink.flushes == 2


def test_a_slow_source_does_not_hold_back_what_it_has_yielded() -> None:
    pause = Pause()
    sink = MemorySink()
    runner = Runner(MemorySource(script=[listing(1), pause, listing(2)]), sink)
    thread = threading.Thread(target=runner.run)
    thread.start()
    pause.reached.wait(10)
    pause_seen = threading.Event()
    while not sink.events:
        assert thread.is_alive()
        pause_seen.wait(0.01)
    assert sink.events == [listing(1)]
    pause.resume()
    thread.join(10)
    assert sink.events == [listing(1), listing(2)]


def test_pauses_double_up_to_the_most_and_keep_what_is_asked() -> None:
    backoff = Backoff(first=0.2, most=30.0, dice=random.Random(1))
    for attempt in range(1, 200):
        whole = min(30.0, 0.2 * 2 ** (attempt - 1))
        assert whole / 2 <= backoff.pause(attempt) <= whole
    assert backoff.pause(1, least=7.5) == 7.5
    assert len({Backoff(dice=random.Random(seed)).pause(9) for seed in range(50)}) == 50
