"""An index of descriptions whose searches look at few of them, however many are held.

Each sketch is chained under a hash of every one of its bands (`fingerprints.description_likeness`); a query
walks its own chains and compares what it meets. What very many descriptions share makes long chains, of which
only the newest are met: such a band says little, and a description that is worth finding has others.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from fingerprints.description_likeness import (
    BANDS,
    FLOOR,
    HASHES,
    VALUES_A_BAND,
    DescriptionPrint,
    similarities,
)
from fingerprints.registry import Hit, best_hits

LONGEST_CHAIN = 256
"""Descriptions met for one band of a query at most, the newest."""
BUCKETS_BITS = 16
"""Of a band's chains; a million descriptions make chains of 15."""
OWNERS_AT_MOST = 64
"""Owners that `held_by` counts to."""
BYTES_A_DESCRIPTION = HASHES + 4 * BANDS + 4
"""Of memory, before owners: its sketch, for each band the description before it, its size."""

_FACTORS = tuple(map(np.uint32, (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D)))
"""Odd factors that hash a band's three bytes (the primes of xxHash)."""


class DescriptionState(Struct, frozen=True, array_like=True):
    """An index as plain values: of each description, in the order of their places, owner, item, size, and the
    sketches one after another."""

    owners: list[str]
    items: list[int]
    sizes: list[int]
    sketches: bytes


class DescriptionIndex:
    """A `fingerprints.registry.FingerprintIndex` over descriptions."""

    def __init__(self) -> None:
        self._sketches: npt.NDArray[np.uint8] = np.zeros((64, HASHES), np.uint8)
        self._sizes: npt.NDArray[np.uint32] = np.zeros(64, np.uint32)
        self._next: npt.NDArray[np.uint32] = np.zeros((BANDS, 64), np.uint32)
        self._first: npt.NDArray[np.uint32] = np.zeros((BANDS, 1 << BUCKETS_BITS), np.uint32)
        self._where: list[tuple[str, int] | None] = []
        self._places: dict[str, tuple[int, ...]] = {}
        self._free: list[int] = []

    def add(self, owner: str, fingerprints: Sequence[DescriptionPrint]) -> None:
        """Hold these under `owner`, instead of any earlier ones.

        Raises:
            ValueError: a sketch has another length; nothing was changed.
        """
        if any(len(held.sketch) != HASHES for held in fingerprints):
            raise ValueError(f"a description's sketch has {HASHES} bytes")
        self.withdraw(owner)
        if fingerprints:
            self._places[owner] = tuple(
                self._put((owner, item), held) for item, held in enumerate(fingerprints)
            )

    def withdraw(self, owner: str) -> None:
        """Forget the owner; an unknown one is no error."""
        for place in self._places.pop(owner, ()):
            self._unchain(place)
            self._where[place] = None
            self._free.append(place)

    def search(self, fingerprint: DescriptionPrint, limit: int) -> list[Hit]:
        """At most `limit` hits from `FLOOR` up, best first, ties by owner and item."""
        places, found = self._alike(fingerprint)
        hits = (
            Hit(where[0], where[1], similarity)
            for place, similarity in zip(places.tolist(), found.tolist(), strict=True)
            if (where := self._where[place]) is not None
        )
        return best_hits(hits, limit)

    def held_by(self, fingerprint: DescriptionPrint, similarity: float = 0.6) -> int:
        """How many owners have a description so alike, counted to `OWNERS_AT_MOST`."""
        places, found = self._alike(fingerprint)
        near = places[found >= similarity].tolist()
        return min(
            len({where[0] for place in near if (where := self._where[place]) is not None}), OWNERS_AT_MOST
        )

    def __len__(self) -> int:
        return len(self._where) - len(self._free)

    def state(self) -> DescriptionState:
        """All that the index holds, for `of_state`: 182 bytes a description in MessagePack."""
        held = [(where, place) for place, where in enumerate(self._where) if where is not None]
        places = [place for _, place in held]
        return DescriptionState(
            [owner for (owner, _), _ in held],
            [item for (_, item), _ in held],
            self._sizes[places].tolist(),
            self._sketches[places].tobytes(),
        )

    @classmethod
    def of_state(cls, state: DescriptionState) -> "DescriptionIndex":
        """The index again, its chains in the order of the places: about 1 s for 100,000.

        Raises:
            ValueError: the lists have unlike lengths.
        """
        index = cls()
        sketches = np.frombuffer(state.sketches, np.uint8).reshape(-1, HASHES)
        where = list(zip(state.owners, state.items, strict=True))
        if len({len(where), len(sketches), len(state.sizes)}) != 1:
            raise ValueError("the lists of a description index have unlike lengths")
        count = len(where)
        index._make_room(count)
        index._sketches[:count], index._sizes[:count] = sketches, state.sizes
        for band in range(BANDS if count else 0):
            buckets = _buckets(sketches[:, band * VALUES_A_BAND : (band + 1) * VALUES_A_BAND])[:, 0]
            order = np.argsort(buckets.astype(np.uint16), kind="stable")  # a radix sort, of 16 bits only
            alike = np.r_[False, buckets[order][1:] == buckets[order][:-1]]
            before = np.r_[0, order[:-1] + 1]
            index._next[band, order] = np.where(alike, before, 0)
            # Of equal buckets the last assignment stays: the newest place.
            index._first[band, buckets[order]] = order + 1
        index._where += where
        places: dict[str, list[tuple[int, int]]] = {}
        for place, (owner, item) in enumerate(where):
            places.setdefault(owner, []).append((item, place))
        index._places = {owner: tuple(place for _, place in sorted(rows)) for owner, rows in places.items()}
        return index

    def _alike(self, fingerprint: DescriptionPrint) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
        """The places of descriptions from `FLOOR` up, with their similarity."""
        places = self._met(_buckets(np.frombuffer(fingerprint.sketch, np.uint8)[None])[0])
        found = similarities(fingerprint, self._sketches[places], self._sizes[places].astype(np.int64))
        alike = found >= FLOOR
        return places[alike], found[alike]

    def _met(self, buckets: npt.NDArray[np.uint32]) -> npt.NDArray[np.intp]:
        """The places on the chains of these buckets, each once."""
        band = np.arange(BANDS)
        link = self._first[band, buckets]
        met = []
        for _ in range(LONGEST_CHAIN):
            on = np.flatnonzero(link)
            if not len(on):
                break
            band, place = band[on], link[on].astype(np.intp) - 1
            met.append(place)
            link = self._next[band, place]
        return np.unique(np.concatenate(met)) if met else np.zeros(0, np.intp)

    def _put(self, where: tuple[str, int], held: DescriptionPrint) -> int:
        if self._free:
            place = self._free.pop()
            self._where[place] = where
        else:
            place = len(self._where)
            self._where.append(where)
            self._make_room(place + 1)
        self._sketches[place] = np.frombuffer(held.sketch, np.uint8)
        self._sizes[place] = min(held.size, 2**32 - 1)
        band, buckets = np.arange(BANDS), _buckets(self._sketches[place][None])[0]
        self._next[:, place] = self._first[band, buckets]
        self._first[band, buckets] = place + 1
        return place

    def _make_room(self, places: int) -> None:
        while places > len(self._sizes):
            self._sketches = np.concatenate([self._sketches, np.zeros_like(self._sketches)])
            self._sizes = np.concatenate([self._sizes, np.zeros_like(self._sizes)])
            self._next = np.concatenate([self._next, np.zeros_like(self._next)], axis=1)

    def _unchain(self, place: int) -> None:
        """Take a place out of its chains; as slow as they are long."""
        for band, bucket in enumerate(_buckets(self._sketches[place][None])[0].tolist()):
            before, link = -1, int(self._first[band, bucket])
            while link != place + 1:
                before, link = link - 1, int(self._next[band, link - 1])
            if before < 0:
                self._first[band, bucket] = self._next[band, place]
            else:
                self._next[band, before] = self._next[band, place]


def _buckets(sketches: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint32]:
    """The bucket of each band of each sketch, or of some of its bands: n x bands."""
    mixed = np.zeros((len(sketches), sketches.shape[1] // VALUES_A_BAND), np.uint32)
    for value, factor in enumerate(_FACTORS):
        mixed += sketches[:, value::VALUES_A_BAND] * factor
    mixed ^= mixed >> np.uint32(15)
    mixed *= np.uint32(0x2C1B3C6D)
    return np.asarray(mixed >> np.uint32(32 - BUCKETS_BITS))
