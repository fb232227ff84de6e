"""Takedowns, their photos, their requests and what befell them, as rows. Pure."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from connectors.codec import Codec, RecordError
from connectors.events import Takedown
from connectors.field_types import Key, Sha256
from connectors.takedown_requests import TakedownRequest
from connectors.takedown_status import TakedownChange, TakedownStatus
from streams.console.feed.alert_rows import account_of
from streams.console.feed.fitting import Row, fitted
from streams.console.tables import CHANGES, REQUESTS, TAKEDOWN_PHOTOS, TAKEDOWNS
from streams.epoch import milliseconds
from streams.kafka_clients.record_reader import Record

WAITING = "waiting"

Photo = tuple[int, str | None, str | None]
"""Its place among the listing's photos, its SHA-256 and its URL, where they are known."""


class _Photo(Struct, frozen=True):
    image: int
    sha256: Sha256 | None = None


class _Prints(Struct, frozen=True):
    photos: tuple[_Photo, ...] = ()
    failures: tuple[_Photo, ...] = ()


class _Named(Struct, frozen=True):
    takedown_id: Key


class TakedownPhotos(Struct, frozen=True):
    """As much of a TakedownFingerprint as says which photo is which; its prints are passed over."""

    takedown: _Named
    prints: _Prints


_takedown = Codec(Takedown, ours=True)
_photos = Codec(TakedownPhotos, ours=True)
_request = Codec(TakedownRequest, ours=True)
_status = Codec(TakedownStatus, ours=True)
_change = Codec(TakedownChange, ours=True)


def key_of(record: Record) -> str:
    """The record's key as text that a database takes."""
    return (record.key or b"").decode("utf-8", "replace").replace("\x00", "\ufffd")


def takedown_row(record: Record) -> Row:
    """The row of a takedown's record; `photos` as the record has them.

    Raises:
        RecordError: it is no takedown, or not under its own key.
    """
    raw = record.value or b""
    takedown = _takedown.decode(raw).record
    _check_key(record, takedown.takedown_id)
    listing = takedown.listing
    photos = [(number, image.sha256, image.url) for number, image in enumerate(listing.images)]
    row = {
        "takedown_id": takedown.takedown_id,
        "listing_key": listing.key,
        "marketplace": listing.marketplace,
        "seller": account_of(listing.marketplace, listing.seller_id),
        "title": listing.title,
        "authority": takedown.authority,
        "source": takedown.source,
        "reason": takedown.reason,
        "taken_down_ms": None if takedown.taken_down_at is None else milliseconds(takedown.taken_down_at),
        "arrived_ms": record.timestamp,
        "withdrawn_ms": None,
        "record": raw,
    }
    return fitted(TAKEDOWNS, row) | {"photos": encoded(photos)}


def photos_row(record: Record) -> Row:
    """The digests of a takedown's photos, out of its fingerprint's record.

    Raises:
        RecordError: it is no fingerprint of a takedown, or not under its own key.
    """
    found = _photos.decode(record.value or b"").record
    _check_key(record, found.takedown.takedown_id)
    digests = {
        photo.image: photo.sha256
        for photo in (*found.prints.failures, *found.prints.photos)
        if photo.sha256 is not None
    }
    row = fitted(TAKEDOWN_PHOTOS, {"takedown_id": found.takedown.takedown_id})
    return row | {"digests": msgspec.json.encode(dict(sorted(digests.items()))).decode()}


def put_together(photos: str, digests: str) -> str:
    """`photos` of a takedown's row, each with its digest: what was fingerprinted is what there is to see."""
    own = {number: (sha256, url) for number, sha256, url in msgspec.json.decode(photos, type=list[Photo])}
    found: Mapping[int, str] = msgspec.json.decode(digests, type=dict[int, str])
    numbers = sorted(own.keys() | found.keys())
    pairs = {number: own.get(number, (None, None)) for number in numbers}
    return encoded([(number, found.get(number, pairs[number][0]), pairs[number][1]) for number in numbers])


def encoded(photos: list[Photo]) -> str:
    """As `photos` of a takedown's row has them."""
    return msgspec.json.encode(photos).decode()


def request_row(record: Record) -> Row:
    """The row of a request that nobody has said anything of.

    Raises:
        RecordError: it is no request.
    """
    if record.value is None:
        raise RecordError("empty-value", "TakedownRequest: the message has no value")
    return _row_of_request(_request.decode(record.value).record)


def status_row(record: Record) -> Row:
    """The row of a request, with where it stands.

    Raises:
        RecordError: it is no status, or not under its own key.
    """
    raw = record.value or b""
    status = _status.decode(raw).record
    _check_key(record, status.request_id)
    standing = {
        "state": status.state,
        "unresolved_because": status.reason if status.state == "unresolved" else None,
        "takedown_id": status.takedown_id,
        "changed_ms": milliseconds(status.tried_at),
    }
    return _row_of_request(status.request) | fitted(REQUESTS, standing) | {"record": raw}


def change_row(record: Record) -> Row:
    """The row of what befell a takedown.

    Raises:
        RecordError: it is no change, or not under its own key.
    """
    raw = record.value or b""
    change = _change.decode(raw).record
    _check_key(record, change.key)
    row = {"change_id": change.key, "takedown_id": change.takedown_id, "at_ms": milliseconds(change.at)}
    return fitted(CHANGES, row) | {"record": raw}


def _row_of_request(request: TakedownRequest) -> Row:
    place = request.list
    received = milliseconds(request.received_at)
    row = {
        "request_id": request.request_id,
        "link": request.link,
        "marketplace": request.marketplace,
        "listing_id": request.listing_id,
        "authority": request.authority,
        "source": request.source,
        "reason": request.reason,
        "by": request.by,
        "list_name": None if place is None else place.name,
        "list_sha256": None if place is None else place.sha256,
        "list_row": None if place is None else str(place.row),
        "received_ms": received,
        "state": WAITING,
        "unresolved_because": None,
        "takedown_id": None,
        "changed_ms": received,
        "record": None,
    }
    return fitted(REQUESTS, row)


def _check_key(record: Record, expected: str) -> None:
    """A compacted topic keeps the newest of each key: a record under another's key would erase that."""
    if (key := key_of(record)) != expected:
        raise RecordError("wrong-key", f"the record is {expected!r}'s, but its key is {key!r}")
