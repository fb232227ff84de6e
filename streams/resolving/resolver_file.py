"""The resolver's own file: where each seen listing stands on Kafka, and what the topics say of requests.

Everything in it comes from Kafka and is made again from there when the file is lost. The offsets up to which it
has read each topic are in it too, written in the same transaction: after a SIGKILL it goes on where it was.
Some tens of bytes a listing; the records themselves are read from Kafka.
"""

import fcntl
import os
import sqlite3
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path

VERSION = 1
MOST_PROCESSES = 64
"""Resolvers that share a folder, each with a file of its own."""

TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE offsets (topic TEXT, partition INTEGER, next INTEGER NOT NULL, PRIMARY KEY (topic, partition))
    WITHOUT ROWID;
CREATE TABLE seen (hash INTEGER PRIMARY KEY, lp INTEGER, lo INTEGER, fp INTEGER, fo INTEGER,
    taken_ms INTEGER NOT NULL, gone_ms INTEGER);
CREATE TABLE requests (request_id TEXT PRIMARY KEY, hash INTEGER, state TEXT NOT NULL, home INTEGER NOT NULL,
    next_ms INTEGER, part INTEGER NOT NULL, place INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX waiting ON requests (hash) WHERE state = 'unresolved';
CREATE INDEX due ON requests (next_ms) WHERE state = 'unresolved' AND next_ms IS NOT NULL;
CREATE TABLE down (takedown_id TEXT PRIMARY KEY, hash INTEGER, since_ms INTEGER, in_force INTEGER NOT NULL,
    seen_ms INTEGER, removed_ms INTEGER, withdrawn_ms INTEGER, noted INTEGER NOT NULL DEFAULT 0, request_id TEXT)
    WITHOUT ROWID;
CREATE INDEX down_listing ON down (hash);
CREATE INDEX overtaken ON down (takedown_id) WHERE in_force AND withdrawn_ms IS NOT NULL;
"""
"""`seen`: a listing's newest state that had content on `listings` (partition lp, offset lo), its fingerprint (fp, fo),
when the file last heard of it, and when it was removed if that is the last word. `requests`: the newest status of
each, standing at part:place of `takedown-status`. `down`: takedowns, and the last sightings that are on the record."""


def hash_of(key: str | bytes) -> int:
    """64 bits of a digest, as SQLite's integers are. Two keys may share it: the record read says whose it is."""
    raw = key.encode() if isinstance(key, str) else key
    return int.from_bytes(blake2b(raw, digest_size=8).digest(), "big", signed=True)


class ResolverFile:
    """One process's file in `folder`; a second process takes the next one. Close it.

    Raises:
        OSError: the folder cannot be used, or too many resolvers do.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock, self.path = _claimed(folder)
        self.db = self._opened()

    def begin(self, identity: Mapping[str, str]) -> None:
        """Make sure that it tells of these topics of this cluster; else begin with an empty one."""
        held = dict(self.db.execute("SELECT name, value FROM meta"))
        if held == {"version": str(VERSION), **identity}:
            return
        self._emptied()
        self.db.executemany(
            "INSERT INTO meta VALUES (?, ?)", [("version", str(VERSION)), *sorted(identity.items())]
        )
        self.db.commit()

    def offsets(self) -> dict[tuple[str, int], int]:
        """The next offset to read of each topic and partition."""
        return {(topic, part): offset for topic, part, offset in self.db.execute("SELECT * FROM offsets")}

    def commit(self, offsets: Mapping[tuple[str, int], int]) -> None:
        """Keep what was taken in, and how far that is."""
        self.db.executemany(
            "INSERT OR REPLACE INTO offsets VALUES (?, ?, ?)",
            [(topic, partition, offset) for (topic, partition), offset in offsets.items()],
        )
        self.db.commit()

    def close(self) -> None:
        """Close it; what was not committed is forgotten and read again."""
        self.db.close()
        os.close(self._lock)

    def _opened(self) -> sqlite3.Connection:
        try:
            return self._connected()
        except sqlite3.DatabaseError:
            # Damaged, as by a full disk: all of it is on Kafka too.
            self._remove()
            return self._connected()

    def _connected(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, isolation_level="DEFERRED", cached_statements=256)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA cache_size = -65536")
        if not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            db.executescript(TABLES)
        db.execute("SELECT 1 FROM meta, offsets, seen, requests, down LIMIT 1").fetchone()
        return db

    def _emptied(self) -> None:
        self.db.close()
        self._remove()
        self.db = self._connected()

    def _remove(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)


def _claimed(folder: Path) -> tuple[int, Path]:
    for number in range(MOST_PROCESSES):
        lock = os.open(folder / f"{number}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            continue
        return lock, folder / f"{number}.sqlite"
    raise OSError(f"{folder} is used by {MOST_PROCESSES} resolvers already")
