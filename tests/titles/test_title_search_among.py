"""A search among some owners finds what a search among all finds of them."""

from hypothesis import given
from hypothesis import strategies as st
from listing_records import distinctive_title

from fingerprints.title_index import TitleIndex
from fingerprints.title_print import title_print

TITLES = [distinctive_title(n) for n in range(120)]


def index_of(count: int) -> TitleIndex:
    index = TitleIndex()
    for number, title in enumerate(TITLES[:count]):
        index.add(f"o{number}", (title_print(title),))
    return index


LARGE, SMALL = index_of(120), index_of(20)


@given(
    large=st.booleans(),
    of=st.integers(0, 119),
    dropped=st.sets(st.integers(0, 6), max_size=3),
    owners=st.sets(st.integers(0, 119), max_size=12),
)
def test_the_same_hits(large: bool, of: int, dropped: set[int], owners: set[int]) -> None:
    index = LARGE if large else SMALL
    words = [word for place, word in enumerate(TITLES[of].split()) if place not in dropped]
    query = title_print(" ".join(words[::-1]))
    among = [f"o{n}" for n in sorted(owners | {of})]
    found = index.search_among(query, index.owners_of_words(among))
    expected = [hit for hit in index.search(query, 1000) if hit.owner in among]
    assert sorted(found, key=lambda hit: hit.owner) == sorted(expected, key=lambda hit: hit.owner)


def test_unknown_and_withdrawn_owners_are_no_error() -> None:
    index = index_of(60)
    using = index.owners_of_words(["o1", "nobody"])
    index.withdraw("o1")
    assert index.search_among(title_print(TITLES[1]), using) == []
