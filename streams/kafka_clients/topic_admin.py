"""Creating the topics, and checking that they are as they must be."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import KafkaError, NoError, TopicAlreadyExistsError, for_code

from connectors.kafka_refusal import refusal
from connectors.kafka_sign_in import sign_in_trouble
from streams.kafka_clients.broker_trouble import why_unreachable
from streams.kafka_clients.kafka_options import client_options
from streams.settings import Settings, SettingsError
from streams.topics import ALL_TOPICS, TopicSpec, topic_name

TIMEOUT_MS = 10_000
READY_MS = 60_000
"""Until topics that the cluster has accepted have their leaders: a busy one needs more than ten seconds."""


class BrokerUnavailableError(RuntimeError):
    """The broker cannot be reached, or refuses us; the message names it and says what to do."""


class TopicsRefusedError(RuntimeError):
    """The broker answers but does not create the topics so; the message names each and why."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing about a topic that is not as the settings say, and what to do about it."""

    topic: str
    what: str
    is_: str | None
    must_be: str
    advice: str

    def __str__(self) -> str:
        if self.is_ is None:
            return f"{self.topic}: does not exist"
        return f"{self.topic}: {self.what} is {self.is_}, must be {self.must_be}"


@contextmanager
def administration(settings: Settings) -> Iterator[KafkaAdminClient]:
    """A client for administration; closed at the end.

    Raises:
        BrokerUnavailableError: nothing answers within ten seconds, then or later, or it refuses us.
    """
    where = settings.kafka.bootstrap_servers
    try:
        options = client_options(settings.kafka)
    except SettingsError as error:
        raise BrokerUnavailableError(str(error)) from None
    if (trouble := sign_in_trouble(options)) is not None:
        raise BrokerUnavailableError(trouble)
    try:
        admin = KafkaAdminClient(**options, request_timeout_ms=TIMEOUT_MS, bootstrap_timeout_ms=TIMEOUT_MS)
    except (KafkaError, OSError, ValueError) as error:
        raise BrokerUnavailableError(why_unreachable(settings.kafka, error)) from error
    try:
        yield admin
    except KafkaError as error:
        lacks = refusal(error, "what was asked")
        raise BrokerUnavailableError(
            lacks or f"Kafka at {where} does not do what was asked ({error})"
        ) from error
    finally:
        admin.close()


def create_topics(settings: Settings) -> dict[str, bool]:
    """Create the topics that are missing; for each name, whether it was created now.

    Raises:
        BrokerUnavailableError: no broker answers.
        TopicsRefusedError: the broker does not create them so; those that it did create stay.
    """
    if settings.topics.min_insync > settings.topics.replication:
        raise TopicsRefusedError(
            f"topics.min_insync is {settings.topics.min_insync}, more than topics.replication "
            f"({settings.topics.replication}): no record could ever be written. Lower the one or raise the other"
        )
    names = {topic_name(spec, settings.topics): spec for spec in ALL_TOPICS}
    with administration(settings) as admin:
        missing = {name: names[name] for name in sorted(names.keys() - set(admin.list_topics()))}
        created = _create(admin, missing, settings) if missing else set()
    return {name: name in created for name in names}


def _create(admin: KafkaAdminClient, missing: dict[str, TopicSpec], settings: Settings) -> set[str]:
    wanted = {
        name: {
            "num_partitions": spec.partitions or settings.topics.partitions,
            "replication_factor": settings.topics.replication,
            "configs": spec.config(settings.topics),
        }
        for name, spec in missing.items()
    }
    answers = admin.create_topics(wanted, timeout_ms=TIMEOUT_MS, raise_errors=False)["topics"]
    errors = {answer["name"]: for_code(answer["error_code"]) for answer in answers}
    # One that another process created between our look and our call is what we wanted.
    refused = [
        f"{answer['name']}: {answer['error_message'] or errors[answer['name']].__name__}"
        for answer in answers
        if errors[answer["name"]] not in {NoError, TopicAlreadyExistsError}
    ]
    there = [name for name in wanted if errors[name] in {NoError, TopicAlreadyExistsError}]
    if there:
        admin.wait_for_topics(there, timeout_ms=READY_MS)
    if refused:
        raise TopicsRefusedError(
            f"the broker refuses {len(refused)} of {len(wanted)} topics; the first is {refused[0]} "
            "See topics.replication, topics.partitions and the rights of kafka.sasl_username"
        )
    return {name for name, error in errors.items() if error is NoError}


def check_topics(settings: Settings) -> list[Difference]:
    """All that is not as the settings say; empty where all is well.

    Raises:
        BrokerUnavailableError: no broker answers.
    """
    names = {topic_name(spec, settings.topics): spec for spec in ALL_TOPICS}
    with administration(settings) as admin:
        existing = sorted(names.keys() & set(admin.list_topics()))
        differences = [
            Difference(name, "topic", None, "there", "relistwatch topics create")
            for name in names
            if name not in existing
        ]
        if existing:
            described = {topic["name"]: topic for topic in admin.describe_topics(existing)}
            resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in existing]
            configs = admin.describe_configs(resources, config_filter="all")["topic"]
    for name in existing:
        differences += _compare_shape(name, names[name], described[name]["partitions"], settings)
        differences += _compare_config(name, names[name], configs[name], settings)
    return differences


def _compare_shape(
    name: str, spec: TopicSpec, partitions: list[dict[str, Any]], settings: Settings
) -> Iterator[Difference]:
    least = spec.partitions or settings.topics.partitions
    # More partitions than the settings ask for is growth, not a fault. Fewer is none either where a topic cannot grow:
    # it was made when the settings asked for fewer, and has little to carry.
    if len(partitions) < least and (spec.of_generation or "compact" not in spec.cleanup):
        advice = f"relistwatch topics grow --partitions {least}"
        if spec.of_generation:
            advice = "begin a new generation of fingerprints: docs/runbooks/growing-partitions.md"
        yield Difference(name, "number of partitions", str(len(partitions)), str(least), advice)
    replicas = min((len(partition["replica_nodes"]) for partition in partitions), default=0)
    if replicas != settings.topics.replication:
        advice = f"set topics.replication to {replicas}, or move the replicas with Kafka's kafka-reassign-partitions"
        yield Difference(name, "replication", str(replicas), str(settings.topics.replication), advice)


def _compare_config(
    name: str, spec: TopicSpec, config: dict[str, dict[str, Any]], settings: Settings
) -> Iterator[Difference]:
    for key, must in spec.config(settings.topics).items():
        value = str(config[key]["value"]) if key in config else "unknown to this broker"
        # A list such as compact,delete comes back in any order.
        if sorted(value.split(",")) != sorted(must.split(",")):
            advice = _kafka_command(settings, f"configs alter -r topic -n {name} -c {key}={must}")
            yield Difference(name, key, value, must, advice)


def _kafka_command(settings: Settings, rest: str) -> str:
    """A call of kafka-python's own command, as a shell takes it; signing in is left to the reader."""
    protocol = settings.kafka.security_protocol
    sign_in = "" if protocol == "PLAINTEXT" else f" -S {protocol} (and how to sign in)"
    return f"python -m kafka.admin -b {settings.kafka.bootstrap_servers}{sign_in} {rest}"
