"""Listings counted by stage and marketplace, for whoever watches a running part: cheap, and bounded.

The marketplace is the part of a listing's key before the colon, so nothing is decoded for it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from connectors.field_types import Marketplace

MOST_NAMES = 50
"""Marketplaces told apart in one process. An adversary can invent names without end."""
OTHER = "other"
"""What is no marketplace's name, and the names past the first 50."""


class FlowCount(NamedTuple):
    """Since the start: listings that a stage took in, and what it gave on that was acknowledged."""

    stage: str
    marketplace: str
    taken: int
    given: int


def by_marketplace(keys: Iterable[bytes | None]) -> Counter[bytes]:
    """How many of these keys, `marketplace:listing_id`, are of each marketplace."""
    return Counter([key.partition(b":")[0] if key else b"" for key in keys])


class Flows:
    """Counts of one process. One thread counts; others may look."""

    def __init__(self, most_names: int = MOST_NAMES) -> None:
        self._most_names = most_names
        self._names: dict[bytes, str] = {}
        self._taken: dict[tuple[str, str], int] = {}
        self._given: dict[tuple[str, str], int] = {}

    def take(self, stage: str, listings: Mapping[bytes, int]) -> None:
        """So many listings of each marketplace were taken in."""
        self._add(self._taken, stage, listings)

    def give(self, stage: str, listings: Mapping[bytes, int]) -> None:
        """What was made of so many listings of each marketplace is acknowledged."""
        self._add(self._given, stage, listings)

    def counts(self) -> list[FlowCount]:
        """What was counted so far, sorted."""
        taken, given = self._taken.copy(), self._given.copy()
        return [
            FlowCount(*place, taken.get(place, 0), given.get(place, 0))
            for place in sorted(taken.keys() | given.keys())
        ]

    def _add(self, counts: dict[tuple[str, str], int], stage: str, listings: Mapping[bytes, int]) -> None:
        for raw, number in listings.items():
            place = stage, self._names.get(raw) or self._name(raw)
            counts[place] = counts.get(place, 0) + number

    def _name(self, raw: bytes) -> str:
        """The name to count under; a new one is remembered while there is room."""
        try:
            name = raw.decode("ascii")
            msgspec.convert(name, Marketplace)
        except (UnicodeDecodeError, msgspec.ValidationError):
            return OTHER
        if len(self._names) >= self._most_names:
            return OTHER
        self._names[raw] = name
        return name
