"""Everything of ours that reads text from outside, by name, each as a function of one text."""

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress

from connectors.csv_cells import defuse, restore
from connectors.html_text import text_of_html
from connectors.json_records import JsonRecords
from connectors.link_text import find_links
from connectors.links import recognise
from connectors.moments import MomentError, read_moment
from connectors.prices import PriceError, read_price
from connectors.refusal import Envelope
from connectors.secret import redact
from connectors.takedown_lists.csv_list import CsvError, csv_rows
from connectors.takedown_lists.headers import field_of, header_of, tidy
from connectors.takedown_lists.items import Cell, ListError
from connectors.takedown_lists.limits import ListLimits
from connectors.takedown_lists.list_kinds import kind_of
from connectors.takedown_lists.table import Table
from connectors.takedown_lists.text_list import decoded, text_items
from connectors.webhook_body import BodyError, events, records
from fingerprints.contact import find_contacts
from fingerprints.description_likeness import compare as compare_descriptions
from fingerprints.description_print import description_print
from fingerprints.title_likeness import compare as compare_titles
from fingerprints.title_normalise import all_as_letters, normalise_title, plain_word
from fingerprints.title_print import title_print
from fingerprints.title_trace import trace_title
from fingerprints.title_words import words_of
from streams.console.title_marks import title_marks
from streams.console.web_links import web_link
from streams.evidence_packs.contact_scrub import Scrubber
from streams.words.safe_text import safe_bytes, safe_text

TITLE = "Jaket Varsity Wolverine Maroon Bordir"
LIMITS = ListLimits()
_scrubber = Scrubber(lambda kind, value: f"[{kind}]", {})
_decoder = JsonRecords("listings", None, 8 * 1024 * 1024)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _titles(text: str) -> None:
    ours, theirs = title_print(text), title_print(TITLE + " " + text[::-1])
    if ours is not None and theirs is not None:
        compare_titles(ours, theirs)


def _descriptions(text: str) -> None:
    ours, theirs = description_print(text), description_print(text[::-1])
    if ours is not None and theirs is not None:
        compare_descriptions(ours, theirs)


def _price(text: str) -> None:
    for decimal in ("auto", ",", "."):
        with suppress(PriceError):
            read_price(text, "IDR", decimal)  # type: ignore[arg-type]


def _moment(text: str) -> None:
    for form in ("iso", "epoch_s", "%d/%m/%Y %H:%M"):
        with suppress(MomentError):
            read_moment(text, form)


def _text_list(text: str) -> None:
    raw = _bytes(text)
    kind_of(raw[:4096], "daftar.txt")
    for _ in text_items(decoded(raw), LIMITS):
        pass


def _csv(text: str) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(_bytes(text))
        file.flush()
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        with suppress(CsvError, ListError):
            for _ in Table(LIMITS).items(csv_rows(file, LIMITS)):
                pass


def _email(text: str) -> None:
    from connectors.takedown_lists.email_list import email_items

    for raw in (_bytes(f"From: a\nTo: b\nSubject: c\n\n{text}"), _bytes(f"From: a\nTo: b\nSubject: {text}")):
        with suppress(ListError):
            for _ in email_items(raw, LIMITS, lambda *_: iter(())):
                pass


def _webhook(text: str) -> None:
    for body in (_bytes(text), b"[" + _bytes(text) + b"]", b'{"title": "' + _bytes(text) + b'"}'):
        with suppress(BodyError):
            events(_decoder, records(body))


def _words(text: str) -> None:
    words_of(normalise_title(text))
    plain_word("".join(filter(str.isalnum, text[:1000])) or "a")
    all_as_letters(text[:1000])


def _header(text: str) -> None:
    field_of(text)
    tidy(text)
    header_of([Cell(0, text)])


def _cells(text: str) -> None:
    assert restore(defuse(text)) == text


READERS: dict[str, Callable[[str], object]] = {
    "title": normalise_title,
    "title's words": _words,
    "two titles": _titles,
    "title's trace": trace_title,
    "title's marks": lambda text: title_marks(text, TITLE),
    "two titles' marks": lambda text: title_marks(text[: len(text) // 2], text[len(text) // 2 :]),
    "two descriptions": _descriptions,
    "contacts": find_contacts,
    "contacts scrubbed": _scrubber.scrub,
    "links in text": lambda text: list(find_links(text)),
    "link": recognise,
    "HTML": text_of_html,
    "price": _price,
    "moment": _moment,
    "text list": _text_list,
    "CSV list": _csv,
    "e-mail": _email,
    "webhook's body": _webhook,
    "header": _header,
    "spreadsheet's cell": _cells,
    "marketplace's words": lambda text: Envelope(code=text, message=text, request_id=text).told,
    "secrets": redact,
    "printed text": lambda text: (safe_text(text), safe_bytes(_bytes(text))),
    "address": web_link,
}
