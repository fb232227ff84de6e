"""What a consumer group gives a member and takes from it, told from the client's thread to the reader's."""

import queue
from collections.abc import Iterator
from typing import Any

from kafka import ConsumerRebalanceListener, TopicPartition


class Changes(ConsumerRebalanceListener):  # type: ignore[misc]
    """What the group took from us and gave us; called from the client's own thread.

    A rebalance revokes every partition and mostly gives the same ones back, which the client then reads on from where
    it was (kafka-python 3.0.12, `SubscriptionState.assign_from_subscribed`). Only what does not come back is lost.
    """

    def __init__(self) -> None:
        self._seen: queue.SimpleQueue[tuple[bool, frozenset[TopicPartition]]] = queue.SimpleQueue()
        self._ours: frozenset[TopicPartition] = frozenset()

    def on_partitions_revoked(self, _revoked: Any) -> None:
        """A rebalance has begun: which of them stay ours is not said yet."""
        self._seen.put((False, frozenset()))

    def on_partitions_assigned(self, assigned: Any) -> None:
        """We are in the group, with these and no others."""
        before, self._ours = self._ours, frozenset(assigned)
        self._seen.put((True, before - self._ours))

    def on_partitions_lost(self, lost: Any) -> None:
        """The group has put us out; what it gives us after that begins at the last commit."""
        self._ours = frozenset()
        self._seen.put((False, frozenset(lost)))

    def taken(self) -> Iterator[tuple[bool, frozenset[TopicPartition]]]:
        """Each change since the last call: whether we are in the group now, and which partitions are ours no more."""
        while True:
            try:
                yield self._seen.get_nowait()
            except queue.Empty:
                return
