"""Links are found in text however it was pasted, wrapped, escaped or made harmless, in linear time."""

import quopri
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.link_text import find_links
from connectors.links import LinkTarget, RefusedLink, ShortLink, recognise


def listings(text: str) -> list[str]:
    """The ids found, refused ones as `-`."""
    return [
        found.target.listing_id or found.target.slug or ""
        if isinstance(found.target, LinkTarget)
        else "short"
        if isinstance(found.target, ShortLink)
        else "-"
        for found in find_links(text)
    ]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Lihat (https://shopee.co.id/Jaket-i.1.2), lalu https://shopee.co.id/b-i.1.3.", ["1.2", "1.3"]),
        ("[Jaket](https://shopee.co.id/Jaket-i.1.2) *https://shopee.co.id/b-i.1.3*", ["1.2", "1.3"]),
        ("<https://shopee.co.id/Jaket-i.1.2>; \u201chttps://shopee.co.id/b-i.1.3\u201d", ["1.2", "1.3"]),
        ("Link:shopee.co.id/Jaket-i.1.2 url=https://shopee.co.id/b-i.1.3", ["1.2", "1.3"]),
        ("https://shopee.co.id/a-i.1.2,https://shopee.co.id/b-i.1.3;shopee.co.id/c-i.1.4", ["1.2", "1.3", "1.4"]),
        ("https://shopee.co.id/a-i.1.2https://shopee.co.id/b-i.1.3", ["1.2", "1.3"]),
        ("hxxps://shopee[.]co[.]id/a-i.1.2 shopee(dot)co(dot)id/a-i.1.3 https[:]//shopee.co.id/a-i.1.4", ["1.2", "1.3", "1.4"]),
        ("https://sh\u00adopee.co.id/Ja\u200bket-i.1\u2060.2\ufeff", ["1.2"]),
        ("\u202ehttps://shopee.co.id/a-i.1.2\u202c", ["1.2"]),
        ("https://shopee.co.id/a-i.1.2\u00a0alasan", ["1.2"]),
        ("\uff48\uff54\uff54\uff50\uff53\uff1a\uff0f\uff0fshopee.co.id\uff0fa-i.1.2", ["1.2"]),
        ("https:\\/\\/shopee.co.id\\/a-i.1.2", ["1.2"]),
        ('<a href="https://shopee.co.id/a-i.1.2?x=1&amp;y=2">Jaket</a>', ["1.2"]),
        ("<a href='https&#58;//shopee.co.id/a-i.1.2'>Jaket</a>", ["1.2"]),
        ("https%3A%2F%2Fshopee.co.id%2Fa-i.1.2", ["1.2"]),
        ("https://www.google.com/url?q=https://shopee.co.id/a-i.1.2&sa=D", ["1.2"]),
        ("https://web.archive.org/web/2023/https://shopee.co.id/a-i.1.2", ["-"]),
        ("1,https://shopee.co.id/a-i.1.2,alasan;lain\n2,https://www.lazada.co.id/a-i7.html;x", ["1.2", "7"]),
        ("https://shopee.co.id/Jaket,Hitam;Biru-i.1.2", ["1.2"]),
        ("https://tokopedia.com/toko/baju,alasan https://vt.tiktok.com/ZSa,alasan", ["toko/baju", "short"]),
        ("https://evil.example/x dan www.evil.example/y", ["-", "-"]),
        ("takedown@shopee.co.id/x, Shopee, shopee.co.id, No.1/2, dan/atau, https tidak ada", []),
        ("https://shopee.co.id@evil.example/a-i.1.2", ["-"]),
        ("https://shopee.co.id/a-i.1.2_(biru)", ["-"]),
    ],
)  # fmt: skip
def test_found(text: str, ids: list[str]) -> None:
    assert listings(text) == ids


LONG = (
    "https://shopee.co.id/Jaket-thrift-branded-import-ukuran-besar-sekali-warna-hitam-i.308864651.11479305215"
)
SLUG = "https://www.tokopedia.com/toko-baju-bekas/jaket-thrift-branded-import-ukuran-besar-sekali-warna-biru"


@pytest.mark.parametrize("link", [LONG, SLUG])
@pytest.mark.parametrize("mark", ["", "> ", ">> ", "    "])
def test_a_break_anywhere_is_mended(link: str, mark: str) -> None:
    for at in range(62, len(link)):
        if link[at - 1] == ".":
            continue  # behind a full stop the text may as well have ended
        if link is SLUG and "-" not in link[at - 1 :]:
            continue  # one more word would be a guess
        text = f"Tautan:\n{mark}{link[:at]}\n{mark}{link[at:]}\n{mark}\n{mark}selesai"
        found = list(find_links(text))
        assert [one.target for one in found] == [recognise(link)], text
        assert found[0].line == 1


def test_a_link_over_three_lines_and_text_behind_it() -> None:
    text = f"<{LONG[:40]}\n{LONG[40:75]}\n{LONG[75:]}> dan https://shopee.co.id/b-i.1.3"
    assert [(one.target, one.line) for one in find_links(text)] == [
        (recognise(LONG), 0),
        (recognise("https://shopee.co.id/b-i.1.3"), 2),
    ]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("https://shopee.co.id/a-i.1.2\n34\n", ["1.2"]),
        (f"{LONG}\n2. https://shopee.co.id/b-i.1.3", ["308864651.11479305215", "1.3"]),
        (f"{LONG}\nAlasan: impor", ["308864651.11479305215"]),
        ("https://www.tokopedia.com/toko\nBaju/bekas impor", ["-"]),
        ("https://shopee.co.id/toko\nshopee.co.id/b-i.1.3", ["-", "1.3"]),
        ("https://shopee.co.id/toko\nm.shopee.co.id/b-i.1.3", ["-", "1.3"]),
        ("https://shopee.co.id/toko\n\n-i.1.3", ["-"]),
        ("https://vt.tiktok.com/ZSa\nbc", ["short"]),
    ],
)
def test_lines_that_belong_to_themselves_stay_so(text: str, ids: list[str]) -> None:
    assert listings(text) == ids


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=5), st.text("abc =\n&?äé", max_size=50))
def test_quoted_printable_is_read_as_it_was_pasted(items: list[int], tail: str) -> None:
    text = "\n".join(
        f"Barang {number}: https://shopee.co.id/jaket-{'x' * (number % 70)}-i.77.{number}?sp=a=b ok"
        for number in items
    )
    raw = quopri.encodestring((text + "\n" + tail).encode()).decode()
    assert listings(raw) == [f"77.{number}" for number in items]


SIGNS = st.sampled_from(
    ["https://", "hxxp://", "shopee.co.id", "tokopedia.com", "/", "-i.1.2", "i5.html", "\n", "=\n", " ", "&#", "&amp;", "[.]",
     "(", ")", "%3A%2F%2F", "www.", "\u200b", "\x00", "\\/", "1" * 20, ",", "@", "?url=", "<", ">", "\ud800", "\uff0f"]
)  # fmt: skip


@given(st.lists(SIGNS | st.text(max_size=5), max_size=60).map("".join))
def test_no_text_raises_and_what_is_found_is_visible(text: str) -> None:
    for found in find_links(text):
        assert "\u200b" not in found.link
        assert 0 <= found.line <= text.count("\n")


@pytest.mark.parametrize(
    "unit",
    ["https://", "shopee.co.id/", "a.", "shopee.", "www.", ")", "https://x)", "[.]", "&#1;", "&#11111111", "=\n", "a=\n", "\n",
     "https://shopee.co.id/a\n", "https://shopee.co.id/x-i.1.2\n1\n", "tokopedia.com/a/b,", "i.1.", "http%3a%2f%2f", "@shopee.co.id/",
     "/https://", "=https://", "https://a/pdp/", ">", "<https://", "lazada", "(", "-", "\u200b", "\uff0f", "hxxp", "h**p://", "&amp;"],
)  # fmt: skip
def test_a_million_hostile_characters_take_seconds_at_most(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    deadline = time.monotonic() + 30
    for _ in find_links(text):
        assert time.monotonic() < deadline
    for _ in find_links("https://shopee.co.id/" + text):
        assert time.monotonic() < deadline
    assert time.monotonic() < deadline


def test_a_link_too_long_is_refused_not_cut() -> None:
    (found,) = find_links("https://shopee.co.id/" + "a" * 10_000 + "-i.1.2")
    assert isinstance(found.target, RefusedLink)
    assert "4096" in found.target.why
