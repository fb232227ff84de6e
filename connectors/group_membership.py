"""Whether Kafka takes a client for a member of its consumer group: asked of Kafka, not of the client."""

import time
from collections.abc import Mapping
from typing import Any

from kafka import KafkaAdminClient
from kafka import errors as kafka_errors

from connectors.kafka_refusal import administrator, is_hidden

ASK_MS = 10_000
LOST_SECONDS = 20.0
"""Without a partition for so long, a member asks Kafka whether it is one."""
IDLE = 2
"""Times as long with partitions that give nothing, which is usual."""
NO_GROUP = f"[Error {kafka_errors.GroupIdNotFoundError.errno}]"
"""How kafka-python's description of a group that Kafka does not know begins."""


class MembershipGuard:
    """Notices a consumer of kafka-python that takes itself for a member and is none (docs/decisions/022).

    kafka-python 3.0.12 was seen, on a busy machine, to take itself for a member of a group that Kafka held for empty:
    it polls for ever, is given nothing, and notices nothing; with its partitions, too, and without a heartbeat. One
    way there is closed (`connectors.group_consumer`); this notices others. A member without partitions because others
    have them all is known to Kafka, and is not lost.
    """

    def __init__(
        self,
        client: Mapping[str, Any],
        group: str,
        topic: str,
        lost_seconds: float = LOST_SECONDS,
        idle_seconds: float | None = None,
    ) -> None:
        """`idle_seconds`: with partitions that give nothing, instead of `IDLE` times `lost_seconds`."""
        self._client, self._group, self._topic = client, group, topic
        self._lost_seconds = lost_seconds
        self._idle_seconds = IDLE * lost_seconds if idle_seconds is None else idle_seconds
        self._heard_at = time.monotonic()

    def joined_anew(self) -> None:
        """The consumer is a new one: its time begins."""
        self._heard_at = time.monotonic()

    def is_lost(self, consumer: Any, *, heard: bool) -> bool:
        """Whether this consumer was given nothing for long and its group does not know it. `heard`: there were records.

        To be called after every poll. Asks Kafka at most once in `lost_seconds`, for at most some twenty seconds.

        Raises:
            TopicAuthorizationFailedError: it may no longer see its topic; the client says nothing of that.
        """
        now = time.monotonic()
        if heard:
            self._heard_at = now
            return False
        if now - self._heard_at <= (self._idle_seconds if consumer.assignment() else self._lost_seconds):
            return False
        self._heard_at = now
        if is_hidden(self._client, self._topic):
            raise kafka_errors.TopicAuthorizationFailedError(self._topic)
        return not self.knows(consumer)

    def knows(self, consumer: Any) -> bool:
        """Whether the group knows this consumer; while Kafka does not say, it does."""
        known = members(self._client, self._group)
        return known is None or str(consumer.group_metadata().member_id) in known


def members(client: Mapping[str, Any], group: str) -> set[str] | None:
    """The ids of the group's members. None where Kafka does not say. `client`: kafka-python's options."""
    try:
        admin = administrator(client, ASK_MS)
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
