"""Phone numbers in every disguise are one string; other numbers are none."""

import random

import pytest
from contact_texts import DISGUISES, mobile_number, ordinary_text, text_around
from hypothesis import given, settings
from hypothesis import strategies as st

from fingerprints.contact import CONTACTS_AT_MOST, READ_AT_MOST, Contact, find_contacts
from fingerprints.contact_numbering import MOBILE_PREFIXES, international, international_landline

SAME = "+6281234567890"


def values(text: str) -> list[str]:
    return [contact.value for contact in find_contacts(text)]


@pytest.mark.parametrize(
    "written",
    [
        "0812-3456-7890",
        "+62 812 3456 7890",
        "6281234567890",
        "0062 812 3456 7890",
        "+62 (0)812-3456-7890",
        "(0812) 3456.7890",
        "O8l2 3456 789O",
        "０８１２３４５６７８９０",
        "0️⃣8️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣9️⃣0️⃣",
        "08\u200b12\u200b3456\u200b7890",
        "nol delapan satu dua tiga empat lima enam tujuh delapan sembilan nol",
        "kosong lapan satu dua 3456 7890",
        "zero eight one two three four five six seven eight nine zero",
        "n0l d3lapan s4tu du4 t1ga emp4t lima enam tujuh delapan sembilan nol",
        "nol delapan dua belas tiga empat lima enam tujuh delapan sembilan puluh",
        "zero eight twelve thirty four fifty six seventy eight ninety",
        "nol delapan satu dua tiga empat lima enam tujuh delapan sembilan kosong",
        "08 satu 2 - 345 .. 678 (9)0",
        "nol delapan sebelas" + " dobel dua tripel lima 1234",
        "WA: 0812 3456 7890",
        "WA 812-3456-7890",
        "wa081234567890",
        "081234567890wa",
        "wa.me/6281234567890",
        "wa . me / 6281234567890",
        "https://api.whatsapp.com/send?phone=6281234567890&text=halo",
        "whatsapp://send?phone=+6281234567890",
        "0812 strip 3456 strip 7890",
        "0812(hapus)3456(ini)7890",
        "08-12-34-56-78-90",
        "0812/3456/7890",
        "fast order 0812 3456 7890",
        "Rp 150.000 0812 3456 7890 2 pcs",
        "ready size 40 41 42, 0812 3456 7890",
    ],
)
def test_one_number_however_written(written: str) -> None:
    expected = "+62811225551234" if "sebelas" in written else SAME
    assert values(written) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "Rp 812.000.000",
        "Rp 0812.000.0000",
        "harga 812000000",
        "No order 0812-3456-7890",
        "id pesanan 081234567890",
        "resi 081234567890",
        "SKU TS-081234567890",
        "TS-081234567890",
        "kode 0811 0812 0813 0815",
        "0812, 0813, 0815",
        "rek BCA 0812345678",
        "size 08 10 12 14 16 18",
        "size 08 12 14 16 18 20",
        "08-12-2024 10:30",
        "08.15 - 17.30 08.15 - 12.00",
        "1730811847233275332",
        "A0812345678901",
        "barcode 8991234567890",
        "812 3456 7890",
        "021-5551234",
        "delapan ratus dua belas ribu lima ratus",
        "0812 0000 0000",
        "https://shopee.co.id/jaket-i.6281234567890.11479305215x",
        "https://x.example.com/6281234567890",
    ],
)
def test_other_numbers_are_no_phone_numbers(text: str) -> None:
    assert [contact for contact in find_contacts(text) if contact.kind == "phone"] == []


def test_several_numbers_are_told_apart() -> None:
    assert values("WA 0812 3456 7890 / 0813 1111 2222") == [SAME, "+6281311112222"]
    assert values("WA 0812 3456 7890 0813 1111 2222") == [SAME, "+6281311112222"]
    assert values("0812-3456-7890 atau 0812 3456 7890") == [SAME]


def test_a_landline_only_where_it_is_announced() -> None:
    assert values("Telp (021) 555-1234") == values("hub 021 5551234") == ["+62215551234"]
    assert values("(021) 555-1234") == values("kode 021-5551234") == []
    assert international_landline("0274512345") == "+62274512345"
    assert international_landline("0299512345") is None


@pytest.mark.parametrize("name", DISGUISES)
def test_recall_of_each_disguise(name: str) -> None:
    rng = random.Random(f"recall {name}")
    found = wrong = 0
    for _ in range(300):
        number = mobile_number(rng)
        contacts = values(text_around(DISGUISES[name](number, rng), rng))
        found += f"+62{number[1:]}" in contacts
        wrong += contacts not in ([f"+62{number[1:]}"], [])
    assert found >= 0.95 * 300
    assert wrong <= 0.02 * 300


def test_ordinary_texts_have_no_contacts() -> None:
    rng = random.Random(20_261_124)
    texts = [ordinary_text(rng) for _ in range(5_000)]
    false = [(text, contacts) for text in texts if (contacts := find_contacts(text))]
    assert len(false) < 5, false[:5]


DIGITS = st.text("0123456789", min_size=7, max_size=9).filter(lambda digits: len(set(digits[1:])) > 1)


@given(
    prefix=st.sampled_from(sorted(MOBILE_PREFIXES)),
    rest=DIGITS,
    separator=st.sampled_from(["", " ", "-", ".", "  ", "\u00a0", "–", "\u200b", "_"]),
    cut=st.integers(3, 4),
)
def test_a_number_that_is_announced_is_found_in_any_grouping(
    prefix: str, rest: str, separator: str, cut: int
) -> None:
    number = f"0{prefix}{rest}"
    groups = [number[:4], rest[:cut], rest[cut:]] if prefix else []
    assert values(f"jaket baru WA {separator.join(groups)}") == [f"+62{number[1:]}"]
    assert international(number) == international(f"62{number[1:]}") == f"+62{number[1:]}"


@given(st.text(max_size=300) | st.text("08123456789 .-()nolasiduat@:/wame\n", max_size=300))
def test_any_text_has_few_contacts_and_always_the_same(text: str) -> None:
    contacts = find_contacts(text)
    assert contacts == find_contacts(text)
    assert len(contacts) <= CONTACTS_AT_MOST
    assert len({contact.value for contact in contacts}) == len(contacts)
    assert all(isinstance(contact, Contact) and contact.value for contact in contacts)


@settings(deadline=None, max_examples=20)
@given(
    st.sampled_from(
        ["0 8 1 2 3 ", "0", "nol ", "6 2 8 ", "@a.", "wa.me/", "ig: ", "a@b.c", "0(a)", "ﷺ", "http://"]
    )
)
def test_only_the_beginning_is_read(unit: str) -> None:
    beginning = (unit * READ_AT_MOST)[:READ_AT_MOST]
    assert find_contacts(f"{beginning} wa 081234567890") == find_contacts(beginning)


def test_at_most_so_many_contacts() -> None:
    text = " / ".join(f"WA 0812{number:08}" for number in range(1_234_567, 1_234_600))
    assert values(text) == [f"+62812{number:08}" for number in range(1_234_567, 1_234_567 + CONTACTS_AT_MOST)]
