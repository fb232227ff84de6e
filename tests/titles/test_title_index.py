"""The index agrees with comparing everything: exactly when small, for disguised titles when large."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from fingerprints.registry import LinearIndex
from fingerprints.title_index import EXHAUSTIVE_BELOW, TITLE_FLOOR, TitleIndex
from fingerprints.title_likeness import TitlePrint, compare
from fingerprints.title_print import title_print

WORDS = [
    "jaket",
    "kemeja",
    "flanel",
    "denim",
    "uniqlo",
    "wolverine",
    "merah",
    "biru",
    "xl",
    "501",
    "jkt",
    "flanle",
]
PRINTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(
    lambda words: TitlePrint(" ".join(words))
)
STEPS = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.lists(PRINTS, max_size=3)), max_size=20)


@settings(max_examples=60, deadline=None)
@given(STEPS, PRINTS, st.integers(1, 6))
def test_a_small_index_is_the_linear_one(
    steps: list[tuple[str, list[TitlePrint]]], query: TitlePrint, limit: int
) -> None:
    index, linear = TitleIndex(), LinearIndex(compare, TITLE_FLOOR)
    for owner, prints in steps:
        if prints:
            index.add(owner, prints)
            linear.add(owner, prints)
        else:
            index.withdraw(owner)
            linear.withdraw(owner)
    assert len(index) == len(linear)
    assert index.search(query, limit) == linear.search(query, limit)


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
    found = 0
    for number in range(200):
        query = title_print(f"ready stok murah {typing_errors(titles[number], rng)} original cod")
        assert query is not None
        hits = index.search(query, 3)
        assert hits == sorted(hits, key=lambda hit: (-hit.similarity, hit.owner, hit.item))
        found += bool(hits) and hits[0].owner == str(number)
    assert found >= 198
    strangers = [title_print(title) for title in made_up_titles(200, seed=3)]
    alike = sum(bool(stranger and index.search(stranger, 3)) for stranger in strangers)
    assert alike <= 4


def test_a_large_index_gives_the_linear_similarity() -> None:
    titles = made_up_titles(300, seed=4)
    index, linear = filled(titles), LinearIndex(compare, TITLE_FLOOR)
    for number, title in enumerate(titles):
        linear.add(str(number), [TitlePrint(title_print(title).text)])  # type: ignore[union-attr]
    rng = random.Random(5)
    for title in titles[:100]:
        query = title_print(typing_errors(title, rng))
        assert query is not None
        assert index.search(query, 1) == linear.search(query, 1)


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
    particular = index.information(first, first)
    for number in range(len(titles)):
        index.withdraw(str(number))
    index.withdraw("never added")
    assert len(index) == 0
    assert index.search(first, 5) == []
    assert index.information(first, first) > particular


def filled(titles: list[str]) -> TitleIndex:
    index = TitleIndex()
    for number, title in enumerate(titles):
        held = title_print(title)
        assert held is not None
        index.add(str(number), [held])
    return index
