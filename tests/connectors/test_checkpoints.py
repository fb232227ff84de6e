"""Checkpoints on a real Kafka: the newest of each instance, safe when saved, and an error where they are unreadable."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.checkpoints import MAX_STATE_BYTES, FileCheckpoints, KafkaCheckpoints, checkpoint
from connectors.kafka_delivery import KafkaDelivery
from connectors.sdk import AbortError, RetryError
from streams.kafka_clients.kafka_options import client_options
from streams.settings import Kafka, Settings
from streams.topics import CONNECTOR_STATE, topic_name

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


@pytest.fixture
def store(topics: Settings) -> Iterator[KafkaCheckpoints]:
    """A store on the test's own topic."""
    made = KafkaCheckpoints(client_options(topics.kafka), topic_name(CONNECTOR_STATE, topics.topics))
    yield made
    made.close()


@pytest.mark.kafka
def test_the_newest_of_each_instance_is_read_back(store: KafkaCheckpoints, topics: Settings) -> None:
    assert store.load("shopee-1") is None
    for number in range(3):
        store.save("shopee-1", checkpoint("shopee", "1", {"until": number}, NOW))
        store.save("lazada-1", checkpoint("lazada", "1", {"until": -number}, NOW))
    again = KafkaCheckpoints(client_options(topics.kafka), topic_name(CONNECTOR_STATE, topics.topics))
    kept = again.load("shopee-1")
    assert kept == checkpoint("shopee", "1", {"until": 2}, NOW)
    assert {name: each.state for name, each in again.load_all().items()} == {
        "shopee-1": {"until": 2}, "lazada-1": {"until": -2},
    }  # fmt: skip
    again.forget("shopee-1")
    assert store.load("shopee-1") is None
    assert store.load("lazada-1") is not None
    again.close()


@pytest.mark.kafka
def test_what_cannot_be_read_says_what_to_do(store: KafkaCheckpoints, topics: Settings) -> None:
    with KafkaDelivery(client_options(topics.kafka), max_request_bytes=1 << 20) as delivery:
        delivery.send(topic_name(CONNECTOR_STATE, topics.topics), key=b"shopee-1", value=b'{"connector": 7')
        delivery.flush()
    with pytest.raises(AbortError, match="relistwatch connectors forget shopee-1"):
        store.load("shopee-1")


@pytest.mark.kafka
def test_a_state_without_measure_is_refused(store: KafkaCheckpoints) -> None:
    with pytest.raises(AbortError, match="bytes, 262144 allowed"):
        store.save("x", checkpoint("x", "1", {"all": "x" * MAX_STATE_BYTES}, NOW))


@pytest.mark.kafka
def test_no_topic_and_no_broker_are_told_apart(settings: Settings) -> None:
    missing = KafkaCheckpoints(client_options(settings.kafka), "no-such-topic")
    with pytest.raises(AbortError, match="relistwatch topics create"):
        missing.load("x")
    missing.close()
    away = KafkaCheckpoints(
        client_options(Kafka(bootstrap_servers="127.0.0.1:9")) | {"bootstrap_timeout_ms": 500}, "any"
    )
    with pytest.raises(RetryError):
        away.load("x")


def test_files_keep_them_where_there_is_no_broker(tmp_path: Path) -> None:
    store = FileCheckpoints(tmp_path / "connectors")
    assert store.load("shopee-1") is None
    for number in range(3):
        store.save("shopee-1", checkpoint("shopee", "1", {"until": number}, NOW))
    kept = FileCheckpoints(tmp_path / "connectors").load("shopee-1")
    assert kept == checkpoint("shopee", "1", {"until": 2}, NOW)
    assert [file.name for file in tmp_path.rglob("*.*")] == ["checkpoint.json"]
    (tmp_path / "connectors" / "shopee-1" / "checkpoint.json").write_bytes(b"{")
    with pytest.raises(AbortError, match="cannot be read"):
        store.load("shopee-1")


def test_a_folder_that_cannot_be_written_may_pass(tmp_path: Path) -> None:
    (tmp_path / "connectors").write_text("a file")
    with pytest.raises(RetryError, match="cannot be written"):
        FileCheckpoints(tmp_path / "connectors").save("x", checkpoint("x", "1", {}, NOW))
