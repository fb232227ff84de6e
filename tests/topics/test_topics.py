"""Topics on a real broker: created once, checked against the settings, and an absent broker named."""

import msgspec
import pytest

from streams.doctor import examine, redacted
from streams.settings import Kafka, Settings, Topics
from streams.topic_admin import BrokerUnavailableError, check_topics, create_topics
from streams.worker_process import free_port


@pytest.mark.kafka
def test_created_once_and_then_as_the_settings_say(settings: Settings) -> None:
    assert len(check_topics(settings)) == 10
    assert all(create_topics(settings).values())
    assert not any(create_topics(settings).values())
    assert check_topics(settings) == []


@pytest.mark.kafka
def test_what_differs_is_named_with_both_values(topics: Settings) -> None:
    raised = msgspec.structs.replace(
        topics, topics=msgspec.structs.replace(topics.topics, partitions=6, max_message_bytes=9_000_000)
    )
    said = [str(difference) for difference in check_topics(raised)]
    prefix = topics.topics.prefix
    assert f"{prefix}listings: number of partitions is 4, must be 6" in said
    assert f"{prefix}alerts: max.message.bytes is 8388608, must be 9000000" in said
    assert not any("connector-state: number of partitions" in line for line in said)


def test_an_absent_broker_is_named_with_what_to_do() -> None:
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(BrokerUnavailableError, match=f"{address}.*relistwatch kafka up"):
        create_topics(Settings(kafka=Kafka(bootstrap_servers=address)))


@pytest.mark.kafka
def test_doctor_finds_all_well_and_says_what_is_not(topics: Settings) -> None:
    findings = {finding.check: finding for finding in examine(topics)}
    assert {finding.state for finding in findings.values()} <= {"ok", "warn"}, findings
    assert findings.keys() >= {"python", "faust-streaming", "clock", "disk", "broker", "topics", "clock skew"}
    elsewhere = msgspec.structs.replace(topics, topics=Topics(prefix="absent-"))
    failed = {finding.check: finding for finding in examine(elsewhere) if finding.state == "fail"}
    assert failed.keys() == {"topics"}
    assert "relistwatch topics create" in failed["topics"].advice


def test_secrets_are_not_shown() -> None:
    shown = redacted(Settings(kafka=Kafka(sasl_username="ops", sasl_password="rahasia")))
    assert shown["kafka"]["sasl_password"] == "***"
    assert shown["kafka"]["sasl_username"] == "ops"
    assert redacted(Settings())["kafka"]["sasl_password"] is None
