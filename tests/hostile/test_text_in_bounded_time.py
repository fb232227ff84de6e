"""Hostile text of any shape takes time in proportion to its length, wherever text from outside is read.

Work is compared at two lengths of the same text, by the processor's time: four times the length takes sixteen times
as long where something is quadratic, and four where it is not. What is over in no time at all is not judged, and a
measurement that looks wrong is repeated, so that a busy machine fails nobody.
"""

import time
from itertools import product

import pytest
from hostile_text import BEGINNINGS, ENDINGS, SHAPES, flood, mixture
from text_readers import READERS

from connectors.takedown_lists.headers import header_of
from connectors.takedown_lists.items import Cell

SHORT = 10_000
LOOK_AT_LESS = dict.fromkeys(
    ("title", "title's words", "two titles", "title's trace", "title's marks", "two titles' marks", "two descriptions",
     "contacts"), 4_000,
) | {"contacts scrubbed": 1_000}  # fmt: skip
"""Readers that look at the first 16,384 characters: what grows too fast must show within these. The scrubber takes a
text apart at 4,096."""
TIMES = 4
QUADRATIC = 10.0
"""Between 4 for linear and 16 for quadratic time."""
FLOOR = 0.06
"""Seconds of the longer text under which nothing is said."""
REPEATS = 4
PLAIN = ("one letter", "one digit", "spaces", "dots", "at signs", "one sign", "words", "accents")
"""Each of them stands behind each beginning: a search that begins at one place and fails at the very end."""
MILLION = 1_000_000
MILLION_SECONDS = 40.0
"""Of the processor, for a million characters of all shapes, where the slowest takes under two (an order of magnitude
is left for slow machines); quadratic it would be hours."""


def seconds(name: str, text: str) -> float:
    start = time.process_time()
    READERS[name](text)
    return time.process_time() - start


def is_quadratic(name: str, beginning: str, shape: str, ending: str) -> bool:
    characters = LOOK_AT_LESS.get(name, SHORT)
    long = beginning + flood(shape, characters * TIMES) + ending
    taken = seconds(name, long)
    if taken < FLOOR:
        return False
    short = beginning + flood(shape, characters) + ending
    for _ in range(REPEATS):
        if taken < QUADRATIC * max(seconds(name, short), FLOOR / TIMES):
            return False
        taken = min(taken, seconds(name, long))
    return True


@pytest.mark.parametrize("name", READERS)
def test_time_grows_with_the_length_and_no_faster(name: str) -> None:
    every = [("", shape, "") for shape in SHAPES]
    behind = [
        (beginning, shape, ENDINGS[place % len(ENDINGS)])
        for place, (beginning, shape) in enumerate(product(BEGINNINGS, PLAIN))
    ]
    assert not [case for case in every + behind if is_quadratic(name, *case)]


@pytest.mark.parametrize("name", READERS)
def test_a_million_hostile_characters_are_read_in_bounded_time(name: str) -> None:
    characters = (
        MILLION // 8 if name == "contacts scrubbed" else MILLION
    )  # once for a pack, never in the stream
    assert seconds(name, mixture(characters)) < MILLION_SECONDS


def test_a_row_of_a_hundred_thousand_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns of links and then as many of another name: each of these was looked for among all links."""

    def read(text: str) -> None:
        half = len(text) // 2
        assert (
            len(header_of(Cell(place, "url" if place < half else "alasan") for place in range(2 * half)))
            == half + 1
        )

    monkeypatch.setitem(READERS, "wide row", read)
    assert not is_quadratic("wide row", "", "one letter", "")


def test_what_is_quadratic_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The measurement itself: a reader that looks back over everything it has read."""

    def quadratic(text: str) -> int:
        return sum(1 for one in range(len(text) // 8) for _other in range(one))

    monkeypatch.setitem(READERS, "quadratic", quadratic)
    assert is_quadratic("quadratic", "", "one letter", "")
    monkeypatch.setitem(READERS, "linear", lambda text: [text.count(each) for each in "abcdefghij" * 20])
    assert not is_quadratic("linear", "", "one letter", "")
