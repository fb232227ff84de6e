"""What the cluster says of itself: who leads what, who is in sync, who is in the workers' group."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import KafkaError

OFFSETS_TOPIC = "__consumer_offsets"
ASK_MS = 4000
UNREACHABLE = (KafkaError, OSError, RuntimeError, ValueError, KeyError, IndexError)
"""What asking a cluster in trouble raises, an answer without what was asked for among it."""


class ClusterView:
    """Asks anew each time, since a client that lived through a fault may believe what was before."""

    def __init__(self, servers: list[str], group: str) -> None:
        self._servers, self._group = servers, group

    @contextmanager
    def _admin(self) -> Iterator[Any]:
        admin = KafkaAdminClient(
            bootstrap_servers=self._servers, request_timeout_ms=ASK_MS, bootstrap_timeout_ms=ASK_MS
        )
        try:
            yield admin
        finally:
            admin.close()

    def append_time(self, topics: list[str]) -> None:
        """Let the brokers stamp these topics' records, so that a time says when a record was there for others."""
        with self._admin() as admin:
            admin.alter_configs(
                [
                    ConfigResource(
                        ConfigResourceType.TOPIC, name, {"message.timestamp.type": "LogAppendTime"}
                    )
                    for name in topics
                ]
            )

    def leader(self, topic: str, partition: int) -> int:
        """The node (0-based) that leads the partition. Raises one of UNREACHABLE."""
        with self._admin() as admin:
            (found,) = admin.describe_topics([topic])
        by_number = {each["partition_index"]: each["leader_id"] for each in found["partitions"]}
        return int(by_number[partition]) - 1

    def coordinator(self) -> int:
        """The node (0-based) that coordinates the group: the leader of its partition of the offsets' topic (Kafka's
        GroupMetadataManager.partitionFor). Raises one of UNREACHABLE."""
        with self._admin() as admin:
            (found,) = admin.describe_topics([OFFSETS_TOPIC])
        partition = abs(java_hash(self._group)) % len(found["partitions"])
        return (
            int(
                next(
                    each["leader_id"] for each in found["partitions"] if each["partition_index"] == partition
                )
            )
            - 1
        )

    def out_of_sync(self) -> int | None:
        """Partitions with a replica that is behind, on all topics; None where nobody answers."""
        try:
            with self._admin() as admin:
                topics = admin.describe_topics()
        except UNREACHABLE:
            return None
        return sum(
            len(each["isr_nodes"]) < len(each["replica_nodes"])
            for topic in topics
            for each in topic["partitions"]
        )

    def members(self) -> int | None:
        """Members of the group, where it is settled; None where it is not, or nobody answers."""
        try:
            with self._admin() as admin:
                found = admin.describe_groups([self._group])[self._group]
        except UNREACHABLE:
            return None
        return len(found["members"]) if found["group_state"] == "Stable" else None


def java_hash(text: str) -> int:
    """java.lang.String.hashCode (Java SE API), as a signed 32-bit number."""
    value = 0
    for character in text:
        value = (31 * value + ord(character)) & 0xFFFFFFFF
    return value - (1 << 32) if value >= 1 << 31 else value
