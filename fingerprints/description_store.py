"""Descriptions by owner, compared with one at a time: how alike each is, and how many have what the two share.

A description alone never brings an alert (`fingerprints.description_weight`), so none is searched for: a listing's
is compared with those of the few takedowns that something else brought. Closing sentences of a shop, which all
its items share, say nothing, so it is counted how many held descriptions have each pair of sketch values: what
two descriptions share is held by about as many as have the rarest pairs in which both agree.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fingerprints.description_likeness import (
    FLOOR,
    HASHES,
    DescriptionPrint,
    Values,
    containment,
    resemblance,
)

PAIRS = HASHES // 2
"""Pairs of neighbouring values of a sketch, each with 65,536 possible readings and a count for each of these."""
RARE_PAIR = 4
"""One pair in so many of those in which two agree may be rarer than what is taken for rare. A pair is rare where
one of its runs is: an eighth of what two texts share, when no others have it, makes a quarter of the pairs rare."""
BYTES_OF_COUNTS = 4 * PAIRS << 16
"""Of memory, whatever is held: 17 MB, touched only as descriptions come."""
BYTES_A_DESCRIPTION = HASHES + 8
"""Of memory beside the counts, before owners: its sketch and size."""

_LARGEST = 2**31
_BOTH = 0x0101
"""Two places that agree, as bytes of one number."""
_UNSEEN = 2**32 - 1
"""Stands for the count of a pair in which two do not agree; all of them, where they have too little in common."""
_QUARTILE = 0.6745
"""Standard deviations from the middle of a normal distribution to its quarter."""
_COUNTS_OF = np.arange(PAIRS) << 16


class Shared(NamedTuple):
    """How alike the owner's description is, 0 to 1 (`description_likeness.compare`), and how many owners, at least
    1, have what the two descriptions have in common."""

    owner: str
    similarity: float
    held_by: int


class DescriptionStore:
    """One description an owner, and counts of what they have in common."""

    def __init__(self) -> None:
        self._sketches: Values = np.zeros((64, HASHES), np.uint8)
        self._sizes: npt.NDArray[np.int64] = np.zeros(64, np.int64)
        self._counts: npt.NDArray[np.uint32] = np.zeros(PAIRS << 16, np.uint32)
        self._places: dict[str, int] = {}
        self._free: list[int] = []
        self._elsewhere = 0

    @classmethod
    def of(cls, descriptions: Iterable[tuple[str, DescriptionPrint]]) -> "DescriptionStore":
        """A store of these, the last of each owner; as `add` makes it, only faster.

        Raises:
            ValueError: a sketch has another length.
        """
        held = dict(descriptions)
        for one in held.values():
            _check(one)
        store = cls()
        store._make_room(len(held))
        raw = b"".join(one.sketch for one in held.values())
        store._sketches[: len(held)] = np.frombuffer(raw, np.uint8).reshape(-1, HASHES)
        store._sizes[: len(held)] = [_size(one) for one in held.values()]
        store._places = {owner: place for place, owner in enumerate(held)}
        for pair, values in enumerate(np.frombuffer(raw, "<u2").reshape(-1, PAIRS).T):
            store._counts[pair << 16 : (pair + 1) << 16] = np.bincount(values, minlength=1 << 16)
        return store

    def add(self, owner: str, description: DescriptionPrint) -> None:
        """Hold this under `owner`, instead of any earlier one.

        Raises:
            ValueError: the sketch has another length; nothing was changed.
        """
        _check(description)
        self.withdraw(owner)
        place = self._free.pop() if self._free else len(self._places)
        self._make_room(place + 1)
        self._places[owner] = place
        self._sketches[place] = np.frombuffer(description.sketch, np.uint8)
        self._sizes[place] = _size(description)
        # One count of each pair's own, so none is met twice.
        self._counts[_counted(self._sketches[place])] += np.uint32(1)

    def withdraw(self, owner: str) -> None:
        """Forget the owner; an unknown one is no error."""
        place = self._places.pop(owner, None)
        if place is not None:
            self._counts[_counted(self._sketches[place])] -= np.uint32(1)
            self._free.append(place)

    def count_elsewhere(self, sketch: bytes, by: int = 1) -> None:
        """Count a description that another store holds, so that what it shares with others is as common as among all;
        with `by` -1 take it back. Of the right length, or nothing is counted."""
        if len(sketch) == HASHES:
            self._elsewhere += by
            # Adding 2**32 - 1 takes one away.
            self._counts[_counted(np.frombuffer(sketch, np.uint8))] += np.uint32(by % 2**32)

    def compare(self, description: DescriptionPrint, owners: Iterable[str]) -> list[Shared]:
        """Those of these owners, in their order, whose description is alike from `FLOOR` up.

        Raises:
            ValueError: the sketch has another length.
        """
        _check(description)
        known = [(owner, place) for owner in owners if (place := self._places.get(owner)) is not None]
        if not known:
            return []
        places = [place for _, place in known]
        query = np.frombuffer(description.sketch, np.uint8)
        same = self._sketches.take(places, axis=0) == query
        found = []
        for row, (agreeing, size) in enumerate(
            zip(same.sum(axis=1).tolist(), self._sizes.take(places).tolist(), strict=True)
        ):
            alike = resemblance(agreeing)
            similarity = containment(alike, description.size, size)
            if similarity >= FLOOR:
                found.append((row, similarity, alike))
        if not found:
            return []
        counted = self._rare_counts(query, same[[row for row, _, _ in found]])
        return [
            Shared(known[row][0], similarity, _held_by(count, alike))
            for (row, similarity, alike), count in zip(found, counted, strict=True)
        ]

    def _rare_counts(self, query: Values, same: npt.NDArray[np.bool_]) -> list[int]:
        """For each row of where two sketches agree, how many owners have a rare pair of that; 1 for no pair."""
        pairs = same.view("<u2") == _BOTH
        ranked = np.where(pairs, self._counts[_counted(query)], np.uint32(_UNSEEN))
        ranked.sort(axis=1)
        rare: list[int] = ranked[np.arange(len(ranked)), pairs.sum(axis=1) // RARE_PAIR].tolist()
        by_chance = self._by_chance()
        return [1 if count == _UNSEEN else max(count - by_chance, 1) for count in rare]

    def _by_chance(self) -> int:
        """How many of 65,536 held descriptions have a pair by chance, in the quarter of pairs that have least."""
        chance = (len(self._places) + self._elsewhere) / 65_536
        return max(round(chance - _QUARTILE * math.sqrt(chance)), 0)

    def __len__(self) -> int:
        return len(self._places)

    @property
    def nbytes(self) -> int:
        """Bytes of memory, owners' names left out; the counts whole, though they are touched as they are used."""
        return self._sketches.nbytes + self._sizes.nbytes + self._counts.nbytes

    def _make_room(self, places: int) -> None:
        while places > len(self._sizes):
            self._sketches = np.concatenate([self._sketches, np.zeros_like(self._sketches)])
            self._sizes = np.concatenate([self._sizes, np.zeros_like(self._sizes)])


def _counted(sketch: Values) -> npt.NDArray[np.int64]:
    """Where a sketch's pairs are counted."""
    at: npt.NDArray[np.int64] = _COUNTS_OF + sketch.view("<u2")
    return at


def _held_by(counted: int, alike: float) -> int:
    """How many have what two descriptions share, when so many have a rare pair of it.

    Others with the same closing sentences have other sentences beside them, which take places of their sketches:
    where each text has as much of its own, 2 / (3 - resemblance) of the places are left, and its square of pairs.
    """
    hidden = (3 - alike) / 2
    return round(1 + (counted - 1) * hidden * hidden)


def _size(description: DescriptionPrint) -> int:
    return min(max(description.size, 1), _LARGEST)


def _check(description: DescriptionPrint) -> None:
    if len(description.sketch) != HASHES:
        raise ValueError(f"a description's sketch has {HASHES} bytes")
