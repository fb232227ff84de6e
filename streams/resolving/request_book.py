"""What the resolver knows of requests: read from Kafka, kept in its own file, small."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from msgspec import Struct

from streams.epoch import milliseconds
from streams.kafka_clients.record_reader import Record
from streams.resolving.resolver_file import ResolverFile, hash_of
from streams.resolving.seen_listings import Place, slug_key

CHUNK = 500


class Due(NamedTuple):
    """A request to be tried again; its status stands there on `takedown-status`."""

    request_id: str
    home: int
    place: Place


class Waiting(NamedTuple):
    """Unresolved requests: how many are `due`, how many have their next try `later`, and when the one that is due for
    longest became due, None where that is now."""

    due: int
    later: int
    since_ms: int | None


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


_status = msgspec.json.Decoder(_Status)
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError, OverflowError)


def target_key(marketplace: str | None, listing_id: str | None, slug: str | None) -> str | None:
    """What a request's listing is found by; None where its link leads to no listing."""
    if marketplace is None:
        return None
    if listing_id is not None:
        return f"{marketplace}:{listing_id}"
    return slug_key(marketplace, slug) if slug else None


class RequestBook:
    """The newest status of each request. The caller commits."""

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
            except UNREADABLE:
                continue
            asked = status.request
            target = target_key(asked.marketplace, asked.listing_id, asked.slug)
            hashed = None if target is None else hash_of(target)
            next_ms = None if status.next_try_at is None else milliseconds(status.next_try_at)
            if status.state == "unresolved" and self._was_seen_since(hashed, milliseconds(status.tried_at)):
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

    def wake(self, hashes: Iterable[int]) -> int:
        """Try the unresolved requests for these listings again at once; how many those are."""
        woken = 0
        for chunk in chunks(sorted(set(hashes))):
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
        for chunk in chunks(list(request_ids)):
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

    def waiting(self, now_ms: int, homes: Iterable[int]) -> Waiting:
        """How much of these partitions is tried again, now or later. Those that are given up wait for nothing."""
        wanted = sorted(homes)
        marks = ",".join("?" * len(wanted))
        # A request whose listing came in is due at once: its next try is 0.
        query = (
            "SELECT count(*) FILTER (WHERE next_ms <= ?1), count(*) FILTER (WHERE next_ms > ?1), "  # noqa: S608
            "min(next_ms) FILTER (WHERE next_ms > 0 AND next_ms <= ?1) FROM requests "
            f"WHERE state = 'unresolved' AND next_ms IS NOT NULL AND home IN ({marks})"
        )
        return Waiting(*self._file.db.execute(query, (now_ms, *wanted)).fetchone())

    def postpone(self, request_id: str, until_ms: int) -> None:
        """Leave a request alone that long, though it is due."""
        self._file.db.execute("UPDATE requests SET next_ms = ? WHERE request_id = ?", (until_ms, request_id))

    def counts(self) -> dict[str, int]:
        """How many requests are in each state."""
        return dict(self._file.db.execute("SELECT state, count(*) FROM requests GROUP BY state"))


def chunks(values: list[int] | list[str]) -> Iterable[list[int] | list[str]]:
    """The values in lists that fit into one statement of SQL."""
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]
