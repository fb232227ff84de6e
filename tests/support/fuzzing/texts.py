"""Targets: everything that reads a title, a description, a contact, a price or a link out of text."""

import unicodedata
from contextlib import suppress

from contact_texts import LANGUAGES
from hostile_text import SHAPES
from text_readers import READERS, TITLE

from connectors.html_text import text_of_html
from connectors.link_text import find_links
from connectors.moments import MomentError, read_moment
from connectors.prices import PriceError, read_price
from fingerprints.contact import CONTACTS_AT_MOST, find_contacts
from fingerprints.description_print import description_print
from fingerprints.title_normalise import LENGTH_AT_MOST, normalise_title
from fingerprints.title_trace import trace_title
from fuzzing.target import Target
from streams.console.title_marks import title_marks
from streams.evidence_packs.contact_scrub import Scrubber
from streams.words.safe_text import HIDDEN, safe_bytes, safe_text

_scrubber = Scrubber(lambda kind, value: f"[{kind}]", {})


def _text(raw: bytes) -> str:
    """Any text at all, lone surrogates too."""
    try:
        return raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace")


def _title(raw: bytes) -> None:
    text = _text(raw)
    plain = normalise_title(text)
    assert normalise_title(plain) == plain
    assert len(plain) <= LENGTH_AT_MOST
    assert " ".join(word.text for word in trace_title(text)) == plain, "the trace reads other words"
    marked = title_marks(text, TITLE).listing
    shown = "".join(piece.text for segment in marked.segments for piece in segment.pieces)
    assert shown == text, "the pieces are not the title"
    assert all(piece.shown.isprintable() for segment in marked.segments for piece in segment.pieces)


def _description(raw: bytes) -> None:
    text = _text(raw)
    description_print(text)
    assert text_of_html(text) == text_of_html(text).strip()


def _contacts(raw: bytes) -> None:
    text = _text(raw)
    found = find_contacts(text)
    assert len(found) <= CONTACTS_AT_MOST
    assert len(set(found)) == len(found)
    scrubbed = _scrubber.scrub(text)
    assert not find_contacts(scrubbed), "a contact is left"


def _links(raw: bytes) -> None:
    text = _text(raw)
    for found in find_links(text):
        assert "\n" not in found.link
        url = getattr(found.target, "url", "https://")
        assert url.startswith("https://")
        assert url.isascii()
        assert url.isprintable()
        assert " " not in url


def _price(raw: bytes) -> None:
    text = _text(raw)
    for decimal in ("auto", ",", "."):
        with suppress(PriceError):
            price = read_price(text, None, decimal)  # type: ignore[arg-type]
            assert price.amount.replace(".", "", 1).isascii()
            assert price.amount.replace(".", "", 1).isdecimal()
    for form in ("iso", "epoch_s", "epoch_ms", "%d/%m/%Y %H:%M"):
        with suppress(MomentError):
            assert read_moment(text, form).tzinfo is not None


def _printed(raw: bytes) -> None:
    for shown in (safe_bytes(raw), safe_text(_text(raw))):
        assert not {unicodedata.category(character) for character in shown} & HIDDEN


def _any_reader(raw: bytes) -> None:
    """The first byte says which."""
    if raw:
        names = list(READERS)
        READERS[names[raw[0] % len(names)]](_text(raw[1:]))


def _text_seeds() -> list[bytes]:
    words = [
        "J4k3t V4rs1ty 𝕎𝕠𝕝𝕧𝕖𝕣𝕚𝕟𝕖 m a r o o n",
        "WA 0812-3456-7890 / nol delapan satu dua, ig @toko.baju, wa.me/6281234567890, shopee: toko_baju",
        "<p>Jaket &amp; topi</p><script>x</script> https://shopee.co.id/Jaket-i.1.2?x=1 s.shopee.co.id/abc",
        "hxxps://www[.]tokopedia[.]com/toko/jaket-varsity-1729382256910270000",
        "Rp 85.000,-",
        "2026-11-24T03:00:00+07:00",
        *LANGUAGES.values(),
    ]
    shapes = ["".join(SHAPES.values()), *(unit * 20 for unit in SHAPES.values())]
    return [text.encode("utf-8", "surrogatepass") for text in words + shapes]


def _reader_seeds() -> list[bytes]:
    return [bytes([place]) + seed for place in range(len(READERS)) for seed in _text_seeds()[:6]]


TARGETS = (
    Target("title", _title, _text_seeds),
    Target("description", _description, _text_seeds),
    Target("contacts", _contacts, _text_seeds, (), 1024),
    Target("links", _links, _text_seeds),
    Target("price-and-moment", _price, _text_seeds, (), 128),
    Target("printed", _printed, _text_seeds),
    Target("any-text", _any_reader, _reader_seeds),
)
