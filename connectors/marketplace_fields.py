"""Fields as marketplaces write them, read without guessing: ids, amounts, times, links to photos.

Each takes the field's place in the record (`$.skus[0].price`), which its error names.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NoReturn

import msgspec
from msgspec import Raw

from connectors.codec import Codec, RecordError
from connectors.events import EventType, Image, ListingEvent

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FINEST = Decimal("0.000001")
"""Of a price (`connectors.field_types.Amount`)."""
MOST_IMAGES = 50
"""What a listing may hold (`connectors.events.Images`); marketplaces show the important ones first."""
_ID = re.compile(r"[0-9]{1,20}")
_SECONDS = re.compile(r"[0-9]{9,10}")
_MILLISECONDS = re.compile(r"[0-9]{12,13}")
CREATED_WITHIN = timedelta(seconds=60)
"""A listing whose last change is this near to its making counts as new: marketplaces save its photos and variants
after the listing itself, so that the two times are hardly ever the same."""
_CODEC = Codec(ListingEvent, ours=True)

Scalar = int | str | float | None
"""A field that is sometimes a JSON number and sometimes a text. A float is told apart from an int, and refused."""


def refuse(field: str, why: str) -> NoReturn:
    """End the mapping of this record.

    Raises:
        RecordError: always; it says which field and why.
    """
    raise RecordError("invalid-record", f"{why} - at `{field}`")


def numeric_id(value: Scalar, field: str) -> str:
    """An id of digits, written as a JSON number or as text.

    Raises:
        RecordError: it is missing, not of digits, or a number with a point or an exponent: of 18 and 19 digits
            a binary float keeps 15 to 17, so such an id may be another listing's.
    """
    if isinstance(value, float):
        refuse(field, "an id as a floating-point number has lost digits")
    text = str(value) if value is not None else ""
    if not _ID.fullmatch(text) or not text.strip("0"):
        refuse(field, f"expected an id of 1 to 20 digits, got {shown(value)}")
    return text


def amount(raw: Raw, field: str) -> Decimal | None:
    """A price as a JSON number or as text, exact; None where it is missing, null, empty or zero.

    Raises:
        RecordError: it is no number, negative, or larger than a price can be.
    """
    if bytes(raw) in (b"", b"null", b'""'):
        return None
    try:
        value = msgspec.json.decode(raw, type=Decimal)
    except (msgspec.DecodeError, UnicodeDecodeError):
        refuse(field, "expected a price")
    # Checked before it is written out: 1E+999999999 would take a gigabyte.
    if not value.is_finite() or value < 0 or value.adjusted() > 17:
        refuse(field, "expected a price of at most 18 digits")
    # A server that counts in binary floats writes 93500.00000000001: what is finer than any price is noise.
    value = value.quantize(FINEST).normalize()
    return value or None


def lowest(amounts: Iterable[Decimal | None]) -> str | None:
    """The least of these as decimal text; None where there is none."""
    return format(known, "f") if (known := min(filter(None, amounts), default=None)) is not None else None


def moment(value: Scalar, field: str) -> datetime | None:
    """A time: epoch seconds or milliseconds as number or text, or ISO 8601 with a zone; None where missing.

    Raises:
        RecordError: it is none of these; a time without a zone is not taken for any zone's.
    """
    if value is None or value == "":
        return None
    if isinstance(value, float):
        refuse(field, "a time as a floating-point number has lost digits")
    text = str(value).strip()
    if _SECONDS.fullmatch(text):
        return EPOCH + timedelta(seconds=int(text))
    if _MILLISECONDS.fullmatch(text):
        return EPOCH + timedelta(milliseconds=int(text))
    try:
        # Takes zones with and without a colon, and Z (since Python 3.11).
        parsed = datetime.fromisoformat(text) if not text.isdigit() else None
        if parsed is not None and parsed.tzinfo is not None and parsed > EPOCH:
            return parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    refuse(field, f"expected a time with its zone, got {shown(value)}")


def milliseconds(time: datetime) -> int:
    """Since the epoch."""
    return (time - EPOCH) // timedelta(milliseconds=1)


def seconds(time: datetime) -> int:
    """Since the epoch, whole."""
    return (time - EPOCH) // timedelta(seconds=1)


def photo_url(value: str | None, field: str) -> str | None:
    """A photo's address; None where there is none. `//host/path` is of https.

    Raises:
        RecordError: it is no address of the web.
    """
    text = (value or "").strip()
    if not text:
        return None
    if text.startswith("//"):
        text = "https:" + text
    if not text.lower().startswith(("https://", "http://")):
        refuse(field, f"expected a photo's address, got {shown(value)}")
    return text


def photos(urls: Iterable[str | None]) -> tuple[Image, ...]:
    """Each address once, in its order, at most `MOST_IMAGES`."""
    return tuple(Image(url=url) for url in dict.fromkeys(filter(None, urls)))[:MOST_IMAGES]


def kind(is_up: bool, created: datetime | None, updated: datetime | None) -> EventType:
    """What happened to a listing that is on sale (or not), made and last changed at those times."""
    if not is_up:
        return EventType.REMOVED
    is_old = created is not None and updated is not None and updated - created > CREATED_WITHIN
    return EventType.UPDATED if is_old else EventType.CREATED


def event_id(marketplace: str, listing_id: str, version: str, *, is_up: bool) -> str:
    """The same version of a listing has the same id, whoever reads it and how often.

    Its removal has one of its own: it may come within the second that the marketplace's times are exact to, or
    without a new time at all, and must not be taken for a repetition of what was yielded before.
    """
    return f"{marketplace}.{listing_id}.{version}" + ("" if is_up else ".removed")


def checked(event: ListingEvent) -> ListingEvent:
    """The event, once it is seen to be one: what is built from parts is not checked by the struct itself.

    Raises:
        RecordError: the field that no reader of `listings` would take.
    """
    try:
        return _CODEC.decode(msgspec.json.encode(event)).record
    except UnicodeEncodeError:
        raise RecordError("invalid-record", "ListingEvent: half of a surrogate pair in a text") from None


def shown(value: object) -> str:
    """A value in a message: short, on one line."""
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
