"""Whether Kafka takes a client for a member of its consumer group: asked of Kafka, not of the client."""

import time
from collections.abc import Mapping
from typing import Any

from kafka import KafkaAdminClient
from kafka import errors as kafka_errors

ASK_MS = 10_000
LOST_SECONDS = 20.0
"""Without a partition for so long, a member asks Kafka whether it is one."""
NO_GROUP = f"[Error {kafka_errors.GroupIdNotFoundError.errno}]"
"""How kafka-python's description of a group that Kafka does not know begins."""


class MembershipGuard:
    """Notices a consumer of kafka-python that takes itself for a member and is none (docs/decisions/022).

    kafka-python 3.0.12 was seen, on a busy machine, to take itself for a member of a group that Kafka held for empty:
    it polls for ever, is given nothing, and notices nothing. A member without partitions because others have them all
    is known to Kafka, and is not lost.
    """

    def __init__(self, client: Mapping[str, Any], group: str, lost_seconds: float = LOST_SECONDS) -> None:
        self._client, self._group, self._lost_seconds = client, group, lost_seconds
        self._held_at = time.monotonic()

    def joined_anew(self) -> None:
        """The consumer is a new one: its time begins."""
        self._held_at = time.monotonic()

    def is_lost(self, consumer: Any) -> bool:
        """Whether this consumer has been without partitions for long and its group does not know it.

        To be called at every poll. Asks Kafka at most once in `lost_seconds`, for at most some twenty seconds.
        """
        now = time.monotonic()
        if consumer.assignment():
            self._held_at = now
        elif now - self._held_at > self._lost_seconds:
            self._held_at = now
            return not self.knows(consumer)
        return False

    def knows(self, consumer: Any) -> bool:
        """Whether the group knows this consumer; while Kafka does not say, it does."""
        known = members(self._client, self._group)
        return known is None or str(consumer.group_metadata().member_id) in known


def members(client: Mapping[str, Any], group: str) -> set[str] | None:
    """The ids of the group's members. None where Kafka does not say. `client`: kafka-python's options, of which those
    that an administration client has are used."""
    options = {name: value for name, value in client.items() if name in KafkaAdminClient.DEFAULT_CONFIG}
    limits = {"request_timeout_ms": ASK_MS, "bootstrap_timeout_ms": ASK_MS}
    try:
        admin = KafkaAdminClient(**(options | limits))
    except (kafka_errors.KafkaError, OSError, ValueError):
        return None
    try:
        described = description(admin, group)
    except kafka_errors.KafkaError:
        return None
    finally:
        admin.close()
    return None if described is None else {str(member["member_id"]) for member in described["members"]}


def description(admin: KafkaAdminClient, group: str) -> dict[str, Any] | None:
    """What Kafka says of the group: `members` and `group_state` among it. None where its coordinator does not say, such
    as while it loads the group.

    Raises:
        KafkaError: Kafka does not answer.
    """
    (described,) = admin.describe_groups([group]).values()
    error = described["error"]
    if error is not None and not error.startswith(NO_GROUP):
        return None
    return dict(described)
