"""Which rights each part needs on Kafka, and why: the least with which it does all that it does.

Every line comes from what the code reads and writes. tests/rights runs each part with these rights alone on a broker
that writes down what it decides: a right that is missing or too much fails there.

No part needs IdempotentWrite on the cluster: who may write to a topic may do so idempotently (KIP-679, Kafka 2.8 and
later). None has a transactional id. Read and Write imply Describe (Kafka's documentation, "Operations in Kafka").
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from streams.settings import Settings
from streams.topics import (
    ALERTS,
    ALL_TOPICS,
    CONNECTOR_STATE,
    DEAD_LETTERS,
    FINGERPRINTS,
    HEARTBEATS,
    HELD_ALERTS,
    LISTINGS,
    POLICY_DIFFERENCES,
    SELLER_LINKS,
    SHARD_ANSWERS,
    TAKEDOWN_AUDIT,
    TAKEDOWN_FINGERPRINTS,
    TAKEDOWN_REQUESTS,
    TAKEDOWN_STATUS,
    TAKEDOWNS,
    VERDICTS,
    TopicSpec,
    topic_name,
    workers_group,
)

Resource = Literal["topic", "group", "cluster"]
Operation = Literal["Read", "Write", "Create", "Describe", "DescribeConfigs"]
"""As `kafka-acls` writes them."""
CLUSTER = "kafka-cluster"
"""The only name that the resource `cluster` has."""
USER_PREFIX = "User:relistwatch-"
"""Before a component's name: its user, where none is given."""


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """One operation on one resource of the broker. `prefixed`: on all whose names begin so."""

    resource: Resource
    name: str
    operation: Operation
    prefixed: bool = False

    def __str__(self) -> str:
        """Such as `Read on topic listings`."""
        if self.resource == "cluster":
            return f"{self.operation} on the cluster"
        return f"{self.operation} on {self.resource} {self.name}{'*' if self.prefixed else ''}"


@dataclass(frozen=True, slots=True)
class Need:
    """A right before the settings have named its resource. `of`: a topic, or what follows the workers' group in a
    group's name."""

    of: TopicSpec | str
    operation: Operation
    why: str
    prefixed: bool = False


@dataclass(frozen=True, slots=True)
class Component:
    """A part with a user of its own. `runs`: the commands that it is."""

    name: str
    runs: str
    needs: tuple[Need, ...]


def _reads(why: str, *topics: TopicSpec) -> Iterator[Need]:
    return (Need(topic, "Read", why) for topic in topics)


def _writes(why: str, *topics: TopicSpec) -> Iterator[Need]:
    return (Need(topic, "Write", why) for topic in topics)


def _sees(why: str, *topics: TopicSpec) -> Iterator[Need]:
    return (Need(topic, "Describe", why) for topic in topics)


OF_EVERY_GENERATION = ("-resolve", "-export-")
"""Groups that read no fingerprints: a change of generation is nothing to them."""
_BEATS = Need(HEARTBEATS, "Write", "says that it lives")
_CHECKPOINTS = (
    Need(CONNECTOR_STATE, "Read", "goes on where its last run ended"),
    Need(CONNECTOR_STATE, "Write", "keeps how far it is"),
)
_TOMBSTONES = Need(
    TAKEDOWN_FINGERPRINTS, "DescribeConfigs", "how old a snapshot may be (delete.retention.ms)"
)

COMPONENTS: tuple[Component, ...] = (
    Component(
        "administrator",
        "topics create, topics check",
        (
            *(Need(topic, "Create", "makes the topic") for topic in ALL_TOPICS),
            *_sees("whether it is there, and its partitions", *ALL_TOPICS),
            *(Need(topic, "DescribeConfigs", "whether it is as the settings say") for topic in ALL_TOPICS),
        ),
    ),
    Component(
        "connector",
        "connect",
        (*_writes("sends listings", LISTINGS), *_CHECKPOINTS, _BEATS),
    ),
    Component(
        "takedown-connector",
        "connect --topic takedowns",
        (*_writes("sends takedowns", TAKEDOWNS), *_CHECKPOINTS, _BEATS),
    ),
    Component(
        "worker",
        "worker",
        (
            Need("", "Read", "workers share the partitions, and commit"),
            *_reads("fingerprints them", LISTINGS, TAKEDOWNS),
            *_reads("matches them", FINGERPRINTS),
            *_reads("holds all takedowns", TAKEDOWN_FINGERPRINTS),
            _TOMBSTONES,
            *_reads("goes by what analysts say", VERDICTS),
            *_writes("what it makes of listings and takedowns", FINGERPRINTS, TAKEDOWN_FINGERPRINTS),
            *_writes("what it finds", ALERTS, SELLER_LINKS),
            *_writes("what a flood holds back", HELD_ALERTS),
            *_writes("what the shadow policy would decide otherwise", POLICY_DIFFERENCES),
            *_writes("what it cannot handle", DEAD_LETTERS),
            _BEATS,
        ),
    ),
    Component(
        "shard",
        "worker --shard",
        (
            Need("-shard-", "Read", "workers of a shard share the partitions, and commit", prefixed=True),
            Need("", "Describe", "begins where the workers without shards are"),
            Need(CLUSTER, "Describe", "which other shards there are"),
            *_reads("matches them", FINGERPRINTS),
            *_reads("holds its share of the takedowns", TAKEDOWN_FINGERPRINTS),
            _TOMBSTONES,
            *_reads("goes by what analysts say", VERDICTS),
            *_reads("gathers what the other shards found", SHARD_ANSWERS),
            *_writes("what it finds", SHARD_ANSWERS, ALERTS, SELLER_LINKS),
            *_writes("what a flood holds back", HELD_ALERTS),
            *_writes("what the shadow policy would decide otherwise", POLICY_DIFFERENCES),
            *_writes("what it cannot handle", DEAD_LETTERS),
            _BEATS,
        ),
    ),
    Component(
        "lookback",
        "lookback",
        (
            Need("-lookback-", "Read", "commits how far each shard is", prefixed=True),
            *_reads("the recent listings", FINGERPRINTS),
            *_reads("holds all takedowns", TAKEDOWN_FINGERPRINTS),
            _TOMBSTONES,
            *_reads("goes by what analysts say", VERDICTS),
            *_reads("sends no alert twice", ALERTS, HELD_ALERTS),
            *_writes("what it finds", ALERTS, SELLER_LINKS),
            *_writes("what a flood holds back", HELD_ALERTS),
            _BEATS,
        ),
    ),
    Component(
        "resolver",
        "takedowns resolve",
        (
            Need("-resolve", "Read", "resolvers share the requests, and commit"),
            *_reads("what is asked for", TAKEDOWN_REQUESTS),
            *_reads("what was seen", LISTINGS, FINGERPRINTS),
            *_reads("what was done before", TAKEDOWNS, TAKEDOWN_STATUS, TAKEDOWN_AUDIT),
            *_writes("puts takedowns in force", TAKEDOWNS),
            *_writes("says what became of requests and takedowns", TAKEDOWN_STATUS, TAKEDOWN_AUDIT),
            *_writes("what is no request", DEAD_LETTERS),
            _BEATS,
        ),
    ),
    Component(
        "importer",
        "takedowns import, takedowns add",
        (
            *_reads("leaves out what was requested before", TAKEDOWN_REQUESTS),
            *_writes("asks for takedowns", TAKEDOWN_REQUESTS),
        ),
    ),
    Component(
        "desk",
        "takedowns withdraw, status, report",
        (
            *_reads(
                "what is told of a takedown",
                TAKEDOWN_REQUESTS, TAKEDOWN_STATUS, TAKEDOWNS, TAKEDOWN_AUDIT, ALERTS, VERDICTS,
            ),
            *_writes("takes a takedown back, and says who did", TAKEDOWNS, TAKEDOWN_AUDIT),
        ),
    ),
    Component(
        "verdicts",
        "verdicts",
        (
            *_reads("the alert that is judged", ALERTS, HELD_ALERTS),
            *_reads("the verdicts in force", VERDICTS),
            *_writes("puts a verdict in force, or takes it back", VERDICTS),
        ),
    ),
    Component(
        "releaser",
        "alerts release",
        (
            *_reads("what is held, and what was released before", HELD_ALERTS, ALERTS),
            *_writes("lets held alerts go", ALERTS),
        ),
    ),
    Component(
        "console",
        "dashboard",
        (
            *_reads(
                "what its pages show",
                ALERTS, HELD_ALERTS, VERDICTS, TAKEDOWN_REQUESTS, TAKEDOWN_STATUS, TAKEDOWNS, TAKEDOWN_AUDIT,
                TAKEDOWN_FINGERPRINTS, SELLER_LINKS, DEAD_LETTERS,
            ),
            *_reads("which parts live", HEARTBEATS),
            *_sees("how far the workers are", LISTINGS, FINGERPRINTS),
            Need("", "Describe", "how far the workers are"),
            Need("-shard-", "Describe", "how far the shards are", prefixed=True),
            Need(CLUSTER, "Describe", "which shards there are"),
            *_writes("what analysts say", VERDICTS),
            *_writes("lets through what a flood holds back", ALERTS),
            *_writes("lists that are imported, and single requests", TAKEDOWN_REQUESTS),
            *_writes("takes a takedown back, and says who did", TAKEDOWNS, TAKEDOWN_AUDIT),
        ),
    ),
    Component(
        "replayer",
        "dead-letters list, show, replay",
        (
            *_reads("what was set aside", DEAD_LETTERS),
            *_writes(
                "sends it back to where it came from", LISTINGS, FINGERPRINTS, TAKEDOWNS, TAKEDOWN_REQUESTS
            ),
        ),
    ),
    Component(
        "exporter",
        "alerts export, alerts tail",
        (
            Need("-export-", "Read", "goes on where its last run ended", prefixed=True),
            *_reads("the alerts, with --held those held back", ALERTS, HELD_ALERTS),
        ),
    ),
    Component(
        "evidence",
        "evidence pack, evidence prune",
        tuple(
            _reads(
                "what belongs to a pack, and which photos are evidence",
                ALERTS, HELD_ALERTS, VERDICTS, TAKEDOWNS, SELLER_LINKS, LISTINGS, TAKEDOWN_FINGERPRINTS,
                FINGERPRINTS,
            )
        ),
    ),
    Component(
        "analysis",
        "policy, sellers, seller-links",
        tuple(_reads("what figures and graphs are made of", VERDICTS, POLICY_DIFFERENCES, SELLER_LINKS)),
    ),
    Component(
        "trace",
        "trace",
        tuple(
            _reads(
                "what happened to a listing",
                LISTINGS, DEAD_LETTERS, FINGERPRINTS, TAKEDOWN_REQUESTS, TAKEDOWN_STATUS, TAKEDOWNS,
                TAKEDOWN_AUDIT, ALERTS, HELD_ALERTS, VERDICTS, SELLER_LINKS,
            )
        ),
    ),
    Component(
        "doctor",
        "doctor",
        (
            *_reads("which parts live", HEARTBEATS),
            *_sees("partitions and replicas", *(each for each in ALL_TOPICS if each is not HEARTBEATS)),
            *(Need(topic, "DescribeConfigs", "whether it is as the settings say") for topic in ALL_TOPICS),
            Need(CLUSTER, "Describe", "the broker's clock"),
        ),
    ),
)  # fmt: skip
BY_NAME: Mapping[str, Component] = {component.name: component for component in COMPONENTS}


def right_of(need: Need, settings: Settings) -> Right:
    """The right on this installation's own topic or group."""
    if isinstance(need.of, TopicSpec):
        return Right("topic", topic_name(need.of, settings.topics), need.operation, need.prefixed)
    if need.of == CLUSTER:
        return Right("cluster", CLUSTER, need.operation)
    base = settings.kafka.group if need.of in OF_EVERY_GENERATION else workers_group(settings)
    return Right("group", base + need.of, need.operation, need.prefixed)


def rights_of(component: Component, settings: Settings) -> tuple[Right, ...]:
    """All that the component needs, in the order of its needs."""
    return tuple(right_of(need, settings) for need in component.needs)
