"""Texts without any way to reach the seller, and otherwise as they were."""

import random
import re

import pytest
from contact_texts import DISGUISES, mobile_number, ordinary_text, text_around
from hypothesis import given, settings
from hypothesis import strategies as st

from fingerprints.contact import find_contacts
from streams.evidence_packs.contact_scrub import PART, REMOVED, Scrubber


def named(kind: str, value: str) -> str:
    letters = "".join(random.Random(f"{kind} {value}").choices("bcdfghjklmnpqrst", k=12))
    return f"[{kind}-{letters}]"


SCRUB = Scrubber(named, {"308864651": "seller-bcdf", "tokobaju": "seller-ghjk"}).scrub


@settings(max_examples=200)
@given(seed=st.integers(0, 10**6), disguise=st.sampled_from(sorted(DISGUISES)))
def test_a_number_that_the_reader_sees_is_gone_and_its_name_is_the_numbers(seed: int, disguise: str) -> None:
    rng = random.Random(seed)
    number = mobile_number(rng)
    text = text_around(DISGUISES[disguise](number, rng), rng)
    seen = find_contacts(text)
    scrubbed = SCRUB(text)
    assert not find_contacts(scrubbed)
    assert SCRUB(scrubbed) == scrubbed
    # Three groups of one width that begin with 0 are read as codes: one in a thousand drawn numbers.
    assert number[1:] not in re.sub(r"\D", "", scrubbed) or not seen
    if [contact.value for contact in seen] == [f"+62{number[1:]}"] and scrubbed != REMOVED:
        assert named("phone", f"+62{number[1:]}") in scrubbed


@settings(max_examples=200)
@given(seed=st.integers(0, 10**6))
def test_ordinary_texts_stay_as_they_are(seed: int) -> None:
    text = ordinary_text(random.Random(seed))
    if find_contacts(text):
        return
    for line, left in zip(text.split("\n"), SCRUB(text).split("\n"), strict=True):
        # Addresses of every kind go, and what may be an account's number.
        if not re.search(r"[@/]|\d(?:[.-]?\d){9}|\+", line):
            assert left == line


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Jaket varsity WA 0812-3456-7890 ready", "Jaket varsity WA {phone +6281234567890} ready"),
        ("wa nol delapan satu dua tiga empat lima enam tujuh delapan sembilan nol ya kak",
         "wa {phone +6281234567890} ya kak"),
        ("IG @toko.baju", None),
        ("lihat https://shopee.co.id/tokobaju ya", "lihat {shop shopee:tokobaju} ya"),
        ("surat ke toko@contoh.id saja", "surat ke {email toko@contoh.id} saja"),
        ("rek 1234567890123 atas nama toko", "rek {number 1234567890123} atas nama toko"),
        ("jual cepat oleh 308864651, TokoBaju", "jual cepat oleh seller-bcdf, seller-ghjk"),
        ("ukuran 36 37 38 39 40 41 42 harga 125.000", "ukuran 36 37 38 39 40 41 42 harga 125.000"),
        ("kemeja 2026-11-24 nomor 12345", "kemeja 2026-11-24 nomor 12345"),
        ("k-308864651.11479305215", "k-{number 308864651.11479305215}"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_becomes_of_it(text: str, left: str | None) -> None:
    scrubbed = SCRUB(text)
    assert not find_contacts(scrubbed)
    if left is None:
        assert "toko.baju" not in scrubbed
    else:
        assert scrubbed == re.sub(r"\{(\w+) ([^}]+)\}", lambda match: named(match[1], match[2]), left)


@given(st.text(max_size=400))
def test_any_text_is_scrubbed_once_and_for_all(text: str) -> None:
    scrubbed = SCRUB(text)
    assert not find_contacts(scrubbed)
    assert SCRUB(scrubbed) == scrubbed


def test_a_long_text_is_scrubbed_to_its_end() -> None:
    rng = random.Random(5)
    words = [rng.choice(["kaos", "celana", "rok", "gaun"]) for _ in range(6 * PART // 5)]
    for place in range(50, len(words), 300):
        words[place] = f"0812{rng.randrange(10**8):08}"
    scrubbed = SCRUB(" ".join(words))
    assert not re.search(r"\d{6}", scrubbed)
    assert scrubbed.count("kaos") == words.count("kaos")
