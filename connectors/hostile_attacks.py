"""The attacks of `connectors.hostile`, each with what must become of its records.

A record ends in one of three ways: `fingerprint` (it is taken as a listing), `dead letter` (it is kept with its
raw bytes), `refused` (the broker does not take it; the connector tells). Nothing else may happen.
"""

import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec

from connectors.errors import RetryError
from connectors.events import EventType, Image, ListingEvent, Price
from connectors.items import IDLE, Item, RawRecord

Fate = Literal["fingerprint", "dead letter", "refused"]
Step = Item | RetryError
Honest = Callable[[], ListingEvent]
Attack = Callable[[random.Random, Honest], Iterator[tuple[Step, Fate | None]]]

HUGE_PAGE = 500
REPEATS = 40
LARGE_TEXT = 300_000
TOO_LARGE = 9 * 1024 * 1024
DEEP = 20_000


def _good(event: ListingEvent, **changed: Any) -> tuple[Step, Fate]:
    return msgspec.structs.replace(event, **changed), "fingerprint"


def _bad(event: ListingEvent, **changed: Any) -> tuple[Step, Fate]:
    """The listing with fields that no longer fit; a field given as None is taken away."""
    fields = msgspec.to_builtins(event) | changed
    value = json.dumps({name: field for name, field in fields.items() if field is not None}).encode()
    return RawRecord(value, event.key), "dead letter"


def _raw(event: ListingEvent, value: bytes, fate: Fate = "dead letter") -> tuple[Step, Fate]:
    return RawRecord(value, event.key), fate


def repeated_ids(_: random.Random, honest: Honest) -> Iterator[tuple[Step, Fate | None]]:
    """The same event twice, the same event id on another listing, and one listing told in two ways."""
    first, other = honest(), honest()
    yield _good(first)
    yield _good(first)
    yield _good(other, event_id=first.event_id)
    yield _good(first, title="Sesuatu yang lain", price=Price(amount="1", currency="USD"))


def clock_jumps(_: random.Random, honest: Honest) -> Iterator[tuple[Step, Fate | None]]:
    """Times at both ends of what a calendar holds, and back again."""
    for moment in (
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC),
    ):
        yield _good(honest(), observed_at=moment, listed_at=moment)
    yield _raw(*_timed(honest(), "0000-00-00T00:00:00Z"))
    yield _raw(*_timed(honest(), "2026-11-24T03:00:00+99:99"))
    yield _good(honest())


def _timed(event: ListingEvent, text: str) -> tuple[ListingEvent, bytes]:
    return event, json.dumps(msgspec.to_builtins(event) | {"observed_at": text}).encode()


def huge_pages(_: random.Random, honest: Honest) -> Iterator[tuple[Step, Fate | None]]:
    """Hundreds of events without a breath between them."""
    for _number in range(HUGE_PAGE):
        yield _good(honest())


def empty_pages(_: random.Random, honest: Honest) -> Iterator[tuple[Step, Fate | None]]:
    """Nothing, again and again."""
    for _number in range(200):
        yield IDLE, None
    yield _good(honest())


def endless_cursor(_: random.Random, honest: Honest) -> Iterator[tuple[Step, Fate | None]]:
    """One page that comes again and again."""
    page = [honest() for _ in range(5)]
    for _number in range(REPEATS):
        for event in page:
            yield _good(event)


def invalid_utf8(dice: random.Random, honest: Honest) -> Iterator[tuple[Step, Fate | None]]:
    """Bytes that are no text, alone and inside of JSON."""
    yield _raw(honest(), dice.randbytes(200) + b"\xff")
    event = honest()
    encoded = msgspec.json.encode(event)
    for broken in (b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80"):
        yield _raw(event, encoded.replace(b"Kemeja", b"Kem" + broken + b"eja"))
    yield _raw(honest(), encoded.decode().encode("utf-16"))


def schema_changes(_: random.Random, honest: Honest) -> Iterator[tuple[Step, Fate | None]]:
    """The marketplace's next version, without a word: types change, names change, fields come and go."""
    yield _bad(honest(), title={"id": "Kemeja", "en": "Shirt"})
    yield _bad(honest(), price=85000)
    yield _bad(honest(), images="https://photos.example/1.jpg")
    yield _bad(honest(), listing_id=1730811847233275332)
    yield _bad(honest(), type="listing.sold")
    yield _bad(honest(), title=None, name="Kemeja flanel")
    yield _bad(honest(), images=[{"url": "https://photos.example/1.jpg"}] * 51)
    event = honest()
    yield _raw(
        event, json.dumps(msgspec.to_builtins(event) | {"colour": {"name": "red"}}).encode(), "fingerprint"
    )


def resets(_: random.Random, honest: Honest) -> Iterator[tuple[Step, Fate | None]]:
    """The connection breaks in the middle, and what was sent comes again."""
    page = [honest() for _ in range(3)]
    for event in page:
        yield _good(event)
        yield RetryError("connection reset by peer"), None
    for event in page:
        yield _good(event)


def no_json(_: random.Random, honest: Honest) -> Iterator[tuple[Step, Fate | None]]:
    """Whatever else a server answers."""
    for value in (
        b"", b" ", b"null", b"0", b'"listing"', b"[]", b"{}", b"<html><body>502 Bad Gateway</body></html>",
        b"NaN", b'{"event_id": ', b"\x00" * 64, b"PK\x03\x04", b"\x1f\x8b\x08\x00",
    ):  # fmt: skip
        yield _raw(honest(), value)


def nested(_: random.Random, honest: Honest) -> Iterator[tuple[Step, Fate | None]]:
    """Brackets that would exhaust a parser's stack."""
    yield _raw(honest(), b'{"title": ' + b"[" * DEEP + b"]" * DEEP + b"}")
    yield _raw(honest(), b'{"a":' * DEEP + b"1" + b"}" * DEEP)


def long_texts(dice: random.Random, honest: Honest) -> Iterator[tuple[Step, Fate | None]]:
    """Texts that are slow to read: combining marks, zero-width, one letter, one long word."""
    for text in (
        "é" + "\u0301" * LARGE_TEXT,
        "a\u200b" * (LARGE_TEXT // 2),
        "x" * LARGE_TEXT,
        "1 " * (LARGE_TEXT // 2),
    ):
        yield _good(honest(), title=text)
    words = " ".join(f"{dice.getrandbits(40):x}" for _ in range(LARGE_TEXT // 11))
    yield _good(honest(), description=words)


def odd_characters(_: random.Random, honest: Honest) -> Iterator[tuple[Step, Fate | None]]:
    """What takes a terminal, a page or a sheet over: escapes, markup, formulas, turned writing."""
    for title in (
        "Jaket\x00\x1b[2J\x1b]0;owned\x07", "<script>alert(1)</script>", "=HYPERLINK(\"http://x\")",
        "\u202etelaj\u202c jaket", "\U000e0041\ufeff\u2028jaket", "{{7*7}}${7*7}#{7*7}", "'; DROP TABLE alerts; --",
    ):  # fmt: skip
        yield _good(honest(), title=title, seller_id="<b>&'\"")
    event = honest()
    encoded = json.dumps(msgspec.to_builtins(event))
    yield _raw(event, encoded.replace("Kemeja", "Kemeja\\ud800").encode())


def odd_ids(_: random.Random, honest: Honest) -> Iterator[tuple[Step, Fate | None]]:
    """Ids that look like something else, at the limits of what an id may be, and past them."""
    for listing_id in ("a:b:c", "../../etc/passwd", "x" * 256, "ｉｄ", "%00", " ", "-1", "\U0001f9e5"):
        yield _good(honest(), listing_id=listing_id)
    for wrong in ("", "x" * 257, "tab\tid", "nul\x00id"):
        yield _bad(honest(), listing_id=wrong)
    yield _bad(honest(), marketplace="Shopee:ID")


def photo_addresses(_: random.Random, honest: Honest) -> Iterator[tuple[Step, Fate | None]]:
    """Photos that lead inwards, to files, to nothing; the listing stands on its title."""
    for url in (
        "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd", "http://127.0.0.1:22/", "gopher://x/",
        "http://[::ffff:127.0.0.1]/", "http://0x7f.1/", "javascript:alert(1)", "", "http://" + "a" * 4000,
    ):  # fmt: skip
        yield _good(honest(), images=(Image(url=url),))
    yield _good(honest(), images=(Image(path="../../../etc/passwd"), Image(data=b"GIF89a")))


def odd_numbers(_: random.Random, honest: Honest) -> Iterator[tuple[Step, Fate | None]]:
    """Prices that are none, or more than any."""
    yield _good(honest(), price=Price(amount="9" * 18, currency="IDR"))
    yield _good(honest(), price=Price(amount="0.000000", currency="XXX"))
    for amount in ("-1", "1e999", "NaN", "١٢٣", "9" * 19, "85.000,00", ""):
        yield _bad(honest(), price={"amount": amount, "currency": "IDR"})


def too_large(_: random.Random, honest: Honest) -> Iterator[tuple[Step, Fate | None]]:
    """A record that the broker never takes, among some that it does."""
    yield _good(honest())
    event = honest()
    yield RawRecord(b"x" * TOO_LARGE, event.key), "refused"
    yield _good(honest())


def removals(_: random.Random, honest: Honest) -> Iterator[tuple[Step, Fate | None]]:
    """A listing that is removed, comes back, and is updated before it was created."""
    event = honest()
    later = event.observed_at + timedelta(seconds=1)
    yield _good(event, type=EventType.UPDATED, observed_at=later)
    yield _good(event, type=EventType.REMOVED)
    yield _good(event)


ATTACKS: dict[str, Attack] = {
    attack.__name__.replace("_", "-"): attack
    for attack in (
        repeated_ids, clock_jumps, huge_pages, empty_pages, endless_cursor, invalid_utf8, schema_changes, resets,
        no_json, nested, long_texts, odd_characters, odd_ids, photo_addresses, odd_numbers, too_large, removals,
    )
}  # fmt: skip
"""By name, in the order of the story."""
