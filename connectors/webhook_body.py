"""The body of a received webhook, taken apart: one JSON record, an array of them, or one a line."""

import msgspec

from connectors.events import Listing, Takedown
from connectors.items import Item, Notice
from connectors.json_records import JsonRecords

MOST_RECORDS = 10_000
"""In one body: each costs some hundred bytes beside its own."""


class BodyError(ValueError):
    """The body is not taken; the message tells the sender, whose signature was right, why."""


def records(body: bytes) -> list[bytes]:
    """The records' bytes, in their order. What is no JSON stays together as one record, or one a line.

    Raises:
        BodyError: there is none, or there are too many.
    """
    text = body.strip()
    parts = _array(text) if text.startswith(b"[") else None
    if parts is None:
        parts = [text] if _is_json(text) else _lines(text)
    if not parts:
        raise BodyError("there is no record in the body")
    if len(parts) > MOST_RECORDS:
        raise BodyError(f"more than {MOST_RECORDS} records in one body")
    return parts


def events(decoder: JsonRecords, parts: list[bytes]) -> list[Item]:
    """Each record as its event; what cannot be decoded is a RawRecord.

    Raises:
        BodyError: a record names a photo by path: there is no folder that it could stand in.
    """
    decoded: list[Item] = []
    for number, raw in enumerate(parts, start=1):
        for item in decoder.items(f"record {number}", raw):
            if isinstance(item, Notice) or _has_path(item):
                raise BodyError(f"record {number} has an image with a path; give its url or its data")
            decoded.append(item)
    return decoded


def _has_path(item: object) -> bool:
    listing = item.listing if isinstance(item, Takedown) else item
    return isinstance(listing, Listing) and any(image.path is not None for image in listing.images)


def _array(text: bytes) -> list[bytes] | None:
    try:
        return [bytes(part) for part in msgspec.json.decode(text, type=list[msgspec.Raw])]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _lines(text: bytes) -> list[bytes]:
    """The lines, where at least one is an object by itself; else the text: a torn record, not many records."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if any(line.startswith(b"{") and line.endswith(b"}") and _is_json(line) for line in lines):
        return lines
    return [text] if text else []
