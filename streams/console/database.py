"""The console's database: opened, made on first use, read and written in short transactions."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, delete, event, insert, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from streams.console.tables import FROM_TOPICS, META, METADATA
from streams.settings import Settings

VERSION = "2"
EARLIER = ("1",)
"""Versions whose other tables were as they are: only what comes from the topics is made again."""
BUSY_SECONDS = 15
MAKING_LOCK = 0x72656C6973740000
"""PostgreSQL's advisory lock of whoever makes the tables: 'relist' and the number of the lock."""


class DatabaseError(Exception):
    """The database cannot be used; the message says why and names the setting, never a password."""


class Database:
    """One database for one console, or for several when it is PostgreSQL. Safe to use from several threads."""

    def __init__(self, url: str) -> None:
        """Raises DatabaseError: the URL is none, or there is nothing behind it."""
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise DatabaseError("dashboard.database is no database's address") from error
        self.place = parsed.render_as_string(hide_password=True)
        self.is_postgres = parsed.get_backend_name() == "postgresql"
        if self.is_postgres:
            parsed = parsed.set(drivername="postgresql+psycopg")
        elif parsed.get_backend_name() != "sqlite":
            raise DatabaseError(f"{self.place}: dashboard.database is sqlite:///FILE or postgresql://...")
        try:
            self.engine = _sqlite(parsed.database or "") if not self.is_postgres else _postgres(parsed)
            self._make_tables()
        except (SQLAlchemyError, OSError) as error:
            raise DatabaseError(f"{self.place} cannot be used: {_first_line(error)}") from error

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads; others may write meanwhile."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that writes: all of it, or nothing when the block raises. SQLite lets one in at a time."""
        with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Disconnect."""
        self.engine.dispose()

    def _make_tables(self) -> None:
        """In one transaction: several consoles may start at once on an empty database."""
        with self.write() as connection:
            if self.is_postgres:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({MAKING_LOCK})"))
            META.create(connection, checkfirst=True)
            held = connection.scalar(select(META.c.value).where(META.c.name == "version"))
            if held not in {None, VERSION, *EARLIER}:
                raise DatabaseError(
                    f"{self.place} has tables of version {held}, this program has {VERSION}: take another database"
                )
            if held in EARLIER:
                METADATA.drop_all(connection, tables=FROM_TOPICS)
                connection.execute(delete(META))
            METADATA.create_all(connection)
            if held != VERSION:
                connection.execute(insert(META).values(name="version", value=VERSION))


def database_url(settings: Settings) -> str:
    """The settings' database, or `console.sqlite` in the worker's `data_dir`."""
    if settings.dashboard.database is not None:
        return settings.dashboard.database
    return f"sqlite:///{Path(settings.worker.data_dir).expanduser() / 'console.sqlite'}"


def _sqlite(path: str) -> Engine:
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        for pragma in (
            "journal_mode = WAL",
            "synchronous = NORMAL",
            "cache_size = -65536",
            "mmap_size = 268435456",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer that begins as a reader cannot wait for another writer: it fails at once.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgres(url: Any) -> Engine:
    try:
        return create_engine(url, pool_size=8, max_overflow=8, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise DatabaseError("PostgreSQL needs its driver: pip install 'relistwatch[postgres]'") from error


def _first_line(error: Exception) -> str:
    """What the driver says, without the statement and its values."""
    return str(getattr(error, "orig", None) or error).partition("\n")[0]
