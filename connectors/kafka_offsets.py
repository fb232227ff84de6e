"""Where partitions begin and end: of every one that was asked for, or an error.

kafka-python 3.0.12 leaves a partition out of its answer while that has no leader, as just after a topic was made.
Whoever took such an answer for the whole would call a topic read to its end while a part of it was not begun.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kafka import TopicPartition
from kafka.errors import KafkaTimeoutError

WAIT_SECONDS = 10.0
AGAIN_SECONDS = 0.1


def of_every(
    ask: Callable[[Any], Mapping[TopicPartition, Any]],
    partitions: Iterable[TopicPartition],
    seconds: float = WAIT_SECONDS,
) -> dict[TopicPartition, Any]:
    """What a consumer's `beginning_offsets` or `end_offsets` says, asked again until each partition has an answer.

    Raises:
        KafkaTimeoutError: one has none after so many seconds; the message names it.
    """
    found: dict[TopicPartition, Any] = {}
    left = list(partitions)
    deadline = time.monotonic() + seconds
    while left:
        try:
            found.update(ask(left))
        except KeyError as error:
            # It stumbles itself over a partition that its answer lacks.
            if not isinstance(error.args[0], TopicPartition):
                raise
        left = [each for each in left if each not in found]
        if left and time.monotonic() > deadline:
            raise KafkaTimeoutError(
                f"no leader of {left[0].topic} {left[0].partition} says where it begins and ends"
            )
        if left:
            time.sleep(AGAIN_SECONDS)
    return found


def at_times(
    consumer: Any, times: Mapping[TopicPartition, int], seconds: float = WAIT_SECONDS
) -> dict[TopicPartition, Any]:
    """The same for `offsets_for_times`, in milliseconds since 1970; None where nothing came since."""
    return of_every(
        lambda left: consumer.offsets_for_times({each: times[each] for each in left}), times, seconds
    )
