"""Pushed hints on the disk: that a listing changed, until a detail fetch has confirmed it and Kafka has it.

A push says little and may be repeated, late or out of order, so it is never an event itself. What is in the
inbox survives a SIGKILL: `add` returns when the disk has it, and a hint leaves only by `done`.
"""

import hashlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from msgspec import Struct

from connectors.clock import Clock, SystemClock
from connectors.errors import AbortError, RetryError

What = Literal["created", "updated", "removed", "unknown"]
MOST_HINTS = 100_000
"""Some 20 MB of ids: hours of pushes while Kafka or the marketplace is away."""
REMEMBER_DAYS = 7.0
"""Done hints are known this long, so that a push sent again is not fetched again."""
REMEMBER_MOST = 500_000
UNREADABLE_MOST = 1000
UNREADABLE_BYTES = 16 * 1024 * 1024
ID_LENGTH = 256
FIRST_PAUSE = 60.0
LONGEST_PAUSE = 3600.0
"""Seconds before a taken hint that was not done comes again: from the first, doubling up to the longest."""
COUNTED = 1000
"""Waiting hints are counted up to here, and done ids forgotten once in so many: neither may cost much."""
SCHEMA = 1
TABLES = """
CREATE TABLE hints (turn INTEGER PRIMARY KEY AUTOINCREMENT, hint_id TEXT NOT NULL UNIQUE,
    listing_id TEXT NOT NULL, what TEXT NOT NULL, received_at REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, due_at REAL NOT NULL DEFAULT 0);
CREATE INDEX hints_due ON hints (due_at);
CREATE TABLE done (hint_id TEXT PRIMARY KEY, done_at REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX done_at ON done (done_at);
CREATE TABLE unreadable (number INTEGER PRIMARY KEY AUTOINCREMENT, digest BLOB NOT NULL UNIQUE,
    received_at REAL NOT NULL, why TEXT NOT NULL, body BLOB NOT NULL);
"""
DUE = "(due_at <= :now OR due_at > :now + :longest)"
"""A time further ahead than any pause is from before the clock was set back: due now."""


class Hint(Struct, frozen=True):
    """A listing changed, says a push. `hint_id` is the push's own id or a digest of its body."""

    hint_id: str
    listing_id: str
    what: What
    received_at: datetime


class InboxFullError(RetryError):
    """There is no room: the sender must come again."""


class Unreadable(Struct, frozen=True):
    """A signed push that was not understood, kept for an operator."""

    received_at: datetime
    why: str
    body: bytes


def well_formed(hint: Hint) -> bool:
    """Whether the ids are 1 to 256 characters long and `what` is one of the four."""
    return (
        all(0 < len(text) <= ID_LENGTH for text in (hint.hint_id, hint.listing_id))
        and hint.what in get_args(What)
        and hint.received_at.tzinfo is not None
    )


class HintInbox:
    """The hints of one connector instance, in one SQLite file; used by the receiver's and the source's thread.

    A hint that is taken goes to the back at once and comes again after a pause unless it is done: so one
    whose detail fetch keeps failing never holds up the others, and is never lost. What was taken before a
    crash is due again when the file is opened.
    """

    def __init__(
        self,
        path: Path,
        *,
        most: int = MOST_HINTS,
        remember_days: float = REMEMBER_DAYS,
        remember_most: int = REMEMBER_MOST,
        clock: Clock | None = None,
    ) -> None:
        """Open the file, made (0600) if there is none.

        Raises:
            AbortError: it cannot be read or written, or is no such file.
        """
        self._path = path
        self._most = most
        self._remember_seconds = remember_days * 86_400
        self._remember_most = remember_most
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._done_since = 0
        try:
            path.touch(mode=0o600)
            # Readable by its owner alone; SQLite gives its own files beside it the same mode.
            self._file = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)
            self._prepare()
        except (OSError, sqlite3.Error) as error:
            raise AbortError(f"hints: cannot use {path}: {error}") from None

    def _prepare(self) -> None:
        # FULL: a commit returns when the write-ahead log is on the disk, also for a power cut.
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = FULL")
        with self._transaction():
            version = self._file.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                for statement in filter(str.strip, TABLES.split(";")):
                    self._file.execute(statement)
                self._file.execute(f"PRAGMA user_version = {SCHEMA}")
            elif version != SCHEMA:
                raise sqlite3.DatabaseError(f"its layout is {version}, not {SCHEMA}")
            self._file.execute("UPDATE hints SET due_at = 0")
            self._forget(self._clock.now().timestamp())

    def add(self, hints: Sequence[Hint]) -> list[bool]:
        """Keep these on the disk, all or none; True for each that was not known.

        Raises:
            InboxFullError: there is no room for the new ones.
            RetryError: the disk does not take them.
        """
        with self._guarded():
            new = [self._insert(hint) for hint in hints]
            if any(new) and self._count("hints") > self._most:
                raise InboxFullError(f"hints: {self._path.name} is full ({self._most})")
            return new

    def _insert(self, hint: Hint) -> bool:
        if self._file.execute("SELECT 1 FROM done WHERE hint_id = ?", (hint.hint_id,)).fetchone():
            return False
        row = (hint.hint_id, hint.listing_id, hint.what, hint.received_at.timestamp())
        insert = "INSERT OR IGNORE INTO hints (hint_id, listing_id, what, received_at) VALUES (?, ?, ?, ?)"
        return self._file.execute(insert, row).rowcount == 1

    def waiting(self) -> int:
        """How many may be taken now; not counted further than a thousand."""
        with self._guarded(write=False):
            query = f"SELECT count(*) FROM (SELECT 1 FROM hints WHERE {DUE} LIMIT {COUNTED})"  # noqa: S608
            return int(self._file.execute(query, self._times()).fetchone()[0])

    def held(self) -> int:
        """How many are not done yet, those taken and those in a pause among them."""
        with self._guarded(write=False):
            return self._count("hints")

    def take(self, limit: int) -> list[Hint]:
        """The next hints in their turn. Each counts an attempt and goes to the back.

        Raises:
            RetryError: the file cannot be written.
        """
        with self._guarded():
            query = f"""SELECT turn, hint_id, listing_id, what, received_at, attempts FROM hints
                WHERE {DUE} ORDER BY turn LIMIT :limit"""  # noqa: S608
            rows = self._file.execute(query, {**self._times(), "limit": limit}).fetchall()
            last = self._file.execute("SELECT max(turn) FROM hints").fetchone()[0]
            now = self._clock.now().timestamp()
            self._file.executemany(
                "UPDATE hints SET turn = ?, attempts = ?, due_at = ? WHERE turn = ?",
                [
                    (last + place, attempts + 1, now + pause(attempts + 1), turn)
                    for place, (turn, *_, attempts) in enumerate(rows, start=1)
                ],
            )
        return [
            Hint(hint_id, listing_id, what, datetime.fromtimestamp(received, UTC))
            for _, hint_id, listing_id, what, received, _ in rows
        ]

    def attempts(self, hint_id: str) -> int:
        """How often it was taken; 0 also where it is unknown or done."""
        with self._guarded(write=False):
            row = self._file.execute("SELECT attempts FROM hints WHERE hint_id = ?", (hint_id,)).fetchone()
            return 0 if row is None else int(row[0])

    def done(self, hint_ids: Sequence[str]) -> None:
        """The sink has acknowledged what came of these: forget them, but for their ids.

        Raises:
            RetryError: the file cannot be written.
        """
        with self._guarded():
            now = self._clock.now().timestamp()
            ids = [(hint_id,) for hint_id in hint_ids]
            self._file.executemany("DELETE FROM hints WHERE hint_id = ?", ids)
            self._file.executemany("INSERT OR REPLACE INTO done VALUES (?, ?)", [(*id_, now) for id_ in ids])
            self._done_since += len(ids)
            if self._done_since >= COUNTED:
                self._forget(now)

    def _forget(self, now: float) -> None:
        self._done_since = 0
        self._file.execute("DELETE FROM done WHERE done_at < ?", (now - self._remember_seconds,))
        if (over := self._count("done") - self._remember_most) > 0:
            oldest = "SELECT hint_id FROM done ORDER BY done_at LIMIT ?"
            self._file.execute(f"DELETE FROM done WHERE hint_id IN ({oldest})", (over,))  # noqa: S608

    def keep_unreadable(self, body: bytes, why: str) -> None:
        """Keep a signed push that nobody understood; the oldest leave when they are too many or too much."""
        with self._guarded():
            digest = hashlib.sha256(body).digest()
            row = (digest, self._clock.now().timestamp(), why, body)
            insert = "INSERT OR IGNORE INTO unreadable (digest, received_at, why, body) VALUES (?, ?, ?, ?)"
            self._file.execute(insert, row)
            newest = """SELECT number, row_number() OVER (ORDER BY number DESC) AS place,
                sum(length(body)) OVER (ORDER BY number DESC) AS bytes FROM unreadable"""
            self._file.execute(
                f"""DELETE FROM unreadable WHERE number IN
                    (SELECT number FROM ({newest}) WHERE place > ? OR (bytes > ? AND place > 1))""",  # noqa: S608
                (UNREADABLE_MOST, UNREADABLE_BYTES),
            )

    def unreadable(self) -> list[Unreadable]:
        """What `keep_unreadable` has kept, the oldest first."""
        with self._guarded(write=False):
            rows = self._file.execute("SELECT received_at, why, body FROM unreadable ORDER BY number")
            return [Unreadable(datetime.fromtimestamp(at, UTC), why, body) for at, why, body in rows]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()

    def _times(self) -> dict[str, float]:
        return {"now": self._clock.now().timestamp(), "longest": LONGEST_PAUSE}

    def _count(self, table: Literal["hints", "done"]) -> int:
        return int(self._file.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608

    @contextmanager
    def _guarded(self, *, write: bool = True) -> Iterator[None]:
        """One thread at a time; a write is one transaction; what SQLite cannot do may be repeated."""
        try:
            with self._lock:
                if write:
                    with self._transaction():
                        yield
                else:
                    yield
        except sqlite3.Error as error:
            raise RetryError(f"hints: {self._path.name}: {error}") from None

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._file.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._file.execute("COMMIT")
        except BaseException:
            if self._file.in_transaction:
                self._file.execute("ROLLBACK")
            raise


def pause(attempts: int) -> float:
    """Seconds from the taking number `attempts` (from 1) until the hint comes again."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(attempts - 1, 60))
