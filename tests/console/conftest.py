"""Both databases that the console may have: a real PostgreSQL for the session, an empty database for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres_server import PostgresServer, programs

from streams.console.context import Console
from streams.console.database import Database
from streams.settings import Settings


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The session's PostgreSQL."""
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    with PostgresServer(found) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database; the test runs once on each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'console.sqlite'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.database()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The same, opened."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def console_on_both(database: Database) -> Iterator[Console]:
    """A console with an empty database of each kind; for pages: `with served(console_on_both) as site`."""
    console = Console(Settings(), database)
    yield console
    console.close()
