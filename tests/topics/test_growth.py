"""Which topics may have more partitions, and that those that are worked off wait until they are quiet."""

import os

import loaded_command
import pytest
from kafka import TopicPartition
from kafka_client import KafkaClient

from streams.kafka_clients.group_places import set_places
from streams.kafka_clients.topic_admin import administration, check_topics
from streams.settings import Settings, as_environment
from streams.topics import ALERTS, ALL_TOPICS, CONNECTOR_STATE, FINGERPRINTS, LISTINGS, TAKEDOWNS
from streams.upkeep.topic_growth import NotQuietError, course_of, grow_topics


def call(settings: Settings, *arguments: str) -> tuple[int, str]:
    done = loaded_command.call(arguments, os.environ | as_environment(settings))
    return done.returncode, done.stdout


def test_a_topic_whose_older_values_would_stay_behind_never_grows() -> None:
    assert course_of(LISTINGS, 4, 8) == course_of(ALERTS, 4, 8) == "grow"
    assert course_of(LISTINGS, 8, 8) == "enough"
    assert course_of(TAKEDOWNS, 4, 8) == "never"
    assert course_of(FINGERPRINTS, 4, 8) == "next generation"
    assert course_of(CONNECTOR_STATE, 1, 8) == "always one"
    for spec in ALL_TOPICS:
        assert course_of(spec, 1, 2) != "grow" or "compact" not in spec.cleanup


@pytest.mark.kafka
def test_listings_grow_only_when_all_that_came_is_finished(topics: Settings) -> None:
    client = KafkaClient(topics)
    client.send_all("listings", [("k", b"{}")])
    (message,) = client.existing("listings")
    client.close()
    with pytest.raises(NotQuietError, match=r"1 records wait; nothing was changed"):
        grow_topics(topics, 6)
    steps = {step.spec.name: step for step in grow_topics(topics, 6, dry_run=True)}
    assert (steps["listings"].partitions, steps["alerts"].partitions) == (4, 4), "all or nothing"
    with administration(topics) as admin:
        name = topics.topics.prefix + "listings"
        set_places(admin, topics.kafka.group, {TopicPartition(name, message.partition): message.offset + 1})
    code, out = call(topics, "topics", "grow", "--partitions", "6", "--wait", "10")
    assert code == 0, out
    steps = {step.spec.name: step for step in grow_topics(topics, 6)}
    assert {name for name, step in steps.items() if step.partitions == 6} == {
        "listings", "takedown-requests", "alerts", "held-alerts", "policy-differences", "dead-letters"
    }  # fmt: skip
    assert {step.course for step in steps.values() if step.partitions != 6} == {
        "never", "next generation", "always one"
    }  # fmt: skip
    code, out = call(topics, "topics", "lag")
    assert (code, out.split()) == (0, ["listings", "0", "fingerprints", "0", "takedowns", "0"])
    assert not [each for each in check_topics(topics) if each.what == "number of partitions"], (
        "more than asked for is no fault"
    )
