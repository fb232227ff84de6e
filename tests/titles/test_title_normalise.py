"""Disguises come off, codes stay, and no input breaks the rules that the rest relies on."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fingerprints.title_normalise import LENGTH_AT_MOST, READ_AT_MOST, all_as_letters, normalise_title

DISGUISES = {
    "J4k3t V4rs1ty": "jaket varsity",
    "5ep4tu 54nd4l ce1ana b1ru": "sepatu sandal celana biru",
    "j@ket celan@ ka$us": "jaket celana kasus",
    "јаkеt сеlаnа": "jaket celana",
    "ΚΕΜΕJΑ": "kemeja",
    "𝕛𝕒𝕜𝕖𝕥 𝓀𝑒𝓂𝑒𝒿𝒶 ｋａｏｓ": "jaket kemeja kaos",
    "ᴊᴀᴋᴇᴛ 🅹🅰🅺🅴🆃 ⓙⓐⓚⓔⓣ": "jaket jaket jaket",
    "ᒍᗩKᕮT ꓙꓮꓗꓰꓔ": "jaket jaket",
    "j a k e t   d e n i m": "jaket denim",
    "j.a.k.e.t d.e.n.i.m": "jaket denim",
    "j✿a✿k✿e✿t d✿e✿n✿i✿m": "jaket denim",
    "ja\u200bk\u2060et\ufeff \u202emined\u202c": "jaket denim",
    "j\u0336a\u0336k\u0336e\u0336t jäkét": "jaket jaket",
    "Jakettttt muraaaah": "jaket murah",
    "🔥JAKET🔥denim✨": "jaket denim",
    "jaket🇮🇩 denim": "jaket denim",
    "🇯🇦🇰🇪🇹 🇩🇪🇳🇮🇲": "jaket denim",
    "\u202emined tekaj\u202c": "jaket denim",
    "ja\u202etek\u202c": "jaket",
    "j🔥ak👍🏽et d1️⃣enim": "jaket denim",
    "$iap k!rim ka$ j@k3t": "siap kirim kas jaket",
    "t-shirt john's": "tshirt johns",
    "𝚮𝚨𝚻": "hat",
}


@pytest.mark.parametrize("disguised", DISGUISES)
def test_a_disguise_comes_off(disguised: str) -> None:
    assert normalise_title(disguised) == DISGUISES[disguised]


@pytest.mark.parametrize(
    "code",
    ["501", "xl2", "a1", "2in1", "4pcs", "100ml", "3gb", "a5s", "x2", "xxl", "xxxl", "7x24jam", "2020"],
)
def test_sizes_numbers_and_codes_stay(code: str) -> None:
    assert normalise_title(f"Jaket {code.upper()} baru") == f"jaket {code} baru"


def test_a_code_is_read_as_letters_for_comparing_only() -> None:
    assert normalise_title("dr355") == "dr355"
    assert all_as_letters("dr355") == "dres" == normalise_title("dress")
    assert all_as_letters("745") == "tas"


@pytest.mark.parametrize("text", ["", " \t\n", "🔥🔥", "\u200b\u202e", "---", "\ud800"])
def test_nothing_readable_is_empty(text: str) -> None:
    assert normalise_title(text) == ""


@pytest.mark.parametrize(
    "unit", ["a ", "a1", "a\u0301\u0316", "\u200b", "ﷺ", "j.", "🇮🇩", "\U0010ffff", "a.b-"]
)
def test_a_million_hostile_characters_are_bounded(unit: str) -> None:
    text = normalise_title(unit * 1_000_000)
    assert len(text) <= LENGTH_AT_MOST
    assert text == normalise_title((unit * READ_AT_MOST)[:READ_AT_MOST])


TITLES = st.one_of(
    st.text(max_size=80),
    st.text(alphabet="aAbexslL0134517@$! .-x✿аѕ🇮🇩\u200b\u0301", max_size=40),
    st.lists(st.sampled_from(["a", "b", "1", "aa", "x", "xl", "jaket", "4", ".", " ", "  ", "-", "@"])).map(
        "".join
    ),
)


@settings(max_examples=400)
@given(TITLES)
def test_normalising_again_changes_nothing(text: str) -> None:
    once = normalise_title(text)
    assert normalise_title(once) == once


@settings(max_examples=400)
@given(TITLES)
def test_only_plain_words_with_single_spaces_come_out(text: str) -> None:
    plain = normalise_title(text)
    assert len(plain) <= LENGTH_AT_MOST
    assert plain == " ".join(plain.split())
    for character in plain.replace(" ", ""):
        assert character.isascii() is False or character.isdigit() or "a" <= character <= "z"
        assert unicodedata.category(character)[0] in "LN"
