"""A database that is fed record by record, and a test's own view of the topics."""

from collections.abc import Iterator

import pytest
from feed_records import Feeding

from streams.console.database import Database


@pytest.fixture
def feeding(database: Database) -> Iterator[Feeding]:
    """An empty database of each kind."""
    feeding = Feeding(database)
    yield feeding
    feeding.turn.close()
