"""What counts as alike, and what it is worth."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.policy import BUILT_IN
from fingerprints.registry import Example
from fingerprints.title_likeness import TitlePrint, compare
from fingerprints.title_meeting import meet
from fingerprints.title_print import TITLE, title_print
from fingerprints.title_rarity import WordRarity
from fingerprints.title_weight import (
    WEIGHT_AT_MOST,
    Remains,
    shared_at_least,
    title_weight,
    weight_at_most,
    weight_of,
)
from fingerprints.title_words import common_words, filler_words, lists_digest, use_word_lists, words_of

PRINTS = st.text(alphabet="abcdeijkmnot 0145", min_size=1, max_size=50).map(title_print).filter(bool)
NATS = st.floats(0, 120)


def printed(title: str) -> TitlePrint:
    made = title_print(title)
    assert made is not None
    return made


@pytest.mark.parametrize("example", TITLE.examples(), ids=lambda example: example.why)
def test_the_examples_are_as_they_say(example: Example) -> None:
    assert (compare(printed(example.right), printed(example.left)) >= TITLE.floor) is example.alike


@pytest.mark.parametrize(
    ("query", "held"),
    [
        ("kmj flnl wnt", "kemeja flanel wanita"),
        ("kemejaflanel uniqlo", "kemeja flanel uniqlo"),
        ("kemeja flanel uniqlo", "kemejaflanel uniqlo"),
        ("ke me ja fla nel uni qlo", "kemeja flanel uniqlo"),
        ("k e m e j a f l a n e l uniqlo", "kemeja flanel uniqlo"),
        ("745 dr355 m4r00n zara", "tas dress maroon zara"),
        ("kerdung pashmina hitam", "kerudung pashmina black"),
        ("jaket cewe pjg", "jacket wanita panjang"),
    ],
)
def test_disguises_beyond_the_examples(query: str, held: str) -> None:
    assert compare(printed(query), printed(held)) >= 0.8


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


@given(PRINTS, PRINTS)
def test_a_meeting_pairs_only_words_that_are_there(left: TitlePrint, right: TitlePrint) -> None:
    query, held = words_of(left.text), words_of(right.text)
    meeting = meet(query, held)
    assert meeting.same == set(query.meanings) & set(held.meanings)
    assert (set(meeting.misspelt) | meeting.bare | meeting.parts) <= set(held.meanings) - meeting.same
    assert set(meeting.covered) <= set(query.spelled)
    assert all(0 < share <= 1 for share in meeting.covered.values())


def weigh(title: str, rarity: WordRarity) -> float:
    words = words_of(printed(title).text)
    return title_weight(words, words, rarity)


def bank_of(words: str, titles: int) -> WordRarity:
    rarity = WordRarity()
    for _ in range(titles):
        rarity.add(words.split())
    return rarity


@pytest.mark.parametrize("titles", [0, 40, 2_000])
def test_a_generic_title_never_alerts_alone(titles: int) -> None:
    generic = "kemeja flanel thrift preloved murah ready"
    assert weigh(generic, bank_of("jaket denim", titles)) < -BUILT_IN.prior
    assert weigh("topi polos preloved", bank_of("kemeja flanel bekas", titles)) < -BUILT_IN.prior


@pytest.mark.parametrize("titles", [0, 2_000, 40_000])
def test_a_title_with_a_code_of_its_own_alerts_alone(titles: int) -> None:
    rarity = bank_of("jaket kemeja", titles)
    assert weigh("jaket varsity wolverine arcadia maroon WAK4271", rarity) > -BUILT_IN.prior


def test_a_word_is_worth_less_the_more_titles_use_it_and_withdrawing_undoes_it() -> None:
    rarity = WordRarity()
    before = rarity.worth("arcadia")
    for _ in range(2_000):
        rarity.add(("arcadia", "jaket"))
    assert rarity.worth("arcadia") < 1.0 < before
    for _ in range(2_000):
        rarity.withdraw(("arcadia", "jaket"))
    assert rarity.worth("arcadia") == before
    assert rarity.worth("murah") < rarity.worth("jaket") < before


@given(NATS, NATS, NATS, st.floats(0, 15), st.floats(0, 10))
def test_weight_grows_with_what_is_shared_and_falls_with_what_is_not(
    shared: float, left: float, missing: float, crowd: float, more: float
) -> None:
    weight = weight_of(Remains(shared, left, missing), crowd)
    assert weight <= WEIGHT_AT_MOST
    assert weight_of(Remains(shared + more, left, missing), crowd) >= weight - 1e-9
    assert weight_of(Remains(shared, left + more, missing), crowd) <= weight + 1e-9
    assert weight_of(Remains(shared, left, missing + more), crowd) <= weight + 1e-9
    assert weight_of(Remains(shared, left, missing), crowd + more) <= weight + 1e-9


@given(NATS, NATS, NATS, st.floats(0, 15), st.floats(-5, 10))
def test_the_bounds_of_the_index_hold(
    shared: float, left: float, missing: float, crowd: float, wanted: float
) -> None:
    weight = weight_of(Remains(shared, left, missing), crowd)
    most = weight_at_most(np.array([shared], np.float32), left, np.array([missing], np.float32), crowd)
    assert weight <= float(most[0]) + 1e-3
    if weight >= wanted:
        assert shared >= shared_at_least(wanted, left, crowd) - 1e-6


def test_chance_of_a_crowd_is_taken_off() -> None:
    found = Remains(20.0, 0.0, 0.0)
    assert weight_of(found, math.log(40_000)) == pytest.approx(
        weight_of(found, math.log(400)) - math.log(100)
    )


def test_articles_with_other_codes_are_no_misspellings_of_each_other() -> None:
    ours = printed("celana Welkaro tosca motif kotak uk XL WEG3958")
    other = printed("celana Welkaro motif kotak tosca size L WEK3458")
    leet = printed("c3lana W3lkaro t0sca m0tif kotak uk XL W3G3958")
    assert compare(ours, other) < 0.85
    assert compare(leet, ours) > 0.95


def test_the_lists_are_read_and_same_words_count_as_one() -> None:
    assert "murah" in filler_words()
    assert 0.001 < common_words()["jaket"] < common_words()["murah"] < 0.1
    assert words_of("cowok pakaian cowo").meanings == ("pria", "baju", "pria")


@pytest.fixture
def added_lists(tmp_path: Path) -> Iterator[None]:
    common, same = tmp_path / "common.txt", tmp_path / "same.txt"
    common.write_text("# ours\n[filler 50]\nzzgrosirmalam\n")
    same.write_text("celana kathok\n")
    use_word_lists(common=(common,), same=(same,))
    yield
    use_word_lists()


def test_a_users_lists_stand_beside_the_built_in_ones(added_lists: None) -> None:
    assert {"zgrosirmalam", "murah"} <= filler_words()
    assert words_of("kathok pants").meanings == ("celana", "celana")


def test_what_was_saved_with_other_lists_is_told_apart(added_lists: None) -> None:
    with_ours = lists_digest()
    use_word_lists()
    assert lists_digest() != with_ours


@pytest.mark.parametrize(
    ("text", "error"), [("promo\n[filler 5]\n", "stands before the first heading"), (None, "none.txt")]
)
def test_a_users_list_that_cannot_be_used_is_refused(tmp_path: Path, text: str | None, error: str) -> None:
    path = tmp_path / "none.txt"
    if text is not None:
        path.write_text(text)
    try:
        with pytest.raises((ValueError, OSError), match=error):
            use_word_lists(common=(path,))
    finally:
        use_word_lists()
