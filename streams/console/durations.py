"""How long something has been so. Pure."""

from collections.abc import Collection, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Since(Generic[Key]):
    """Remembers since when each thing is so without a break."""

    def __init__(self) -> None:
        self._since: dict[Key, float] = {}

    def seconds(self, now: float, so: Collection[Key]) -> dict[Key, float]:
        """For each thing that is so now, for how long it has been, in seconds of the clock of `now`."""
        self._since = {key: self._since.get(key, now) for key in so}
        return {key: now - since for key, since in self._since.items()}


class Unmoved(Generic[Key]):
    """Remembers for how long each figure has kept its value."""

    def __init__(self) -> None:
        self._seen: dict[Key, tuple[object, float]] = {}

    def seconds(self, now: float, values: dict[Key, object]) -> dict[Key, float]:
        """For each, seconds since it last changed or was first seen."""
        self._seen = {
            key: seen if (seen := self._seen.get(key)) is not None and seen[0] == value else (value, now)
            for key, value in values.items()
        }
        return {key: now - since for key, (_, since) in self._seen.items()}
