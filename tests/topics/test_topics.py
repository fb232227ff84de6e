"""Topics on a real broker: created once, checked against the settings, and an absent broker named."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from kafka.admin import ConfigResource, ConfigResourceType

from streams.kafka_clients.topic_admin import (
    BrokerUnavailableError,
    Difference,
    TopicsRefusedError,
    administration,
    check_topics,
    create_topics,
)
from streams.settings import Kafka, Settings
from streams.topics import ALL_TOPICS, topic_name
from streams.worker.worker_process import free_port


def with_topics(settings: Settings, **changes: Any) -> Settings:
    return msgspec.structs.replace(settings, topics=msgspec.structs.replace(settings.topics, **changes))


@pytest.mark.kafka
def test_created_once_and_then_as_the_settings_say(settings: Settings) -> None:
    missing = check_topics(settings)
    assert [str(difference) for difference in missing] == [
        f"{topic_name(spec, settings.topics)}: does not exist" for spec in ALL_TOPICS
    ]
    assert {difference.advice for difference in missing} == {"relistwatch topics create"}
    assert list(create_topics(settings).values()) == [True] * len(ALL_TOPICS)
    assert list(create_topics(settings).values()) == [False] * len(ALL_TOPICS)
    assert check_topics(settings) == []


@pytest.mark.kafka
def test_only_what_is_missing_is_created(topics: Settings) -> None:
    name = topics.topics.prefix + "verdicts"
    with administration(topics) as admin:
        admin.delete_topics([name])
    deadline = time.monotonic() + 10
    while [str(difference) for difference in check_topics(topics)] != [f"{name}: does not exist"]:
        assert time.monotonic() < deadline, "the deletion never reached the broker"
        time.sleep(0.05)
    created = create_topics(topics)
    assert [topic for topic, new in created.items() if new] == [name]
    assert check_topics(topics) == []


@pytest.mark.kafka
def test_many_who_create_at_once_all_succeed(settings: Settings) -> None:
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(create_topics, [settings] * 4))
    assert all(len(outcome) == len(ALL_TOPICS) for outcome in outcomes)
    for name in outcomes[0]:
        assert sum(outcome[name] for outcome in outcomes) == 1, f"{name} was created by one of them"
    assert check_topics(settings) == []


@pytest.mark.kafka
def test_a_setting_raised_after_creation_is_found_and_the_advice_mends_it(topics: Settings) -> None:
    raised = with_topics(topics, max_message_bytes=9_000_000)
    differences = check_topics(raised)
    prefix = topics.topics.prefix
    assert f"{prefix}alerts: max.message.bytes is 8388608, must be 9000000" in map(str, differences)
    # Dead letters have a limit of their own.
    assert {difference.topic for difference in differences} == {
        topic_name(spec, topics.topics) for spec in ALL_TOPICS if spec.name != "dead-letters"
    }
    alerts = next(difference for difference in differences if difference.topic == f"{prefix}alerts")
    follow(alerts.advice)
    wait_until_without(raised, f"{prefix}alerts")


@pytest.mark.kafka
def test_too_few_partitions_are_found_and_compacted_topics_are_not_told_to_grow(topics: Settings) -> None:
    raised = with_topics(topics, partitions=6)
    found = {
        difference.topic.removeprefix(topics.topics.prefix): difference for difference in check_topics(raised)
    }
    assert str(found["listings"]).endswith("listings: number of partitions is 4, must be 6")
    assert "connector-state" not in found, "it has one partition whatever the settings say"
    assert found["listings"].advice == "relistwatch topics grow --partitions 6"
    assert "docs/runbooks/growing-partitions.md" in found["fingerprints"].advice
    assert "takedowns" not in found, "it cannot grow, and has little to carry"


@pytest.mark.kafka
def test_a_config_that_someone_changed_on_the_broker_is_found(topics: Settings) -> None:
    name = topics.topics.prefix + "fingerprints"
    with administration(topics) as admin:
        changed = {"cleanup.policy": "delete", "retention.ms": "60000"}
        answer = admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, changed)])
    assert answer == {"topic": {name: "OK"}}
    assert {str(difference) for difference in differences_once_there(topics)} == {
        f"{name}: cleanup.policy is delete, must be compact,delete",
        f"{name}: retention.ms is 60000, must be 2592000000",
    }


@pytest.mark.kafka
def test_more_replicas_than_brokers_is_refused_with_the_brokers_reason(settings: Settings) -> None:
    with pytest.raises(
        TopicsRefusedError,
        match=rf"refuses {len(ALL_TOPICS)} of {len(ALL_TOPICS)} .* only 1 broker.* See topics\.replication",
    ):
        create_topics(with_topics(settings, replication=3))
    assert len(check_topics(settings)) == len(ALL_TOPICS)


def test_settings_that_no_write_could_satisfy_are_refused_before_any_broker_is_asked() -> None:
    with pytest.raises(TopicsRefusedError, match=r"topics\.min_insync is 2, more than topics\.replication"):
        create_topics(with_topics(Settings(), min_insync=2))


def test_an_absent_broker_is_named_with_what_to_do() -> None:
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(BrokerUnavailableError, match=f"{address}.*relistwatch kafka up"):
        create_topics(Settings(kafka=Kafka(bootstrap_servers=address)))


def test_a_certificate_that_is_not_there_is_named_by_its_setting() -> None:
    kafka = Kafka(security_protocol="SSL", ssl_cafile="/nowhere/ca.pem")
    with pytest.raises(BrokerUnavailableError, match=r"cannot prepare TLS .*kafka\.ssl_cafile"):
        check_topics(Settings(kafka=kafka))


def differences_once_there(settings: Settings) -> list[Difference]:
    """The controller says yes before each broker has heard of it: look until there is a difference."""
    deadline = time.monotonic() + 10
    while not (differences := check_topics(settings)):
        assert time.monotonic() < deadline, "the change never reached the broker"
        time.sleep(0.05)
    return differences


def follow(advice: str) -> None:
    """Do what the advice says, as a person would in a shell."""
    assert advice.startswith("python -m kafka.admin ")
    arguments = advice.partition("  #")[0].split()[1:]
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr


def wait_until_without(settings: Settings, name: str) -> None:
    """Until the check names this topic no more."""
    deadline = time.monotonic() + 10
    while name in {difference.topic for difference in check_topics(settings)}:
        assert time.monotonic() < deadline, f"{name} still differs"
        time.sleep(0.05)
