"""A member of a consumer group that is not lost while it joins.

kafka-python 3.0.12 sends a join and waits for its answer within a poll. Where the poll ends first, the next one asks
anew whether to join: a change of the topic's partitions or of the subscription, which was the reason, counts as dealt
with since the join was sent, so the answer is never looked at. The member then has neither partitions nor a heartbeat,
burns a core, and is put out of its group when its session ends.
"""

from typing import Any

from kafka import KafkaConsumer

JOIN_MS = 2_000
"""To wait for the answer in one poll, whatever its own time; the next poll waits on."""


class GroupConsumer(KafkaConsumer):  # type: ignore[misc]
    """As `KafkaConsumer`, for members of a group."""

    def poll(self, timeout_ms: int = 0, **options: Any) -> Any:
        """As `KafkaConsumer.poll`. Where a join was begun, it is gone on with first, for at most `JOIN_MS`."""
        coordinator = self._coordinator
        if coordinator._join_task is not None:
            coordinator.request_rejoin()
            coordinator.ensure_active_group(timeout_ms=JOIN_MS)
        return super().poll(timeout_ms=timeout_ms, **options)
