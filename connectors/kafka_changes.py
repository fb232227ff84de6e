"""What a consumer group gives a member and takes from it, told from the client's thread to the reader's."""

import queue
from collections.abc import Iterator
from typing import Any

from kafka import ConsumerRebalanceListener, TopicPartition


class Changes(ConsumerRebalanceListener):  # type: ignore[misc]
    """What the group took from us and gave us; called from the client's own thread."""

    def __init__(self) -> None:
        self._seen: queue.SimpleQueue[tuple[bool, frozenset[TopicPartition]]] = queue.SimpleQueue()

    def on_partitions_revoked(self, revoked: Any) -> None:
        """They are, or will be, another member's."""
        self._seen.put((False, frozenset(revoked)))

    def on_partitions_assigned(self, assigned: Any) -> None:
        """We are in the group, with these."""
        # What is given anew begins at the last commit, whatever was yielded of it before.
        self._seen.put((True, frozenset(assigned)))

    def taken(self) -> Iterator[tuple[bool, frozenset[TopicPartition]]]:
        """Each change since the last call: whether we are in the group now, and the partitions whose places are
        no longer what they were.
        """
        while True:
            try:
                yield self._seen.get_nowait()
            except queue.Empty:
                return
