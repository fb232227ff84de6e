"""The inbox loses no hint, gives each one once at a time, and stays small."""

import sqlite3
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from listing_records import START

from connectors.clock import SetClock
from connectors.hints import (
    COUNTED,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    UNREADABLE_BYTES,
    UNREADABLE_MOST,
    Hint,
    HintInbox,
    InboxFullError,
    pause,
    well_formed,
)
from connectors.sdk import AbortError, RetryError


def hint(number: int) -> Hint:
    return Hint(f"h{number}", f"l{number}", "updated", START)


def ids(hints: list[Hint]) -> list[str]:
    return [each.hint_id for each in hints]


def test_a_hint_is_given_until_it_is_done(tmp_path: Path) -> None:
    clock = SetClock(START)
    inbox = HintInbox(tmp_path / "hints.sqlite", clock=clock)
    assert inbox.add([hint(1), hint(2)]) == [True, True]
    assert inbox.waiting() == 2
    assert inbox.take(1) == [hint(1)]
    assert inbox.take(5) == [hint(2)]
    assert (inbox.waiting(), inbox.held()) == (0, 2)
    assert inbox.take(5) == []
    inbox.done(["h1"])
    assert inbox.held() == 1
    clock.move(FIRST_PAUSE)
    assert ids(inbox.take(5)) == ["h2"]
    assert (inbox.attempts("h1"), inbox.attempts("h2")) == (0, 2)


def test_one_that_keeps_failing_goes_behind_the_others_and_is_never_lost(tmp_path: Path) -> None:
    clock = SetClock(START)
    inbox = HintInbox(tmp_path / "hints.sqlite", clock=clock)
    inbox.add([hint(number) for number in range(5)])
    assert ids(inbox.take(2)) == ["h0", "h1"]
    inbox.done(["h1"])
    inbox.add([hint(5)])
    clock.move(FIRST_PAUSE)
    assert ids(inbox.take(9)) == ["h2", "h3", "h4", "h0", "h5"]
    inbox.done(["h2", "h3", "h4", "h5"])
    for failure in range(3, 50):
        clock.move(pause(failure - 1) - 1)
        assert (inbox.waiting(), inbox.held()) == (0, 1)
        clock.move(1)
        assert ids(inbox.take(9)) == ["h0"]
        assert inbox.attempts("h0") == failure


def test_what_was_taken_before_a_crash_is_due_again_behind_what_was_not(tmp_path: Path) -> None:
    clock = SetClock(START)
    inbox = HintInbox(tmp_path / "hints.sqlite", clock=clock)
    inbox.add([hint(1), hint(2), hint(3)])
    assert ids(inbox.take(2)) == ["h1", "h2"]
    inbox.done(["h2"])
    again = HintInbox(tmp_path / "hints.sqlite", clock=clock)  # the first is never closed
    assert ids(again.take(9)) == ["h3", "h1"]
    assert again.add([hint(2)]) == [False]
    assert again.attempts("h1") == 2


def test_a_clock_set_back_holds_nothing_up(tmp_path: Path) -> None:
    clock = SetClock(START)
    inbox = HintInbox(tmp_path / "hints.sqlite", clock=clock)
    inbox.add([hint(1)])
    inbox.take(1)
    clock.move(-10 * 86_400)
    inbox.add([hint(2)])
    assert inbox.waiting() == 2
    assert ids(inbox.take(9)) == ["h1", "h2"]


def test_known_hints_are_not_taken_in_again_for_some_days(tmp_path: Path) -> None:
    clock = SetClock(START)
    inbox = HintInbox(tmp_path / "hints.sqlite", clock=clock, remember_days=7)
    assert inbox.add([hint(1), hint(1)]) == [True, False]
    assert inbox.add([hint(1)]) == [False]
    inbox.done(ids(inbox.take(1)))
    clock.move(6.9 * 86_400)
    inbox.close()
    inbox = HintInbox(tmp_path / "hints.sqlite", clock=clock, remember_days=7)
    assert inbox.add([hint(1)]) == [False]
    clock.move(0.2 * 86_400)
    inbox.close()
    inbox = HintInbox(tmp_path / "hints.sqlite", clock=clock, remember_days=7)
    assert inbox.add([hint(1)]) == [True]


def test_no_more_ids_are_remembered_than_there_is_room_for(tmp_path: Path) -> None:
    clock = SetClock(START)
    inbox = HintInbox(tmp_path / "hints.sqlite", clock=clock, remember_most=100)
    for first in range(0, 3 * COUNTED, 500):
        inbox.done([f"h{number}" for number in range(first, first + 500)])
        clock.move(1)
    with sqlite3.connect(tmp_path / "hints.sqlite") as file:
        assert file.execute("SELECT count(*) FROM done").fetchone()[0] <= 100 + COUNTED
    assert inbox.add([hint(3 * COUNTED - 1), hint(0)]) == [False, True]


def test_a_full_inbox_takes_all_of_a_push_or_nothing(tmp_path: Path) -> None:
    inbox = HintInbox(tmp_path / "hints.sqlite", most=3)
    inbox.add([hint(1), hint(2)])
    with pytest.raises(InboxFullError):
        inbox.add([hint(3), hint(4)])
    assert inbox.held() == 2
    assert inbox.add([hint(3)]) == [True]
    assert inbox.add([hint(1)]) == [False]  # a known one needs no room
    inbox.done(["h1"])
    assert inbox.add([hint(4)]) == [True]


def test_what_nobody_understood_is_kept_once_and_the_oldest_leave(tmp_path: Path) -> None:
    inbox = HintInbox(tmp_path / "hints.sqlite", clock=SetClock(START))
    inbox.keep_unreadable(b"\xff\x00", "no JSON")
    inbox.keep_unreadable(b"\xff\x00", "no JSON")
    (kept,) = inbox.unreadable()
    assert (kept.body, kept.why, kept.received_at) == (b"\xff\x00", "no JSON", START)
    for number in range(UNREADABLE_MOST + 5):
        inbox.keep_unreadable(str(number).encode(), "no item")
    bodies = [each.body for each in inbox.unreadable()]
    assert bodies == [str(number).encode() for number in range(5, UNREADABLE_MOST + 5)]
    inbox.keep_unreadable(b"x" * (UNREADABLE_BYTES - 10), "large")
    assert sum(len(each.body) for each in inbox.unreadable()) <= UNREADABLE_BYTES
    inbox.keep_unreadable(b"y" * (UNREADABLE_BYTES + 1), "larger than all there is room for")
    assert [len(each.body) for each in inbox.unreadable()] == [UNREADABLE_BYTES + 1]


def test_the_file_is_its_owners_alone_and_waits_for_the_disk(tmp_path: Path) -> None:
    inbox = HintInbox(tmp_path / "hints.sqlite")
    inbox.add([hint(1)])
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert {file.name for file in tmp_path.iterdir()} >= {"hints.sqlite", "hints.sqlite-wal"}
    pragma = inbox._file.execute
    assert pragma("PRAGMA journal_mode").fetchone() == ("wal",)
    assert pragma("PRAGMA synchronous").fetchone() == (2,)


def test_a_file_that_is_something_else_ends_the_run(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database " * 100)
    with pytest.raises(AbortError, match="text"):
        HintInbox(tmp_path / "text")
    with pytest.raises(AbortError, match="nowhere"):
        HintInbox(tmp_path / "nowhere" / "hints.sqlite")
    with sqlite3.connect(tmp_path / "newer.sqlite") as file:
        file.execute("PRAGMA user_version = 99")
    file.close()
    with pytest.raises(AbortError, match="its layout is 99"):
        HintInbox(tmp_path / "newer.sqlite")


def test_a_file_locked_by_another_asks_for_a_repetition(tmp_path: Path) -> None:
    inbox = HintInbox(tmp_path / "hints.sqlite")
    inbox._file.execute("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(tmp_path / "hints.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(RetryError, match="locked"):
        inbox.add([hint(1)])
    other.execute("ROLLBACK")
    assert inbox.add([hint(1)]) == [True]


def test_pauses_double_up_to_the_longest() -> None:
    assert [pause(n) for n in (1, 2, 3)] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert pause(1000) == LONGEST_PAUSE


@pytest.mark.parametrize("wrong", [{"hint_id": ""}, {"listing_id": "x" * 257}, {"what": "sold"}])
def test_ids_of_any_length_are_not_well_formed(wrong: dict[str, str]) -> None:
    fields = {"hint_id": "h", "listing_id": "l", "what": "created", "received_at": START}
    assert well_formed(Hint(**fields))  # type: ignore[arg-type]
    assert not well_formed(Hint(**(fields | wrong)))  # type: ignore[arg-type]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 8)),
        st.tuples(st.just("take"), st.integers(0, 4)),
        st.tuples(st.just("done"), st.integers(0, 8)),
        st.tuples(st.just("move"), st.integers(-5000, 5000)),
        st.tuples(st.just("crash"), st.just(0)),
    ),
    max_size=40,
)


@given(steps=STEPS)
def test_whatever_happens_a_hint_stays_until_it_is_done(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    path = tmp_path_factory.mktemp("inbox") / "hints.sqlite"
    clock = SetClock(START)
    inbox = HintInbox(path, clock=clock)
    held: set[str] = set()
    done: set[str] = set()
    for step, value in steps:
        match step:
            case "add":
                name = f"h{value}"
                assert inbox.add([hint(value)]) == [name not in held | done]
                held |= {name} - done
            case "take":
                taken = ids(inbox.take(value))
                assert set(taken) <= held
                assert len(set(taken)) == len(taken) <= value
            case "done":
                inbox.done([f"h{value}"])
                held -= {f"h{value}"}
                done |= {f"h{value}"}
            case "move":
                clock.move(value)
            case "crash":
                inbox = HintInbox(path, clock=clock)
        assert inbox.held() == len(held)
    clock.move(LONGEST_PAUSE)
    assert set(ids(inbox.take(100))) == held
    inbox.close()
