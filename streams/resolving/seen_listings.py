"""Where every listing that was seen stands on `listings` and `fingerprints`, by its key and by its public slug."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from msgspec import Struct

from connectors.links import LinkTarget, recognise
from streams.kafka_clients.record_reader import Record
from streams.resolving.resolver_file import ResolverFile, hash_of

REMOVED = "listing.removed"
SLUGGED = b"tokopedia-id:"
"""Only Tokopedia's links may name no id but a shop and a slug."""
KEPT_DAYS = 32
"""Longer than `fingerprints` keeps a listing: then there is nothing left to find."""

_LISTINGS = """INSERT INTO seen (hash, lp, lo, taken_ms, gone_ms) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (hash) DO UPDATE SET taken_ms = ?4, gone_ms = ?5,
    lo = CASE WHEN ?5 IS NULL OR lp IS NULL THEN ?3 ELSE lo END,
    lp = CASE WHEN ?5 IS NULL OR lp IS NULL THEN ?2 ELSE lp END"""
_FINGERPRINTS = """INSERT INTO seen (hash, fp, fo, taken_ms) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (hash) DO UPDATE SET fp = ?2, fo = ?3, taken_ms = ?4"""


class _Glance(Struct, frozen=True):
    """What is looked at of a listing event; photos and texts are passed over."""

    type: str
    observed_at: datetime
    title: str = ""
    url: str | None = None


class _Seen(Struct, frozen=True):
    url: str | None = None


class _Print(Struct, frozen=True):
    listing: _Seen


class Sighting(NamedTuple):
    """A listing seen, or seen to be removed."""

    hash: int
    at_ms: int
    is_removal: bool


class Place(NamedTuple):
    """Partition and offset."""

    partition: int
    offset: int


class SeenListing(NamedTuple):
    """Where a listing's records stand. `gone_ms`: when it was removed, if that is the last that was seen."""

    listing: Place | None
    fingerprint: Place | None
    gone_ms: int | None
    taken_ms: int


_glance = msgspec.json.Decoder(_Glance)
_print = msgspec.json.Decoder(_Print)


def slug_key(marketplace: str, slug: str) -> str:
    """What a listing of which only shop and slug are known is found by; no listing's key looks so."""
    return f"{marketplace}/{slug.casefold()}"


class SeenListings:
    """The index, in a `ResolverFile`. Takes records in batches; the caller commits."""

    def __init__(self, file: ResolverFile) -> None:
        self._file = file

    def take_listings(self, records: Iterable[Record], now_ms: int) -> list[Sighting]:
        """Take in events of `listings`; what is none is passed over, as the worker keeps it with the dead letters."""
        rows, sightings = [], []
        for record in records:
            if not record.key or not record.value:
                continue
            try:
                event = _glance.decode(record.value)
                at_ms = int(event.observed_at.timestamp() * 1000)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError, OverflowError):
                continue
            is_removal = event.type == REMOVED
            # A removal that tells nothing else must not stand where the listing's content does.
            place = (record.partition, record.offset) if not is_removal or event.title else (None, None)
            for hashed in _hashes(record.key, event.url):
                rows.append((hashed, *place, now_ms, at_ms if is_removal else None))
                sightings.append(Sighting(hashed, at_ms, is_removal))
        self._file.db.executemany(_LISTINGS, rows)
        return sightings

    def take_fingerprints(self, records: Iterable[Record], now_ms: int) -> list[int]:
        """Take in records of `fingerprints`; the hashes of what was seen."""
        rows = []
        for record in records:
            if not record.key or not record.value:
                continue
            url = None
            if record.key.startswith(SLUGGED):
                try:
                    url = _print.decode(record.value).listing.url
                except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                    continue
            rows += [(hashed, record.partition, record.offset, now_ms) for hashed in _hashes(record.key, url)]
        self._file.db.executemany(_FINGERPRINTS, rows)
        return [row[0] for row in rows]

    def find(self, keys: Sequence[str]) -> list[SeenListing | None]:
        """Where each of these stands, by key or `slug_key`; None for what was never seen."""
        return [self._one(hash_of(key)) for key in keys]

    def forget_before(self, moment_ms: int) -> None:
        """Leave out what was not heard of since; Kafka has dropped it."""
        self._file.db.execute("DELETE FROM seen WHERE taken_ms < ?", (moment_ms,))

    def __len__(self) -> int:
        return int(self._file.db.execute("SELECT count(*) FROM seen").fetchone()[0])

    def _one(self, hashed: int) -> SeenListing | None:
        row = self._file.db.execute(
            "SELECT lp, lo, fp, fo, gone_ms, taken_ms FROM seen WHERE hash = ?", (hashed,)
        ).fetchone()
        if row is None:
            return None
        lp, lo, fp, fo, gone_ms, taken_ms = row
        return SeenListing(
            None if lp is None else Place(lp, lo), None if fp is None else Place(fp, fo), gone_ms, taken_ms
        )


def _hashes(key: bytes, url: str | None) -> list[int]:
    hashes = [hash_of(key)]
    if url and key.startswith(SLUGGED):
        target = recognise(url)
        if isinstance(target, LinkTarget) and target.slug:
            hashes.append(hash_of(slug_key(target.marketplace, target.slug)))
    return hashes
