"""What says quickly that a text names no contact is never wrong, and is asked for most texts."""

import random

import pytest
from contact_texts import DISGUISES, ORDINARY, mobile_number, sentence, text_around
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.contact import contacts_of, find_contacts, plain_text
from fingerprints.contact_signs import may_name_a_contact

NAMED = (
    "ig: tokobaju", "i.g tokobaju_id", "tik.tok: tokobaju", "tik-tok : toko.baju", "line id: tokobaju", "fb tokobaju.id",
    "pin BB 5A3B2C1D", "pin5a3b2c1d", "pinbb 5a3b2c1d", "bbm: 5a3b2c1d", "pin bbm 5A3B2C1D", "@toko_baju",
    "wa . me slash 6281234567890", "t . me / tokobaju", "shopee: namatoko", "tele tokobaju99", "ｉｇ：ｔｏｋｏｂａｊｕ",
)  # fmt: skip


def assert_the_same(text: str) -> None:
    """The quick answer and the whole look give the same contacts."""
    assert find_contacts(text) == contacts_of(plain_text(text))


@given(
    st.lists(
        st.sampled_from([*NAMED, *ORDINARY, *DISGUISES.values()]) | st.text(max_size=20),
        max_size=4,
    ),
    st.integers(0, 2**32),
)
def test_nothing_is_missed_in_generated_texts(parts: list[object], seed: int) -> None:
    rng = random.Random(seed)
    written = [sentence(rng)]
    for part in parts:
        if isinstance(part, str):
            written.append(part)
        elif part in ORDINARY:
            written.append(part(rng))  # type: ignore[operator]
        else:
            written.append(text_around(part(mobile_number(rng), rng), rng))  # type: ignore[operator]
    assert_the_same(rng.choice((" ", "\n", ". ", "")).join(written))


@given(st.text("0123456789oliszb .-()@:/_nolsatuduig\nwapbtk", max_size=200))
def test_nothing_is_missed_in_any_text(text: str) -> None:
    assert_the_same(text)


@pytest.mark.parametrize("text", NAMED)
def test_every_kind_of_contact_has_a_sign(text: str) -> None:
    assert find_contacts(f"jaket bagus {text}") == contacts_of(plain_text(f"jaket bagus {text}")) != ()


@pytest.mark.parametrize("letters", [127, 128, 129, 300])
def test_very_long_tokens_are_looked_at_whole(letters: int) -> None:
    for unit in ("0", "o0", "noldelapan", "ig", "z"):
        token = (unit * letters)[:letters]
        assert_the_same(f"wa {token} ig: {token} 0812")
        assert_the_same(token)


def test_ordinary_texts_are_told_quickly() -> None:
    rng = random.Random(5)
    texts = [
        f"{sentence(rng)} ukuran {rng.randint(30, 50)} harga {rng.randint(10, 99)}rb" for _ in range(500)
    ]
    assert not any(map(may_name_a_contact, texts))
