"""A description that comes back edited has nearly the same fingerprint, another description has not."""

import random

import msgspec
import pytest
from description_texts import EDITS, Seller, original
from hypothesis import given, settings
from hypothesis import strategies as st

from fingerprints.description_likeness import FLOOR, HASHES, compare, sketch
from fingerprints.description_print import DESCRIPTION, READ_AT_MOST, DescriptionPrint, description_print
from fingerprints.description_weight import WEIGHT_AT_MOST, description_weight
from fingerprints.registry import Example

TEXT = "Jaket varsity wolverine warna maroon, bordir tebal di dada dan lengan, bahan fleece lembut."


def printed(text: str) -> DescriptionPrint:
    fingerprint = description_print(text)
    assert fingerprint is not None
    return fingerprint


@pytest.mark.parametrize("example", DESCRIPTION.examples(), ids=lambda example: example.why)
def test_examples(example: Example) -> None:
    similarity = compare(printed(example.left), printed(example.right))
    assert (similarity >= DESCRIPTION.floor) is example.alike


@pytest.mark.parametrize("name", EDITS)
def test_recall_of_each_edit(name: str) -> None:
    rng = random.Random(f"recall {name}")
    similarities = []
    for _ in range(200):
        sentences = original(rng)
        edited = EDITS[name](sentences, rng)
        similarities.append(compare(printed("\n".join(sentences)), printed("\n".join(edited))))
    assert sum(similarity >= FLOOR for similarity in similarities) >= 0.95 * 200


def test_unrelated_descriptions_are_unlike() -> None:
    rng = random.Random(3)
    prints = [printed("\n".join(original(rng))) for _ in range(200)]
    pairs = [compare(prints[left], prints[right]) for left in range(200) for right in range(left)]
    assert sum(similarity >= FLOOR for similarity in pairs) <= 0.001 * len(pairs)


def test_another_item_of_a_seller_weighs_less_than_the_same_item_edited() -> None:
    rng = random.Random(4)
    other, same = [], []
    for _ in range(100):
        seller = Seller(rng)
        item = seller.item()
        first = printed("\n".join(item))
        other.append(description_weight(compare(first, printed("\n".join(seller.item())))))
        same.append(
            description_weight(compare(first, printed("\n".join(EDITS["15% of words replaced"](item, rng)))))
        )
    assert sum(other) / 100 < 0.4 * sum(same) / 100


def test_what_a_shop_replaces_is_left_out() -> None:
    added = f"{TEXT} WA 0812-3456-7890, https://shopee.co.id/namatoko #jaket #varsity @toko.baju"
    assert compare(printed(TEXT), printed(added)) > 0.95
    zero_width = "\u200b".join(TEXT)
    assert printed(zero_width) == printed(TEXT) == printed(TEXT.upper()) == printed(TEXT.replace(" ", "  \n"))


def test_words_taken_apart_are_read_whole() -> None:
    whole = printed(f"{TEXT} ukuran S M L ready")
    for apart in (
        "j a k e t v-a-r-s-i-t-y",
        "J . A . K . E . T v.a.r.s.i.t.y",
        "jj aa kk ee tt v a rs i t y",
    ):
        text = f"{TEXT.replace('Jaket varsity', apart)} ukuran S M L ready"
        assert compare(whole, printed(text)) > 0.85
    assert printed(f"{TEXT} j a k\ne t baru") != printed(f"{TEXT} j a k e t baru")


def test_numbers_end_with_their_line() -> None:
    assert printed(f"{TEXT} panjang 68\n112 lebar") == printed(f"{TEXT} panjang 68, 112 lebar")
    assert printed(f"{TEXT} kode 0812 3456 7890 baru") == printed(f"{TEXT} kode baru")


def test_letters_without_spaces_are_read_to_the_end() -> None:
    joined = TEXT.replace(" ", "_")
    assert compare(printed(TEXT * 20), printed(f"a b c d {joined * 20} satu dua tiga")) > 0.7


def test_a_text_of_few_runs_fills_its_sketch_with_them() -> None:
    one, two = sketch("abcdefg"), sketch("abcdefgh")
    assert one is not None
    assert two is not None
    assert len(set(one.sketch)) == 1
    assert len(set(two.sketch)) == 2
    assert (
        0.3 <= sum(left == right for left, right in zip(one.sketch, two.sketch, strict=True)) / HASHES <= 0.7
    )
    assert sketch("abcdef") is None


@pytest.mark.parametrize("count", [10, 100, 5_000])
def test_texts_of_any_length_are_compared(count: int) -> None:
    """Resemblance of a text of `count` different runs with one that has as many others too: a half."""
    rng = random.Random(count)
    similarities = []
    for _ in range(40):
        own, other = (bytes(rng.choices(range(97, 123), k=count + 6)).decode() for _ in range(2))
        first, both = sketch(own), sketch(own + other)
        assert first is not None
        assert both is not None
        assert first.size == count
        similarities.append(compare(first, both))
    # Runs across the seam are the longer one's too.
    assert sum(similarities) / 40 == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    "text", ["", "Jaket varsity", "satu dua tiga empat lima enam tujuh", "!!! ??? ...", "🧥" * 50]
)
def test_too_little_text_has_no_fingerprint(text: str) -> None:
    assert description_print(text) is None


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(TypeError, match="int"):
        description_print(5)


def test_a_fingerprint_is_the_same_everywhere() -> None:
    fingerprint = printed(TEXT)
    assert fingerprint.size == 80
    assert fingerprint.sketch[:16].hex() == "8424eb064fafd9eb02e7cf8c2ef75ee7"
    assert len(fingerprint.sketch) == HASHES


def test_a_fingerprint_is_small_in_json() -> None:
    raw = msgspec.json.encode(printed(TEXT * 100))
    assert len(raw) <= 190
    assert msgspec.json.decode(raw, type=DescriptionPrint) == printed(TEXT * 100)


@settings(deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_like_itself(text: str) -> None:
    fingerprint = description_print(text)
    if fingerprint is not None:
        assert compare(fingerprint, fingerprint) == 1
        assert len(fingerprint.sketch) == HASHES


@settings(deadline=None, max_examples=10)
@given(st.sampled_from(["a b c ", "kata ", "x", "0812 ", "#", "a.b/", "ﷺ ", "www."]))
def test_only_the_beginning_is_read(unit: str) -> None:
    beginning = (unit * READ_AT_MOST)[:READ_AT_MOST]
    assert description_print(f"{beginning} {TEXT}") == description_print(beginning)


@given(similarity=st.floats(0, 1), more=st.floats(0, 1), held_by=st.integers(0, 100))
def test_weight_is_bounded_and_grows_with_likeness_and_rarity(
    similarity: float, more: float, held_by: int
) -> None:
    weight = description_weight(similarity, held_by)
    assert 0 <= weight <= WEIGHT_AT_MOST
    assert description_weight(max(similarity, more), held_by) >= weight
    assert description_weight(similarity, held_by + 1) <= weight
    assert description_weight(FLOOR, held_by) == 0
