"""Consoles that decide: pages on a database of each kind, verdicts on a real Kafka."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from console_client import Served
from deciding_console import deciding

from streams.console.database import Database
from streams.settings import Settings


@pytest.fixture
def desk(topics: Settings, database: Database) -> Iterator[Served]:
    """A console that sends verdicts to the test's topics; the feed does not run."""
    with deciding(topics, database) as site:
        yield site


@pytest.fixture
def sqlite_desk(topics: Settings, tmp_path: Path) -> Iterator[Served]:
    """The same on SQLite alone, where the database makes no difference."""
    database = Database(f"sqlite:///{tmp_path / 'console.sqlite'}")
    with deciding(topics, database) as site:
        yield site
    database.close()
