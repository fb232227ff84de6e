"""Two titles side by side: disguise made visible, words of both told apart, hostile text without harm."""

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from streams.console.title_marks import SHOWN_AT_MOST, WORDS_SHOWN, MarkedTitle, title_marks
from streams.words.safe_text import HIDDEN

TITLES = st.one_of(
    st.text(st.sampled_from(list("jaketN 04$.\u200b\u202e\u0301\u0430\u3164🔥<&\"'\n")), max_size=50),
    st.text(max_size=80),
)


def written(title: MarkedTitle) -> str:
    return "".join(piece.text for segment in title.segments for piece in segment.pieces)


def marks(title: str, other: str = "jaket") -> list[tuple[str, str, str]]:
    found = title_marks(title, other).listing
    return [
        (piece.shown, piece.kind, piece.reading) for segment in found.segments for piece in segment.pieces
    ]


@settings(max_examples=300)
@given(TITLES, TITLES)
@example("a" + "\u0301" * 5000, "\u202e" * 10_000)
@example("J a k e t " * 1000, "x" * 20_000)
def test_the_pieces_are_the_title_and_nothing_shown_is_invisible(listing: str, takedown: str) -> None:
    found = title_marks(listing, takedown)
    for title, text in ((found.listing, listing), (found.takedown, takedown)):
        assert written(title) == text
        assert title.left_out == max(0, len(text) - SHOWN_AT_MOST)
        assert len(title.words) <= WORDS_SHOWN
        for segment in title.segments:
            for piece in segment.pieces:
                assert not any(unicodedata.category(each) in HIDDEN for each in piece.shown)
                accents = [unicodedata.category(each)[0] == "M" for each in piece.shown]
                assert all(sum(accents[at : at + 5]) < 4 for at in range(len(accents)))
    assert 0 <= found.shared <= found.of


def test_disguises_are_named_letter_by_letter() -> None:
    assert marks("J4k\u0435t") == [
        ("J", "plain", ""), ("4", "read", "a"), ("k", "plain", ""), ("\u0435", "read", "e"), ("t", "plain", ""),
    ]  # fmt: skip
    assert marks("ja\u200bket") == [("ja", "plain", ""), ("200B", "hidden", ""), ("ket", "plain", "")]
    assert marks("j.a.ket")[1] == (".", "gap", "")
    assert marks("jakettt") == [("jaket", "plain", ""), ("tt", "repeat", "")]
    assert marks("\u202e\u202e\u200b")[0] == ("×3", "hidden", "")
    assert marks("e\u0301" + "\u0301" * 9)[0] == ("e\u0301\u0301(+8)", "read", "e")


def test_a_double_letter_is_no_disguise() -> None:
    assert title_marks("Maroon 501 XXL", "maroon").listing.disguised == 0


@pytest.mark.parametrize(
    ("word", "other", "standing"),
    [
        ("j4ket", "jaket", "same"),
        ("jakte", "jaket", "alike"),
        ("kmj", "kemeja", "alike"),
        ("hitam", "jaket", "only"),
    ],
)
def test_a_word_stands_by_what_the_other_title_has(word: str, other: str, standing: str) -> None:
    found = title_marks(f"{word} gunung", f"puncak {other}")
    assert found.listing.segments[0].standing == standing
    assert [each.standing for each in found.listing.words] == [standing, "only"]
    assert found.takedown.segments[0].standing == "only"
    assert found.takedown.segments[-1].standing == standing
    assert (found.shared, found.of) == (int(standing != "only"), 2)


def test_rare_words_say_more() -> None:
    words = title_marks("original jaket wolverine", "").listing.words
    assert [word.rarity for word in words] == [1, 2, 3]
