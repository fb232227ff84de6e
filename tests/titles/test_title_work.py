"""What a search for a title does, counted: it must not be much more in a small bank, where nearly all weighs enough."""

import itertools
from statistics import mean

import pytest

from connectors.sample.stream import stream_listings
from fingerprints import title_index
from fingerprints.title_bulk import index_of_titles
from fingerprints.title_index import TitleIndex
from fingerprints.title_likeness import TitlePrint
from fingerprints.title_meeting import Meeting, meet
from fingerprints.title_print import TITLE
from fingerprints.title_words import TitleWords

GENERIC = TitlePrint("sarung bantal lurik")
HELD = 80
"""More than are compared at most."""


@pytest.fixture
def met(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows by the held title's words each time that two titles are met."""
    seen: list[str] = []

    def counted(query: TitleWords, held: TitleWords) -> Meeting:
        seen.append(" ".join(held.spelled))
        return meet(query, held)

    monkeypatch.setattr(title_index, "meet", counted)
    return seen


def sample_titles(seed: int, many: int) -> list[TitlePrint]:
    events = itertools.islice(stream_listings(seed=seed, photos=0), many)
    return [title for event in events if (title := TITLE.fingerprint(event.title)) is not None]


def test_a_title_that_is_held_many_times_over_is_met_once(met: list[str]) -> None:
    index = TitleIndex()
    for number in range(1_500):
        index.add(f"other-{number:04}", [TitlePrint(f"jaket varsity merek{number}")])
    for number in range(HELD):
        index.add(f"generic-{number:02}", [GENERIC])
    hits = index.search(TitlePrint("lurik sarung bantal"), 10)
    assert met == [GENERIC.text]
    assert [hit.weight for hit in hits] == [index.weigh(GENERIC, GENERIC)] * 10
    assert sorted(hits, key=lambda hit: hit.owner) == hits


def test_titles_met_for_a_search_do_not_depend_on_the_size_of_the_bank(met: list[str]) -> None:
    queries = sample_titles(7, 150)
    a_search = {}
    for size in (2_000, 5_000, 20_000):
        index = index_of_titles((str(n), title) for n, title in enumerate(sample_titles(99, size)))
        met.clear()
        for query in queries:
            index.search(query, 10)
        a_search[size] = len(met) / len(queries)
    # 18 of 5,000 and 17 of 20,000 when each of the same words was met again, and none at all of 40,000.
    assert max(a_search.values()) < 3, a_search


def test_the_hits_that_are_given_are_the_best_of_all(met: list[str]) -> None:
    index = index_of_titles((str(n), title) for n, title in enumerate(sample_titles(99, 3_000)))
    queries = sample_titles(7, 60)
    found = [index.search(query, 64) for query in queries]
    assert mean(map(len, found)) > 1
    for query, hits in zip(queries, found, strict=True):
        assert index.search(query, 3) == hits[:3]
        assert index.search(query, 0) == []
