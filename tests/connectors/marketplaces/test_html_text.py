"""Descriptions: what a reader sees of the HTML, whatever it is."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.html_text import text_of_html


def test_blocks_are_lines_and_entities_are_letters() -> None:
    source = "<p>Jaket <b>var</b>sity&nbsp;&amp; topi</p>\n<ul><li>M</li><li>XL</li></ul>satu<br/>dua"
    assert text_of_html(source) == "Jaket varsity & topi\nM\nXL\nsatu\ndua"


def test_plain_text_stays_itself() -> None:
    assert text_of_html("Harga < 50rb > murah\nWA 0812") == "Harga < 50rb > murah\nWA 0812"


def test_what_no_reader_sees_is_left_out() -> None:
    source = "a<script>alert('<p>x</p>')</script>b<!-- note -->c<style>p{}</style>d<script src='x'/>e"
    assert "".join(text_of_html(source).split()) == "abcde"


def test_escaped_tags_are_text() -> None:
    assert text_of_html("pakai &lt;b&gt;tebal&lt;/b&gt;") == "pakai <b>tebal</b>"


@given(st.text(st.sampled_from("<>/!?-abp&;# \n\xa0"), max_size=60))
def test_anything_gives_text_without_edges(source: str) -> None:
    text = text_of_html(source)
    assert text == text.strip()
    assert "  " not in text
    assert "\n\n" not in text


def test_hostile_text_takes_linear_time() -> None:
    # Quadratic, each of these would take minutes: the test would not end.
    for hostile in ("<a " * 200_000, "<!--" * 200_000, "<script>" * 100_000, "&" * 500_000, " \n" * 300_000):
        assert len(text_of_html(hostile)) <= len(hostile)
