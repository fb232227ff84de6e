"""What the resolver knows of takedowns: which are in force, and what befell them; kept in its own file.

Sightings of a taken-down listing go on the record once an hour at most; the newest counts.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from connectors.codec import Codec, RecordError
from connectors.field_types import Key, Marketplace
from connectors.takedown_status import TakedownChange, What
from streams.epoch import milliseconds, moment
from streams.kafka_clients.record_reader import Record
from streams.resolving.request_book import UNREADABLE, chunks
from streams.resolving.resolver_file import ResolverFile, hash_of
from streams.resolving.seen_listings import Sighting

SOURCE = "relistwatch/resolve"
"""CloudEvents source of what the resolver publishes."""
DESK = "relistwatch/takedowns"
"""And of what a person publishes by `relistwatch takedowns`; both are on the record already."""
REQUEST_HEADER = "relistwatch_request"
"""On a takedown that was published for a request: its id."""
TELL_AGAIN_MS = 3600 * 1000
UNKNOWN_PRODUCER = "an unknown producer"


class _Listing(Struct, frozen=True):
    marketplace: Marketplace
    listing_id: Key


class _Takedown(Struct, frozen=True):
    """What is kept of a takedown; its photos and texts are passed over."""

    takedown_id: Key
    listing: _Listing
    taken_down_at: datetime | None = None
    authority: str | None = None
    reason: str | None = None
    source: Literal["ministry", "manual", "ai", "platform"] | None = None


_takedown = msgspec.json.Decoder(_Takedown)
_change = Codec(TakedownChange)


class TakedownBook:
    """Takedowns by id and by listing. The caller commits."""

    def __init__(self, file: ResolverFile) -> None:
        self._file = file

    def take_takedowns(self, records: Iterable[Record], now_ms: int) -> list[TakedownChange]:
        """Take in records of `takedowns`; what another producer did, to be put on the record."""
        changes = []
        for record in records:
            takedown_id = (record.key or b"").decode("utf-8", "replace")
            source = _header(record, "ce_source") or ""
            if record.value is None:
                self._file.db.execute("UPDATE down SET in_force = 0 WHERE takedown_id = ?", (takedown_id,))
                made = None
            else:
                try:
                    made = _takedown.decode(record.value)
                except UNREADABLE:
                    continue
                if made.takedown_id != takedown_id:
                    continue
                since_ms = (
                    record.timestamp if made.taken_down_at is None else milliseconds(made.taken_down_at)
                )
                hashed = hash_of(f"{made.listing.marketplace}:{made.listing.listing_id}")
                request_id = _header(record, REQUEST_HEADER) if source == SOURCE else None
                self._file.db.execute(
                    "INSERT INTO down (takedown_id, hash, since_ms, in_force, request_id) VALUES (?1, ?2, ?3, 1, ?4) "
                    "ON CONFLICT (takedown_id) DO UPDATE SET hash = ?2, since_ms = ?3, in_force = 1, request_id = ?4",
                    (takedown_id, hashed, since_ms, request_id),
                )
            if source not in {SOURCE, DESK} and not self._is_noted(takedown_id, record.timestamp):
                changes.append(_by_another(takedown_id, made, source, record, now_ms))
        return [change for change in changes if change is not None]

    def _is_noted(self, takedown_id: str, at_ms: int) -> bool:
        query = "SELECT 1 FROM down WHERE takedown_id = ? AND noted >= ?"
        return self._file.db.execute(query, (takedown_id, at_ms)).fetchone() is not None

    def take_changes(self, records: Iterable[Record]) -> None:
        """Take in records of `takedown-audit`."""
        for record in records:
            if record.value is None:
                continue
            try:
                change = _change.decode(record.value).record
            except RecordError:
                continue
            column = {"listing seen": "seen_ms", "listing removed": "removed_ms", "withdrawn": "withdrawn_ms"}
            self._file.db.execute(
                "INSERT OR IGNORE INTO down (takedown_id, in_force) VALUES (?, 0)", (change.takedown_id,)
            )
            if name := column.get(change.what):
                self._file.db.execute(
                    f"UPDATE down SET {name} = max(coalesce({name}, 0), ?) WHERE takedown_id = ?",  # noqa: S608
                    (milliseconds(change.at), change.takedown_id),
                )
            if change.place is not None:
                self._file.db.execute(
                    "UPDATE down SET noted = max(noted, ?) WHERE takedown_id = ?",
                    (milliseconds(change.at), change.takedown_id),
                )

    def take_sightings(self, sightings: Sequence[Sighting], now_ms: int) -> list[TakedownChange]:
        """What is new of taken-down listings, to be put on the record."""
        if not sightings:
            return []
        down = self._down_by_hash({sighting.hash for sighting in sightings})
        newest: dict[str, TakedownChange] = {}
        for sighting in sightings:
            for takedown_id, since_ms, seen_ms, removed_ms in down.get(sighting.hash, ()):
                told = removed_ms if sighting.is_removal else seen_ms
                other = seen_ms if sighting.is_removal else removed_ms
                if not sighting.is_removal and sighting.at_ms <= (since_ms or 0):
                    continue
                # News is what differs from the last word, or the same after a while.
                if told is not None and sighting.at_ms < told + (TELL_AGAIN_MS if told > (other or 0) else 1):
                    continue
                change = _sighting(takedown_id, sighting, now_ms)
                newest[change.key] = change
        return list(newest.values())

    def _down_by_hash(self, hashes: set[int]) -> dict[int, list[tuple[str, int, int | None, int | None]]]:
        found: dict[int, list[tuple[str, int, int | None, int | None]]] = {}
        for chunk in chunks(sorted(hashes)):
            marks = ",".join("?" * len(chunk))
            rows = self._file.db.execute(
                "SELECT hash, takedown_id, since_ms, seen_ms, removed_ms FROM down "  # noqa: S608
                f"WHERE in_force AND hash IN ({marks})",
                chunk,
            )
            for hashed, *rest in rows:
                found.setdefault(hashed, []).append(tuple(rest))
        return found

    def in_force_for(self, takedown_id: str) -> str | None:
        """The request for which the takedown is in force, "" where it is for none; None where it is not in force."""
        row = self._file.db.execute(
            "SELECT coalesce(request_id, '') FROM down WHERE takedown_id = ? AND in_force "
            "AND NOT (request_id IS NOT NULL AND coalesce(withdrawn_ms, -1) >= since_ms)",
            (takedown_id,),
        ).fetchone()
        return None if row is None else str(row[0])

    def overtaken(self) -> list[str]:
        """Takedowns in force whose request is older than their withdrawal: published in the very moment that they
        were withdrawn, or the withdrawal ended half way."""
        rows = self._file.db.execute(
            "SELECT takedown_id FROM down WHERE in_force AND withdrawn_ms IS NOT NULL "
            "AND withdrawn_ms >= since_ms AND request_id IS NOT NULL"
        )
        return [row[0] for row in rows]

    def withdrawn_ms(self, takedown_id: str) -> int | None:
        """When it was withdrawn last, if ever."""
        query = "SELECT withdrawn_ms FROM down WHERE takedown_id = ?"
        row = self._file.db.execute(query, (takedown_id,)).fetchone()
        return None if row is None else row[0]


def _by_another(
    takedown_id: str, made: _Takedown | None, source: str, record: Record, now_ms: int
) -> TakedownChange | None:
    if not takedown_id or len(takedown_id) > 256:
        return None
    return TakedownChange(
        takedown_id=takedown_id,
        what="withdrawn" if made is None else "published",
        at=moment(record.timestamp),
        by=source[:200] or UNKNOWN_PRODUCER,
        reason=None if made is None else made.reason,
        place=f"{record.partition}:{record.offset}",
        noted_at=moment(now_ms),
        marketplace=None if made is None else made.listing.marketplace,
        authority=None if made is None else made.authority,
        source=None if made is None else made.source,
    )


def _sighting(takedown_id: str, sighting: Sighting, now_ms: int) -> TakedownChange:
    what: What = "listing removed" if sighting.is_removal else "listing seen"
    return TakedownChange(
        takedown_id=takedown_id, what=what, at=moment(sighting.at_ms), by=SOURCE, noted_at=moment(now_ms)
    )  # fmt: skip


def _header(record: Record, name: str) -> str | None:
    for each, value in record.headers or ():
        if each == name:
            return (value or b"").decode("utf-8", "replace")
    return None
