"""One console at a time feeds a database. Another on the same database waits for its turn, and shows pages meanwhile.

On PostgreSQL the turn is an advisory lock of the very connection that writes: where the connection is lost, so are
the turn and the right to write. On SQLite it is a lock on a file beside the database.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, text

from streams.console.database import Database

ADVISORY_LOCK = 0x72656C6973740001
"""One number for all consoles of a database: 'relist' and the number of the lock."""
SILENCE = {"tcp_keepalives_idle": 10, "tcp_keepalives_interval": 5, "tcp_keepalives_count": 3}
"""Seconds, seconds and times after which PostgreSQL gives up a console whose machine is gone, and its turn with it;
without them the system's two hours."""


class Turn(Protocol):
    """The right to feed; given back by closing, or when the process ends in whatever way."""

    def take(self) -> bool:
        """Try to get it; whether it is ours now."""

    def write(self) -> AbstractContextManager[Connection]:
        """A transaction of whoever has the turn."""

    def close(self) -> None:
        """Give it back."""


def turn_on(database: Database) -> Turn:
    """The turn of this database."""
    return PostgresTurn(database) if database.is_postgres else SqliteTurn(database)


class PostgresTurn:
    """An advisory lock of a connection of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None

    def take(self) -> bool:
        """Try to get it; a failure of the database raises SQLAlchemyError."""
        if self._connection is None:
            connection = self._database.engine.connect()
            # Closed for good afterwards, not handed to a page with the lock still on it.
            connection.detach()
            self._connection = connection
            with connection.begin():
                for name, value in SILENCE.items():
                    connection.execute(text(f"SET {name} = {value}"))
        with self._connection.begin():
            return bool(self._connection.scalar(text(f"SELECT pg_try_advisory_lock({ADVISORY_LOCK})")))

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction on the connection that has the lock."""
        assert self._connection is not None  # noqa: S101  taken before
        with self._connection.begin():
            yield self._connection

    def close(self) -> None:
        """End the connection, and the lock with it."""
        if self._connection is not None:
            self._connection.close()


class SqliteTurn:
    """A lock on a file; the kernel frees it when the process ends."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock: int | None = None

    def take(self) -> bool:
        """Try to get it. Raises OSError where the file cannot be made."""
        path = self._database.engine.url.database
        if not path or path == ":memory:":
            return True
        if self._lock is None:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            self._lock = os.open(Path(f"{path}.feed-lock"), flags, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def write(self) -> AbstractContextManager[Connection]:
        """A transaction."""
        return self._database.write()

    def close(self) -> None:
        """Free the file."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
