"""Creating the topics, and checking that they are as they must be."""

from dataclasses import dataclass

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import KafkaError, TopicAlreadyExistsError

from streams.kafka_options import client_options
from streams.settings import Settings
from streams.topics import ALL_TOPICS, TopicSpec, topic_name

TIMEOUT_MS = 10_000


class BrokerUnavailableError(RuntimeError):
    """The broker cannot be reached, or refuses us; the message names it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing about a topic that is not as the settings say."""

    topic: str
    what: str
    is_: str | None
    must_be: str

    def __str__(self) -> str:
        if self.is_ is None:
            return f"{self.topic}: does not exist. Run: relistwatch topics create"
        return f"{self.topic}: {self.what} is {self.is_}, must be {self.must_be}"


def admin_client(settings: Settings) -> KafkaAdminClient:
    """A client for administration.

    Raises:
        BrokerUnavailableError: nothing answers within ten seconds.
    """
    try:
        return KafkaAdminClient(
            **client_options(settings.kafka), request_timeout_ms=TIMEOUT_MS, bootstrap_timeout_ms=TIMEOUT_MS
        )
    except KafkaError as error:
        raise BrokerUnavailableError(
            f"no Kafka answers at {settings.kafka.bootstrap_servers} ({error}). "
            "Is it up? A local one: relistwatch kafka up"
        ) from error


def create_topics(settings: Settings) -> dict[str, bool]:
    """Create the topics that are missing; for each name, whether it was created now."""
    admin = admin_client(settings)
    try:
        existing = set(admin.list_topics())
        missing = [spec for spec in ALL_TOPICS if topic_name(spec, settings.topics) not in existing]
        if missing:
            _create(admin, missing, settings)
        return {topic_name(spec, settings.topics): spec in missing for spec in ALL_TOPICS}
    finally:
        admin.close()


def _create(admin: KafkaAdminClient, missing: list[TopicSpec], settings: Settings) -> None:
    wanted = {
        topic_name(spec, settings.topics): {
            "num_partitions": spec.partitions or settings.topics.partitions,
            "replication_factor": settings.topics.replication,
            "configs": spec.config(settings.topics),
        }
        for spec in missing
    }
    try:
        admin.create_topics(wanted, timeout_ms=TIMEOUT_MS, wait_for_metadata=True)
    except TopicAlreadyExistsError:
        # Someone else created it between our look and our call: what we wanted.
        admin.wait_for_topics(list(wanted))


def check_topics(settings: Settings) -> list[Difference]:
    """All that is not as the settings say; empty where all is well."""
    admin = admin_client(settings)
    try:
        names = {topic_name(spec, settings.topics): spec for spec in ALL_TOPICS}
        existing = names.keys() & set(admin.list_topics())
        differences = [Difference(name, "topic", None, "there") for name in names if name not in existing]
        if existing:
            described = {topic["name"]: topic for topic in admin.describe_topics(sorted(existing))}
            resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in sorted(existing)]
            configs = next(iter(admin.describe_configs(resources, config_filter="all").values()))
            for name in sorted(existing):
                differences += _compare(name, names[name], described[name], configs[name], settings)
        return differences
    finally:
        admin.close()


def _compare(
    name: str,
    spec: TopicSpec,
    topic: dict[str, list[dict[str, list[int]]]],
    config: dict[str, dict[str, str]],
    settings: Settings,
) -> list[Difference]:
    partitions = topic["partitions"]
    least = spec.partitions or settings.topics.partitions
    found = []
    # More partitions than the settings ask for is growth, not a fault.
    if len(partitions) < least:
        found.append(Difference(name, "number of partitions", str(len(partitions)), str(least)))
    replicas = min(len(partition["replica_nodes"]) for partition in partitions)
    if replicas != settings.topics.replication:
        found.append(Difference(name, "replication", str(replicas), str(settings.topics.replication)))
    for key, must in spec.config(settings.topics).items():
        value = str(config[key]["value"])
        if sorted(value.split(",")) != sorted(must.split(",")):
            found.append(Difference(name, key, value, must))
    return found
