"""One line of JSON to one item: a listing, a takedown, a withdrawal, or the bytes themselves.

A line that is no such record, or has fields unknown here, is passed on byte for byte as a `RawRecord`: the
worker decodes again, counts the fields, and keeps what it cannot decode on `dead-letters`. So a wrong line
is seen where all others are, can be replayed once the code understands it, and nothing is lost on the way.
A listing's key is read from the line if it has one. A takedown's is not: `takedowns` is compacted, and a
broken line under a good takedown's id would replace it.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from connectors.codec import Codec, RecordError
from connectors.events import ListingEvent, Takedown
from connectors.field_types import Key, Marketplace
from connectors.photo_paths import inline_photos
from connectors.sdk import Event, Item, Notice, RawRecord, Withdrawal

RecordKind = Literal["listings", "takedowns"]
MAX_RECORD_BYTES = 8 * 1024 * 1024
"""As the topics' own default limit of a record."""
RECORD_ROOM = 64 * 1024
"""Left free of a record's limit for its key, its headers and the batch around it."""

NAMES_SHOWN = 200


class JsonRecords:
    """Decodes lines that all hold `records`.

    Photos given by path are taken into the record while it stays within `max_record_bytes`; the paths are
    relative to `folder`, and None (there is no file, only a stream) refuses all.
    """

    def __init__(self, records: RecordKind, folder: Path | None, max_record_bytes: int) -> None:
        self._is_takedown = records == "takedowns"
        self._folder = folder
        self._max_record_bytes = max_record_bytes
        self._listings = Codec(ListingEvent)
        self._takedowns = Codec(Takedown)

    def items(self, place: str, raw: bytes) -> Iterator[Item]:
        """The line's event, behind a notice for each photo that stays a path; `place` names the line."""
        event, problems = self._decode(place, raw)
        for problem in problems:
            yield Notice(f"{place}: {problem}")
        yield event

    def _decode(self, place: str, raw: bytes) -> tuple[Event, tuple[str, ...]]:
        if self._is_takedown and (withdrawal := _withdrawal(raw)):
            return withdrawal, ()
        try:
            decoded = (self._takedowns if self._is_takedown else self._listings).decode(raw)
        except RecordError as error:
            key = unreadable_key(raw) if self._is_takedown else listing_key(raw)
            return RawRecord(raw, key, f"{place}: {error}"), ()
        record = decoded.record
        budget = self._max_record_bytes - len(raw)
        whole, problems = with_photos(record, self._folder, budget)
        if whole is record and decoded.unknown_fields:
            key = record.takedown_id if isinstance(record, Takedown) else record.key
            names = ", ".join(sorted(decoded.unknown_fields))[:NAMES_SHOWN]
            return RawRecord(raw, key, f"{place}: unknown fields: {names}"), ()
        return whole, problems


def with_photos(
    record: ListingEvent | Takedown, folder: Path | None, budget: int
) -> tuple[ListingEvent | Takedown, tuple[str, ...]]:
    """The record with the photos that it gives by path read in, up to `budget` bytes of base64, and why others
    were not. The very record where it names none.
    """
    listing = record.listing if isinstance(record, Takedown) else record
    if all(image.path is None for image in listing.images):
        return record, ()
    inlined = inline_photos(listing.images, folder, budget)
    whole = msgspec.structs.replace(listing, images=inlined.images)
    if isinstance(record, Takedown):
        return msgspec.structs.replace(record, listing=whole), inlined.problems
    assert isinstance(whole, ListingEvent)  # noqa: S101  what a takedown holds was handled above
    return whole, inlined.problems


class _Identity(Struct):
    marketplace: Marketplace
    listing_id: Key


def listing_key(raw: bytes) -> str | None:
    """The listing's key, if that much of the line can be read."""
    try:
        identity = msgspec.json.decode(raw, type=_Identity)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return f"{identity.marketplace}:{identity.listing_id}"


def unreadable_key(raw: bytes) -> str:
    """A key of its own for each broken takedown: the compacted topic refuses records without one."""
    return f"unreadable:{hashlib.sha256(raw).hexdigest()[:32]}"


def _withdrawal(raw: bytes) -> Withdrawal | None:
    if b'"withdrawn"' not in raw:
        return None
    try:
        return msgspec.json.decode(raw, type=Withdrawal)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
