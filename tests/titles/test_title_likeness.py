"""What counts as alike, and what information that is worth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.registry import Example
from fingerprints.title_likeness import TitlePrint, compare
from fingerprints.title_print import TITLE, title_print
from fingerprints.title_rarity import WordRarity, information
from fingerprints.title_weight import WEIGHT_AT_MOST, title_weight
from fingerprints.title_words import common_words, filler_words, title_words

PRINTS = st.text(alphabet="abcdeijkmnot 0145", min_size=1, max_size=50).map(title_print).filter(bool)


@pytest.mark.parametrize("example", TITLE.examples(), ids=lambda example: example.why)
def test_the_examples_are_as_they_say(example: Example) -> None:
    left, right = title_print(example.left), title_print(example.right)
    assert left is not None
    assert right is not None
    assert (compare(right, left) >= TITLE.floor) is example.alike


@pytest.mark.parametrize(
    ("query", "held"),
    [
        ("kmj flnl wnt", "kemeja flanel wanita"),
        ("kemejaflanel uniqlo", "kemeja flanel uniqlo"),
        ("k e m e j a f l a n e l uniqlo", "kemeja flanel uniqlo"),
        ("745 dr355 m4r00n zara", "dress maroon zara"),
    ],
)
def test_disguises_beyond_the_examples(query: str, held: str) -> None:
    left, right = title_print(query), title_print(held)
    assert left is not None
    assert right is not None
    assert compare(left, right) >= 0.8


def test_numbers_are_not_typing_errors_of_each_other() -> None:
    same = compare(TitlePrint("koper polo hardcase 2019"), TitlePrint("koper polo hardcase 2019"))
    other = compare(TitlePrint("koper polo hardcase 2019"), TitlePrint("koper polo hardcase 2018"))
    assert other < same


def test_no_title_has_no_print() -> None:
    assert title_print("🔥 ---") is None
    with pytest.raises(TypeError, match="title: expected text, not int"):
        title_print(5)


@given(PRINTS, PRINTS)
def test_similarity_is_a_share_and_a_title_is_like_itself(left: TitlePrint, right: TitlePrint) -> None:
    assert 0.0 <= compare(left, right) <= 1.0 + 1e-9
    assert compare(left, left) == 1.0


def test_a_generic_title_says_less_than_a_particular_one() -> None:
    rarity = WordRarity()
    generic, particular = TitlePrint("kemeja flanel thrift"), TitlePrint("kemeja flanel wolverine arcadia")
    assert information(generic, generic, rarity) < information(particular, particular, rarity) / 2
    assert title_weight(1.0, information(generic, generic, rarity)) < title_weight(1.0, 30.0)


def test_words_that_the_bank_uses_often_say_less_and_withdrawing_undoes_it() -> None:
    rarity = WordRarity()
    before = rarity.nats("arcadia")
    for _ in range(2_000):
        rarity.add(("arcadia", "jaket"))
    assert rarity.nats("arcadia") < 1.0 < before
    for _ in range(2_000):
        rarity.withdraw(("arcadia", "jaket"))
    assert rarity.nats("arcadia") == before


def test_weight_grows_with_both_and_is_bounded() -> None:
    assert title_weight(0.9, 20) < title_weight(0.95, 20) < title_weight(0.95, 30)
    assert title_weight(0.0, 0.0) <= 0.0
    assert title_weight(1.0, 1e9) == WEIGHT_AT_MOST


def test_the_lists_are_read_and_same_words_count_as_one() -> None:
    assert "murah" in filler_words()
    assert 0.001 < common_words()["jaket"] < common_words()["murah"] < 0.1
    assert title_words("cowok pakaian cowo") == title_words("pria baju")


def test_articles_with_other_codes_are_no_misspellings_of_each_other() -> None:
    ours = title_print("celana Welkaro tosca motif kotak uk XL WEG3958")
    other = title_print("celana Welkaro motif kotak tosca size L WEK3458")
    leet = title_print("c3lana W3lkaro t0sca m0tif kotak uk XL W3G3958")
    assert ours is not None
    assert other is not None
    assert leet is not None
    assert compare(ours, other) < 0.85
    assert compare(leet, ours) > 0.95
