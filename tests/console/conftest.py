"""What tests of the console work with: both databases that it may have, a test's own view of the topics, a browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from console_client import Served, console_in, served
from kafka_client import KafkaClient
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


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Served]:
    """The pages of a console with an empty database."""
    with console_in(tmp_path) as console, served(console) as site:
        yield site


@pytest.fixture
def client(topics: Settings) -> Iterator[KafkaClient]:
    """The test's own view of its topics."""
    client = KafkaClient(topics)
    yield client
    client.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Debian's browser, for a module: while it is open its event loop runs, and no other can."""
    from open_pages import browser

    with browser() as chromium:
        yield chromium
