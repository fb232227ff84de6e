"""Where each letter of a title's plain words comes from."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fingerprints.title_normalise import LENGTH_AT_MOST, normalise_title
from fingerprints.title_trace import trace_title

DISGUISES = st.sampled_from(
    list(
        "jaketJAKET 0134567890@$!.-_*·xslXL  \u200b\u202e\u202c\u0301\u0430\u0435\u043e\u0455𝕁🇯🇦🇰1️⃣⃣ﬁßİ½²ⅷ🔥/,+'"
    )
)


@settings(max_examples=400)
@given(st.one_of(st.text(DISGUISES, max_size=40), st.text(max_size=60)))
@example("J.a.k.e.t  V a r s i t y")
@example("\u202etekaj\u202c kaos")
@example("🇯🇦🇰🇪🇹 🇮🇩🇮🇩")
@example("x" * (LENGTH_AT_MOST + 5))
@example("ﬁlm ce1ana 2in1 jakettt")
def test_it_reads_what_the_normaliser_reads(title: str) -> None:
    words = trace_title(title)
    assert " ".join(word.text for word in words) == normalise_title(title)
    for word in words:
        assert len(word.places) == len(word.text)
        assert 0 <= word.first <= min(word.places)
        assert max(word.places) <= word.last < len(title)


@pytest.mark.parametrize(
    ("title", "places"),
    [
        ("J4ket", [(0, 1, 2, 3, 4)]),
        ("ja\u200bket", [(0, 1, 3, 4, 5)]),
        ("jakettt L", [(0, 1, 2, 3, 4), (8,)]),
        ("j a k e t", [(0, 2, 4, 6, 8)]),
        ("ﬁt", [(0, 0, 1)]),
        ("\u202etekaj", [(5, 4, 3, 2, 1)]),
    ],
)
def test_each_letter_has_its_place(title: str, places: list[tuple[int, ...]]) -> None:
    assert [word.places for word in trace_title(title)] == places
