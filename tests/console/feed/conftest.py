"""A database that is fed record by record, and a test's own view of the topics."""

from collections.abc import Iterator

import pytest
from feed_records import Feeding
from kafka_client import KafkaClient

from streams.console.database import Database
from streams.settings import Settings


@pytest.fixture
def feeding(database: Database) -> Iterator[Feeding]:
    """An empty database of each kind."""
    feeding = Feeding(database)
    yield feeding
    feeding.turn.close()


@pytest.fixture
def client(topics: Settings) -> Iterator[KafkaClient]:
    """Writes to the test's topics."""
    client = KafkaClient(topics)
    yield client
    client.close()
