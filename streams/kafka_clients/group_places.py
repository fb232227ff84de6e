"""Where consumer groups stand, asked and set from outside.

A cluster that has met no group yet makes the topic for their offsets first, and has no coordinator for a second. So
each asks again for `patience` seconds; who asks again by itself, and may be told to stop meanwhile, has none.
"""

import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from kafka import TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    NoError,
    NotCoordinatorError,
)
from kafka.structs import OffsetAndMetadata

from connectors.group_membership import description

PATIENCE_SECONDS = 20.0
AGAIN_SECONDS = 0.3
SOON = (CoordinatorNotAvailableError, CoordinatorLoadInProgressError, NotCoordinatorError)
Places = dict[TopicPartition, int]
T = TypeVar("T")


class PlacesRefusedError(RuntimeError):
    """Kafka does not give a group these places, such as for a member that it has."""


def members_of(admin: KafkaAdminClient, group: str) -> int:
    """How many members the group has; none where Kafka does not know it."""
    return len((_patiently(lambda: description(admin, group), PATIENCE_SECONDS) or {}).get("members") or ())


def places_in(
    admin: KafkaAdminClient,
    group: str,
    partitions: list[TopicPartition] | None = None,
    *,
    patience: float = PATIENCE_SECONDS,
) -> Places:
    """The group's next offsets on these partitions, or on all that it has any on."""
    found = _patiently(lambda: admin.list_group_offsets({group: partitions}), patience).get(group, {})
    return {place: at.offset for place, at in found.items() if at.offset >= 0}


def set_places(
    admin: KafkaAdminClient,
    group: str,
    places: Mapping[TopicPartition, int],
    *,
    patience: float = PATIENCE_SECONDS,
) -> None:
    """Give a group these places.

    Raises:
        PlacesRefusedError: Kafka does not.
    """
    offsets = {place: OffsetAndMetadata(offset, "", -1) for place, offset in places.items()}
    deadline = time.monotonic() + patience
    while True:
        given = _patiently(lambda: admin.alter_group_offsets(group, offsets), patience)
        refused = {error for error in given.values() if error is not NoError}
        # Said of each partition, and not of the whole, by a coordinator that is just becoming one.
        if not refused or not refused <= set(SOON) or time.monotonic() >= deadline:
            break
        time.sleep(AGAIN_SECONDS)
    if refused:
        named = ", ".join(sorted(error.__name__ for error in refused))
        raise PlacesRefusedError(f"Kafka does not give group {group} its places: {named}")


def _patiently(ask: Callable[[], T], patience: float) -> T:
    deadline = time.monotonic() + patience
    while True:
        try:
            return ask()
        except SOON:
            if time.monotonic() >= deadline:
                raise
        time.sleep(AGAIN_SECONDS)
