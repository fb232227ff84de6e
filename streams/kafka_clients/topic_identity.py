"""Which topic it really is: a name can be given to another topic, and a broker's address to another cluster."""

import structlog
from kafka.admin import ConfigResource, ConfigResourceType
from msgspec import Struct

from streams.kafka_clients.topic_admin import BrokerUnavailableError, administration
from streams.settings import Settings

log = structlog.get_logger(__name__)

TOMBSTONES_KEPT = 24 * 3600.0
"""Seconds: Kafka's default of `delete.retention.ms`, for brokers that do not let us read it."""


class TopicIdentity(Struct, frozen=True):
    """A topic of a cluster. `topic_id` is new each time the topic is made (KIP-516); empty from brokers before
    2.8."""

    cluster_id: str
    topic: str
    topic_id: str


def identify(settings: Settings, topic: str) -> TopicIdentity:
    """Which topic that is.

    Raises:
        BrokerUnavailableError: no broker answers, or it has no such topic.
    """
    with administration(settings) as admin:
        cluster_id = admin.describe_cluster().get("cluster_id")
        described = [one for one in admin.describe_topics([topic]) if one["name"] == topic]
    if not described or not described[0]["partitions"] or not cluster_id:
        raise BrokerUnavailableError(f"{topic}: the broker does not describe it")
    return TopicIdentity(str(cluster_id), topic, str(described[0].get("topic_id") or ""))


def tombstones_kept(settings: Settings, topic: str) -> float:
    """For how many seconds at least the topic keeps a tombstone (`delete.retention.ms`). Asked apart: reading a topic's
    configuration needs a right of its own, DescribeConfigs."""
    try:
        with administration(settings) as admin:
            resource = ConfigResource(ConfigResourceType.TOPIC, topic)
            config = admin.describe_configs([resource], config_filter="all")["topic"][topic]
            return float(config["delete.retention.ms"]["value"]) / 1000
    except (BrokerUnavailableError, KeyError, TypeError, ValueError) as error:
        log.info("delete.retention.ms cannot be read, its default is taken", topic=topic, error=repr(error))
        return TOMBSTONES_KEPT
