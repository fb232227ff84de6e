"""Windows cover all of the past without a gap, are closed, and none is too long."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from connectors.windows import Window, WindowOptions, next_window, whole_second

START = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
seconds = st.floats(0, 300, allow_nan=False)


@given(
    steps=st.lists(st.floats(0, 900, allow_nan=False), min_size=1, max_size=40),
    poll=st.floats(0.05, 120),
    overlap=seconds,
    settle=st.floats(0, 60),
    minutes=st.floats(0.001, 30),
)
def test_whatever_the_clock_and_the_options_nothing_is_passed_over(
    steps: list[float], poll: float, overlap: float, settle: float, minutes: float
) -> None:
    options = WindowOptions(
        poll_seconds=poll, overlap_seconds=overlap, settle_seconds=settle, window_minutes=minutes
    )
    done, now = START, START
    for step in steps:
        now += timedelta(seconds=step)
        window = next_window(done, now, options)
        if window is None:
            assert now - done < timedelta(seconds=max(poll, 1) + settle + 1)
            continue
        assert window.since <= done < window.until
        assert done - window.since <= timedelta(seconds=overlap + 1)
        assert window.until <= now - timedelta(seconds=settle)
        assert window.until - done <= timedelta(minutes=max(minutes, 1 / 60))
        assert (window.since.microsecond, window.until.microsecond) == (0, 0)
        done = window.until


def test_a_backfill_ends_where_it_was_told_to() -> None:
    options = WindowOptions(until=START + timedelta(minutes=90), overlap_seconds=0)
    now = START + timedelta(days=1)
    first = next_window(START, now, options)
    assert first == Window(START, START + timedelta(hours=1))
    second = next_window(first.until, now, options)
    assert second == Window(first.until, START + timedelta(minutes=90))
    assert next_window(second.until, now, options) is None


def test_the_newest_window_waits_for_its_poll() -> None:
    options = WindowOptions(poll_seconds=30, settle_seconds=5, overlap_seconds=0)
    assert next_window(START, START + timedelta(seconds=33), options) is None
    assert next_window(START, START + timedelta(seconds=35), options) == Window(
        START, START + timedelta(seconds=30)
    )


@given(span=st.integers(2, 100_000))
def test_halves_cover_the_whole(span: int) -> None:
    window = Window(START, START + timedelta(seconds=span))
    first, second = window.halves()
    assert first.since == window.since
    assert second.until == window.until
    assert second.since == first.until == whole_second(first.until)
    assert max(first.span, second.span) < window.span
