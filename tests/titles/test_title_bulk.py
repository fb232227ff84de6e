"""Titles put in at once give the index that they give one after another."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from listing_records import WORDS

from fingerprints.title_bulk import index_of_titles
from fingerprints.title_index import ROW, TitleIndex
from fingerprints.title_likeness import TitlePrint
from fingerprints.title_snapshot import state_of

OWNERS = st.sampled_from([f"t{n}" for n in range(60)])
SPELLED = [*WORDS, "jakte", "jacket", "jaket", "kemejaflanel", "xl", "a50", "2024"]
TITLES = st.lists(st.sampled_from(SPELLED), min_size=1, max_size=ROW).map(
    lambda words: TitlePrint(" ".join(words))
)
MANY = st.lists(st.tuples(OWNERS, TITLES), max_size=80)


def one_by_one(titles: list[tuple[str, TitlePrint]]) -> TitleIndex:
    index = TitleIndex()
    for owner, title in dict(titles).items():
        index.add(owner, (title,))
    return index


def same(ours: TitleIndex, theirs: TitleIndex) -> None:
    """Everything that a snapshot holds, the worth of each word, and room for the next."""
    assert state_of(ours) == state_of(theirs)
    assert ours._slots == theirs._slots
    assert ours._held == theirs._held
    words = [word for word in theirs.rarity.number_of if word]
    assert [ours.rarity.worth(word) for word in words] == [theirs.rarity.worth(word) for word in words]
    np.testing.assert_array_equal(ours.rarity.share[1:], theirs.rarity.share[1:])
    np.testing.assert_array_equal(ours.rarity.spent[1:], theirs.rarity.spent[1:])
    assert (ours.rarity.level, ours.rarity.crowd) == (theirs.rarity.level, theirs.rarity.crowd)


@given(MANY)
def test_it_is_the_index_of_the_same_titles_added_one_by_one(titles: list[tuple[str, TitlePrint]]) -> None:
    same(index_of_titles(titles), one_by_one(titles))


@given(MANY, MANY, st.lists(OWNERS, max_size=20), TITLES)
def test_it_goes_on_as_the_other_does(
    titles: list[tuple[str, TitlePrint]],
    later: list[tuple[str, TitlePrint]],
    gone: list[str],
    asked: TitlePrint,
) -> None:
    ours, theirs = index_of_titles(titles), one_by_one(titles)
    for index in (ours, theirs):
        for owner in gone:
            index.withdraw(owner)
        for owner, title in later:
            index.add(owner, (title,))
    assert ours.search(asked, 10) == theirs.search(asked, 10)
    assert state_of(ours) == state_of(theirs)


def test_room_is_made_past_the_first_rows() -> None:
    titles = [(f"t{n}", TitlePrint(f"{SPELLED[n % 9]} kode{n}")) for n in range(1025)]
    same(index_of_titles(titles), one_by_one(titles))


def test_of_more_words_than_a_row_has_the_rarest_are_kept() -> None:
    common = [f"sering{chr(97 + n)}" for n in range(5)]
    rare = [f"langka{chr(97 + n)}" for n in range(ROW)]
    titles = [("long", TitlePrint(" ".join(common + rare)))]
    titles += [(f"t{n}", TitlePrint(" ".join(common))) for n in range(40)]
    index = index_of_titles(titles)
    kept = {word for word in common + rare if index.rarity.number_of[word] in index._rows[0]}
    assert kept == set(rare)
    assert index.search(TitlePrint(" ".join(rare)), 1)[0].owner == "long"
