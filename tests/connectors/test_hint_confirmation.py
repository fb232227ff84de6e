"""Hints become events; what is not found is asked for again, and given up in the end with a word."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from listing_records import listing

from connectors.clock import SetClock
from connectors.errors import RetryError
from connectors.hint_confirmation import MOST_ATTEMPTS, HintConfirmation
from connectors.hints import Hint, What
from connectors.items import Item, Notice
from connectors.pushed_hints import PushedHints

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


@pytest.fixture
def pushed(tmp_path: Path, clock: SetClock) -> Iterator[PushedHints]:
    hints = PushedHints(
        listen="127.0.0.1:0", path="/p", verify=lambda _: (), folder=tmp_path, clock=clock, name="test"
    )
    yield hints
    hints._inbox.close()


def add(pushed: PushedHints, *numbers: int, what: What = "updated") -> None:
    pushed._inbox.add([Hint(f"h{number}", str(number), what, NOW) for number in numbers])


def left(pushed: PushedHints) -> int:
    pushed.acknowledged()
    return pushed._inbox.held()


def test_what_is_found_is_yielded_and_done(pushed: PushedHints) -> None:
    add(pushed, 1, 2)
    confirmation = HintConfirmation(pushed, lambda hint: [listing(int(hint.listing_id))], name="test")
    assert list(confirmation.items()) == [listing(1), listing(2)]
    assert left(pushed) == 0


def test_what_is_not_found_comes_again_and_is_given_up_in_the_end(
    pushed: PushedHints, clock: SetClock
) -> None:
    add(pushed, 1)
    confirmation = HintConfirmation(pushed, lambda _: None, name="test")
    came: list[Item] = []
    rounds = 0
    while pushed._inbox.held():
        rounds += 1
        came += confirmation.items()
        pushed.acknowledged()
        clock.move(3600)
    assert rounds == MOST_ATTEMPTS
    assert came == [Notice("test: the pushed listing 1 is still not found: given up")]


def test_what_is_found_later_is_yielded_then(pushed: PushedHints, clock: SetClock) -> None:
    add(pushed, 1)
    answers: list[list[Item] | None] = [None, [listing(1)]]
    confirmation = HintConfirmation(pushed, lambda _: answers.pop(0), name="test")
    assert list(confirmation.items()) == []
    assert left(pushed) == 1
    clock.move(3600)
    assert list(confirmation.items()) == [listing(1)]
    assert left(pushed) == 0


def test_a_removed_listing_that_is_not_found_is_done(pushed: PushedHints) -> None:
    add(pushed, 1, what="removed")
    assert list(HintConfirmation(pushed, lambda _: None, name="test").items()) == []
    assert left(pushed) == 0


def test_where_a_detail_cannot_be_had_its_hint_stays_and_those_before_are_done(pushed: PushedHints) -> None:
    add(pushed, 1, 2, 3)

    def confirm(hint: Hint) -> list[Item]:
        if hint.listing_id == "2":
            raise RetryError("away")
        return [listing(int(hint.listing_id))]

    came: list[Item] = []
    with pytest.raises(RetryError):
        came.extend(HintConfirmation(pushed, confirm, name="test").items())
    assert came == [listing(1)]
    assert left(pushed) == 2
