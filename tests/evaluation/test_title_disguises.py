"""The disguises disguise, and are the same every time."""

import random

import pytest

from connectors.sample.seeds import dice
from fingerprints.title_normalise import normalise_title
from streams.evaluation.title_disguise import (
    apart,
    between_letters,
    chain,
    dropped,
    joined,
    padded,
    replaced,
    reversed_and_turned,
    shuffled,
    typing_errors,
)
from streams.evaluation.title_disguise_table import EXTRA, TABLE, UNSEEN, Disguise
from streams.evaluation.title_set import Title, disguised

TITLE = Title("Jaket Kemeja Flanel Wanita Zelbaro Arcadia ZEB4127 Merah", "c", 0)
UNDONE = {
    "leet", "homoglyphs", "spaced", "zero-width", "dotted", "fonts", "cherokee", "lisu", "greek", "squared",
    "small-capitals", "marked", "accents", "bidi", "backwards", "backwards-words", "emoji-between", "underscored",
}  # fmt: skip
"""Disguises that take nothing away: what is read is what was there."""


@pytest.mark.parametrize("disguise", [*TABLE, *EXTRA, *UNSEEN], ids=lambda one: one.name)
def test_a_disguise_changes_the_title_the_same_way_every_time(disguise: Disguise) -> None:
    once = disguised(TITLE, disguise)
    assert once != TITLE.text
    assert once == disguised(TITLE, disguise)


def test_names_are_unique() -> None:
    names = [one.name for one in (*TABLE, *EXTRA, *UNSEEN)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "disguise", [d for d in (*TABLE, *EXTRA) if d.name in UNDONE], ids=lambda one: one.name
)
def test_what_is_only_written_otherwise_is_read_as_it_was(disguise: Disguise) -> None:
    plain = normalise_title(TITLE.text).replace("zeb4127", "").split()
    read = normalise_title(disguised(TITLE, disguise)).split()
    # Digits read as letters, "i" or "l" for 1, may leave one word otherwise.
    assert len(set(plain) - set(read)) <= (1 if disguise.name == "leet" else 0)


def test_building_blocks() -> None:
    chance = random.Random(4)
    assert apart(".", " ")("ab cd", chance) == "a.b c.d"
    assert between_letters("-")("ab c", chance) == "a-b c"
    assert joined("ab cd", chance) == "abcd"
    assert sorted(shuffled("a b c d", chance).split()) == ["a", "b", "c", "d"]
    assert len(dropped(0.4)("a b c d e", chance).split()) == 3
    assert dropped(0.9)("a", chance) == "a"
    assert set(padded(["x", "y"], 2)("a b", chance).split()) == {"a", "b", "x", "y"}
    assert replaced({"tas": ["bag"]})("Tas ransel, TAS", chance) == "bag ransel, bag"
    assert reversed_and_turned("abc", chance) == "\u202ecba\u202c"
    wrong = typing_errors(1.0)("kemeja flanel xl", dice("typing"))
    assert wrong.split()[2] == "xl"
    assert wrong.split()[0] != "kemeja"
    assert chain(joined, apart(" ", " "))("ab c", chance) == "a b c"
