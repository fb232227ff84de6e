"""The index agrees with weighing everything: exactly when small, for what matters when large."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from fingerprints.title_index import COMPARED_AT_MOST, EXHAUSTIVE_BELOW, WEIGHT_FLOOR, TitleIndex
from fingerprints.title_likeness import TitlePrint, compare
from fingerprints.title_print import title_print

WORDS = [
    "jaket",
    "kemeja",
    "flanel",
    "denim",
    "uniqlo",
    "wolverine",
    "arcadia",
    "zelbaro",
    "merah",
    "xl",
    "501",
    "weg3958",
]
PRINTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=7).map(
    lambda words: TitlePrint(" ".join(words))
)
STEPS = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.lists(PRINTS, max_size=3)), max_size=20)


class LinearTitles:
    """The reference: weighs the query against everything."""

    def __init__(self) -> None:
        self.held: dict[str, list[TitlePrint]] = {}

    def search(self, index: TitleIndex, query: TitlePrint, limit: int) -> list[tuple[float, str, int]]:
        """Heaviest first, as (weight, owner, item)."""
        all_of_them = [
            (index.weigh(query, one), owner, item)
            for owner, prints in self.held.items()
            for item, one in enumerate(prints)
        ]
        hits = [hit for hit in all_of_them if hit[0] >= WEIGHT_FLOOR]
        return sorted(hits, key=lambda hit: (-hit[0], hit[1], hit[2]))[:limit]


def found(index: TitleIndex, query: TitlePrint, limit: int) -> list[tuple[float, str, int]]:
    return [(hit.weight, hit.owner, hit.item) for hit in index.search(query, limit)]


@settings(max_examples=60, deadline=None)
@given(STEPS, PRINTS, st.integers(1, 6))
def test_a_small_index_is_the_linear_one(
    steps: list[tuple[str, list[TitlePrint]]], query: TitlePrint, limit: int
) -> None:
    index, linear = TitleIndex(), LinearTitles()
    for owner, prints in steps:
        if prints:
            index.add(owner, prints)
            linear.held[owner] = prints
        else:
            index.withdraw(owner)
            linear.held.pop(owner, None)
    assert len(index) == sum(map(len, linear.held.values()))
    assert found(index, query, limit) == linear.search(index, query, limit)
    for hit in index.search(query, limit):
        assert 0 < hit.similarity <= 1


@settings(max_examples=60, deadline=None)
@given(st.lists(PRINTS, min_size=EXHAUSTIVE_BELOW, max_size=60), PRINTS)
def test_words_that_are_held_are_never_missed(titles: list[TitlePrint], query: TitlePrint) -> None:
    index, linear = TitleIndex(), LinearTitles()
    for number, title in enumerate(titles):
        index.add(str(number), [title])
        linear.held[str(number)] = [title]
    # Equal weights may be more than are compared: then any of them will do.
    expected = [hit[0] for hit in linear.search(index, query, 5)]
    assert [hit.weight for hit in index.search(query, 5)] == expected
    assert len(expected) <= COMPARED_AT_MOST


def made_up_titles(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    syllables = [consonant + vowel for consonant in "bcdfghjklmnprstw" for vowel in "aeiou"]
    vocabulary = [
        "".join(rng.choices(syllables, k=rng.randint(2, 4))) + rng.choice("nrst") for _ in range(3_000)
    ]
    return [" ".join(rng.sample(vocabulary, rng.randint(4, 8))) for _ in range(count)]


def typing_errors(title: str, rng: random.Random) -> str:
    words = title.split()
    for at in rng.sample(range(len(words)), len(words) // 2):
        place = rng.randrange(len(words[at]))
        words[at] = words[at][:place] + rng.choice("xyz") + words[at][place + 1 :]
    rng.shuffle(words)
    return " ".join(words)


def test_a_large_index_finds_disguised_titles_and_nothing_else() -> None:
    rng = random.Random(1)
    titles = made_up_titles(2_000, seed=2)
    index = filled(titles)
    right = 0
    for number in range(200):
        query = title_print(f"ready stok murah {typing_errors(titles[number], rng)} original cod")
        assert query is not None
        hits = index.search(query, 3)
        right += bool(hits) and hits[0].owner == str(number)
    assert right >= 198
    strangers = [title_print(title) for title in made_up_titles(200, seed=3)]
    alike = sum(bool(stranger and index.search(stranger, 3)) for stranger in strangers)
    assert alike <= 4


def test_a_large_index_gives_the_linear_best() -> None:
    titles = made_up_titles(400, seed=4)
    index, linear = filled(titles), LinearTitles()
    for number, title in enumerate(titles):
        held = title_print(title)
        assert held is not None
        linear.held[str(number)] = [held]
    rng = random.Random(5)
    for title in titles[:100]:
        query = title_print(typing_errors(title, rng))
        assert query is not None
        assert found(index, query, 1) == linear.search(index, query, 1)


def test_words_run_together_and_torn_apart_are_found_in_a_large_index() -> None:
    titles = [title for title in made_up_titles(400, seed=8) if len(title.split()) > 5]
    index = filled(titles)
    for number, title in enumerate(titles[:60]):
        for disguised in (
            title.replace(" ", ""),
            " ".join(title[at : at + 3] for at in range(0, len(title), 3)),
        ):
            query = title_print(disguised)
            assert query is not None
            assert [hit.owner for hit in index.search(query, 1)] == [str(number)], disguised


def test_replacing_and_withdrawing_leave_nothing_behind() -> None:
    titles = made_up_titles(2 * EXHAUSTIVE_BELOW, seed=6)
    index = filled(titles)
    for number, title in enumerate(reversed(titles)):
        held = title_print(title)
        assert held is not None
        index.add(str(number), [held, held])
    assert len(index) == 2 * len(titles)
    first = title_print(titles[0])
    assert first is not None
    assert [(hit.owner, hit.item) for hit in index.search(first, 2)] == [
        (str(len(titles) - 1), 0),
        (str(len(titles) - 1), 1),
    ]
    for number in range(len(titles)):
        index.withdraw(str(number))
    index.withdraw("never added")
    assert len(index) == 0
    assert index.search(first, 5) == []
    assert index.weigh(first, first) == TitleIndex().weigh(first, first)


def test_a_title_of_a_thousand_letters_is_searched_and_weighed_within_bounds() -> None:
    titles = made_up_titles(500, seed=7)
    index = filled(titles)
    long_titles = [title_print(" ".join(titles[at : at + 40])) for at in range(0, 200, 40)]
    short = title_print("ab " * 400)
    assert short is not None
    for query in (*long_titles, short):
        assert query is not None
        index.add("long", [query])
        assert len(index.search(query, 10)) <= 10
        assert compare(query, query) == 1.0


def filled(titles: list[str]) -> TitleIndex:
    index = TitleIndex()
    for number, title in enumerate(titles):
        held = title_print(title)
        assert held is not None
        index.add(str(number), [held])
    return index
