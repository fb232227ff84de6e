"""What the resolver knows of requests and takedowns: read from Kafka, kept in its own file, small.

Sightings of a taken-down listing go on the record once an hour at most; the newest counts.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal, NamedTuple

import msgspec
from msgspec import Struct

from connectors.codec import Codec, RecordError
from connectors.field_types import Key, Marketplace
from connectors.takedown_status import TakedownChange, What
from streams.record_reader import Record
from streams.resolver_file import ResolverFile, hash_of
from streams.seen_listings import Place, Sighting, slug_key

SOURCE = "relistwatch/resolve"
"""CloudEvents source of what the resolver publishes."""
DESK = "relistwatch/takedowns"
"""And of what a person publishes by `relistwatch takedowns`; both are on the record already."""
REQUEST_HEADER = "relistwatch_request"
"""On a takedown that was published for a request: its id."""
TELL_AGAIN_MS = 3600 * 1000
UNKNOWN_PRODUCER = "an unknown producer"
CHUNK = 500


class Due(NamedTuple):
    """A request to be tried again; its status stands there on `takedown-status`."""

    request_id: str
    home: int
    place: Place


class _Request(Struct, frozen=True):
    marketplace: str | None = None
    listing_id: str | None = None
    slug: str | None = None


class _Status(Struct, frozen=True):
    """What is kept of a status."""

    request_id: str
    state: str
    partition: int
    tried_at: datetime
    request: _Request
    takedown_id: str | None = None
    reason: str | None = None
    next_try_at: datetime | None = None


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


_status = msgspec.json.Decoder(_Status)
_takedown = msgspec.json.Decoder(_Takedown)
_change = Codec(TakedownChange)
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError, OverflowError)


def target_key(marketplace: str | None, listing_id: str | None, slug: str | None) -> str | None:
    """What a request's listing is found by; None where its link leads to no listing."""
    if marketplace is None:
        return None
    if listing_id is not None:
        return f"{marketplace}:{listing_id}"
    return slug_key(marketplace, slug) if slug else None


class RequestBook:
    """The newest status of each request, and which takedowns are in force. The caller commits."""

    def __init__(self, file: ResolverFile) -> None:
        self._file = file

    def take_statuses(self, records: Iterable[Record]) -> None:
        """Take in records of `takedown-status`."""
        for record in records:
            key = (record.key or b"").decode("utf-8", "replace")
            if record.value is None:
                self._file.db.execute("DELETE FROM requests WHERE request_id = ?", (key,))
                continue
            try:
                status = _status.decode(record.value)
            except _UNREADABLE:
                continue
            asked = status.request
            target = target_key(asked.marketplace, asked.listing_id, asked.slug)
            hashed = None if target is None else hash_of(target)
            next_ms = None if status.next_try_at is None else _ms(status.next_try_at)
            if status.state == "unresolved" and self._was_seen_since(hashed, _ms(status.tried_at)):
                next_ms = 0
            self._file.db.execute(
                "INSERT OR REPLACE INTO requests VALUES (?, ?, ?, ?, ?, ?, ?)",
                (status.request_id, hashed, status.state, status.partition, next_ms,
                 record.partition, record.offset),
            )  # fmt: skip

    def _was_seen_since(self, hashed: int | None, tried_ms: int) -> bool:
        """A listing that came in between the try and the word of it would else wait for the next try."""
        query = "SELECT 1 FROM seen WHERE hash = ? AND taken_ms >= ?"
        return self._file.db.execute(query, (hashed, tried_ms)).fetchone() is not None

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
                except _UNREADABLE:
                    continue
                if made.takedown_id != takedown_id:
                    continue
                since_ms = record.timestamp if made.taken_down_at is None else _ms(made.taken_down_at)
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
                    (_ms(change.at), change.takedown_id),
                )
            if change.place is not None:
                self._file.db.execute(
                    "UPDATE down SET noted = max(noted, ?) WHERE takedown_id = ?",
                    (_ms(change.at), change.takedown_id),
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
        for chunk in _chunks(sorted(hashes)):
            marks = ",".join("?" * len(chunk))
            rows = self._file.db.execute(
                "SELECT hash, takedown_id, since_ms, seen_ms, removed_ms FROM down "  # noqa: S608
                f"WHERE in_force AND hash IN ({marks})",
                chunk,
            )
            for hashed, *rest in rows:
                found.setdefault(hashed, []).append(tuple(rest))
        return found

    def wake(self, hashes: Iterable[int]) -> int:
        """Try the unresolved requests for these listings again at once; how many those are."""
        woken = 0
        for chunk in _chunks(sorted(set(hashes))):
            marks = ",".join("?" * len(chunk))
            woken += self._file.db.execute(
                "UPDATE requests SET next_ms = 0 WHERE state = 'unresolved' "  # noqa: S608
                f"AND hash IN ({marks})",
                chunk,
            ).rowcount
        return woken

    def states(self, request_ids: Sequence[str]) -> dict[str, str]:
        """The states of those requests that are known."""
        found: dict[str, str] = {}
        for chunk in _chunks(list(request_ids)):
            marks = ",".join("?" * len(chunk))
            query = f"SELECT request_id, state FROM requests WHERE request_id IN ({marks})"  # noqa: S608
            found.update(self._file.db.execute(query, chunk))
        return found

    def due(self, now_ms: int, homes: Iterable[int], limit: int) -> list[Due]:
        """Unresolved requests of these partitions whose time has come, the longest due first."""
        wanted = sorted(homes)
        marks = ",".join("?" * len(wanted))
        rows = self._file.db.execute(
            "SELECT request_id, home, part, place FROM requests WHERE state = 'unresolved' "  # noqa: S608
            f"AND next_ms IS NOT NULL AND next_ms <= ? AND home IN ({marks}) ORDER BY next_ms LIMIT ?",
            (now_ms, *wanted, limit),
        )
        return [Due(request_id, home, Place(part, place)) for request_id, home, part, place in rows]

    def postpone(self, request_id: str, until_ms: int) -> None:
        """Leave a request alone that long, though it is due."""
        self._file.db.execute("UPDATE requests SET next_ms = ? WHERE request_id = ?", (until_ms, request_id))

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

    def counts(self) -> dict[str, int]:
        """How many requests are in each state."""
        return dict(self._file.db.execute("SELECT state, count(*) FROM requests GROUP BY state"))


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


def moment(ms: int) -> datetime:
    """Milliseconds since 1970 as a time in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _header(record: Record, name: str) -> str | None:
    for each, value in record.headers or ():
        if each == name:
            return (value or b"").decode("utf-8", "replace")
    return None


def _chunks(values: list[int] | list[str]) -> Iterable[list[int] | list[str]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]
