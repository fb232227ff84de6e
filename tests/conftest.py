"""One real Kafka for the whole session; topics and a consumer group of its own for each test."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings as properties

from streams.kafka_clients.topic_admin import create_topics
from streams.kafka_local.broker import LocalKafka
from streams.settings import Kafka, Settings, Topics, Worker

# The same examples in every run: what a run on record says, another can say again. New examples are looked for by
# hand: make test ARGS=--hypothesis-profile=default
properties.register_profile("steady", derandomize=True, deadline=None)
properties.load_profile("steady")

BEGUN_FIRST = frozenset({"takedown_bank", "takedowns", "verdicts", "worker"})
"""Folders with files of one to two minutes, late in the alphabet: begun last, they would end alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files are given to processes in this order (make test)."""
    items.sort(key=lambda item: item.path.parent.name not in BEGUN_FIRST)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    """The session's broker."""
    with LocalKafka(tmp_path_factory.mktemp("kafka"), die_with_parent=True) as broker:
        yield broker


@pytest.fixture
def settings(kafka: LocalKafka, tmp_path: Path) -> Settings:
    """Settings whose topics, group and files no other test has."""
    name = uuid.uuid4().hex[:8]
    return Settings(
        kafka=Kafka(bootstrap_servers=kafka.bootstrap_servers, group=f"g-{name}"),
        topics=Topics(prefix=f"{name}-", partitions=4),
        worker=Worker(data_dir=str(tmp_path / "data")),
    )


@pytest.fixture
def topics(settings: Settings) -> Settings:
    """The test's topics, created."""
    create_topics(settings)
    return settings
