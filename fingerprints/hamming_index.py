"""An index of 256-bit hashes whose searches look at few of them, however many are held.

A hash is cut into sixteen parts of sixteen bits, each spread over the whole hash. Two hashes are related when
they share a part: always within 15 bits (Norouzi et al., "Fast Exact Search in Hamming Space with Multi-Index
Hashing", 2014), in two of three cases at 40, hardly ever by chance. What is further apart is left to the
points of the photo.
"""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from fingerprints.registry import Hit, best_hits

F = TypeVar("F")
Words = npt.NDArray[np.uint64]
Parts = npt.NDArray[np.uint16]
Places = npt.NDArray[np.uint32]

BITS = 256
WORDS = BITS // 64
PARTS = 16
BYTES_A_HASH = WORDS * 8 + PARTS * 4 * 2
"""Of memory: its words, and for each part the hashes before and after it."""
FIRST_CAPACITY = 1024
SPREAD = (np.arange(BITS) * 97 + 13) % BITS
"""Which bit of a hash stands where before it is cut: neighbours, which vary together, come into unlike parts."""
LONGEST_CHAIN = 256
"""Hashes that share a part and are looked at, the newest: a photo taken down a thousand times over must not slow
every search."""


class HammingIndex(Generic[F]):
    """Hashes by owner, in arrays that grow by doubling; withdrawn places are used again.

    `held` gives the 32 bytes that are stored of a fingerprint, `queries` the one or more that are searched
    for (a photo and its mirror image); the nearest counts. Hits are related (`are_related`) and at most
    `most_distance` bits away, with similarity 1 - distance / 256. 160 bytes a hash and 4 MB in all.
    """

    def __init__(
        self, most_distance: int, *, held: Callable[[F], bytes], queries: Callable[[F], Sequence[bytes]]
    ) -> None:
        if not 0 <= most_distance < BITS:
            raise ValueError(f"most_distance is 0 to {BITS - 1} bits, not {most_distance}")
        self._most = most_distance
        self._held = held
        self._queries = queries
        self._words: Words = np.zeros((FIRST_CAPACITY, WORDS), dtype=np.uint64)
        self._places: list[tuple[str, int] | None] = []
        """Owner and item at each used place of the array; None where withdrawn."""
        self._free: list[int] = []
        self._by_owner: dict[str, list[int]] = {}
        self._first: Places = np.zeros((PARTS, 1 << 16), np.uint32)
        """For each part and each of its values one more than the place put there last; 0 for none."""
        self._next: Places = np.zeros((FIRST_CAPACITY, PARTS), np.uint32)
        """For each place and part one more than the place that was put there before it; 0 for none."""
        self._newer: Places = np.zeros((FIRST_CAPACITY, PARTS), np.uint32)
        """The same for the one that was put there after it: so that one of a thousand hashes that are the same is
        taken out without walking past the others, however long a list repeats one photo."""

    def __len__(self) -> int:
        return len(self._places) - len(self._free)

    def add(self, owner: str, fingerprints: Sequence[F]) -> None:
        """Hold these under `owner`, instead of any earlier ones."""
        rows = [_words_of(self._held(fingerprint)) for fingerprint in fingerprints]
        self.withdraw(owner)
        if rows:
            self._by_owner[owner] = [self._put(row, (owner, item)) for item, row in enumerate(rows)]

    def add_all(self, wheres: Sequence[tuple[str, int]], words: Words) -> None:
        """Hold many at once, of owners that hold none: owner and item of each, and the words, 4 x hashes."""
        if words.shape != (WORDS, len(wheres)):
            raise ValueError(f"{len(wheres)} hashes are {WORDS} words each, not {words.shape}")
        if any(owner in self._by_owner for owner, _ in wheres):
            raise ValueError("an owner holds hashes already")
        rows = np.ascontiguousarray(words.T)
        places = np.arange(len(self._places), len(self._places) + len(rows))
        self._make_room(len(self._places) + len(rows))
        self._words[places] = rows
        for part, values in enumerate(parts_of(rows).T):
            order = np.argsort(values, kind="stable")
            alike = np.r_[False, values[order][1:] == values[order][:-1]][: len(order)]
            before = np.r_[0, places[order][:-1] + 1][: len(order)]
            older = np.where(alike, before, self._first[part, values[order]])
            self._next[places[order], part] = older
            self._newer[places[order], part] = 0
            self._newer[older[older > 0] - 1, part] = places[order][older > 0] + 1
            # Of equal values the last assignment stays: the place put there last.
            self._first[part, values[order]] = places[order] + 1
        self._places += wheres
        for place, (owner, _) in zip(places.tolist(), wheres, strict=True):
            self._by_owner.setdefault(owner, []).append(place)

    def all_held(self) -> tuple[list[tuple[str, int] | None], Words]:
        """A copy of all places: owner and item of each, None where it is free, and the words, 4 x places."""
        return list(self._places), self._words[: len(self._places)].T.copy()

    def withdraw(self, owner: str) -> None:
        """Forget the owner; an unknown one is no error."""
        for place in self._by_owner.pop(owner, ()):
            self._unchain(place)
            self._places[place] = None
            self._free.append(place)

    def search(self, fingerprint: F, limit: int) -> list[Hit]:
        """At most `limit` hits, nearest first, ties by owner and item."""
        if limit < 1:
            return []
        nearest: dict[int, int] = {}
        rows = np.stack([_words_of(query) for query in self._queries(fingerprint)])
        query, places = self._related(parts_of(rows))
        distances = np.bitwise_count(self._words[places] ^ rows[query]).sum(axis=1, dtype=np.intp)
        near = distances <= self._most
        # A hash that shares several parts is there several times; of those that are near, few enough to merge.
        for place, distance in set(zip(places[near].tolist(), distances[near].tolist(), strict=True)):
            nearest[place] = min(distance, nearest.get(place, BITS))
        hits = (
            Hit(*where, 1 - distance / BITS)
            for place, distance in nearest.items()
            if (where := self._places[place]) is not None
        )
        return best_hits(hits, limit)

    def _related(self, parts: Parts) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Pairs of a query and the place of a hash, one for each part that they share; `parts`: queries x 16."""
        # The chains of all parts of all queries are walked side by side: what costs is the number of steps.
        query, part = np.divmod(np.arange(parts.size), PARTS)
        link = self._first[part, parts.ravel()]
        found = [(query[:0], query[:0])]
        for _ in range(LONGEST_CHAIN):
            on = np.flatnonzero(link)
            if not len(on):
                break
            query, part, place = query[on], part[on], link[on].astype(np.intp) - 1
            found.append((query, place))
            link = self._next[place, part]
        return np.concatenate([pair[0] for pair in found]), np.concatenate([pair[1] for pair in found])

    def _put(self, row: Words, where: tuple[str, int]) -> int:
        if self._free:
            place = self._free.pop()
            self._places[place] = where
        else:
            place = len(self._places)
            self._places.append(where)
            self._make_room(place + 1)
        self._words[place] = row
        part, value = np.arange(PARTS), parts_of(row[None])[0]
        older = self._first[part, value]
        self._next[place], self._newer[place] = older, 0
        chained = older > 0
        self._newer[older[chained] - 1, part[chained]] = place + 1
        self._first[part, value] = place + 1
        return place

    def _make_room(self, places: int) -> None:
        while places > len(self._words):
            self._words = np.concatenate([self._words, np.zeros_like(self._words)])
            self._next = np.concatenate([self._next, np.zeros_like(self._next)])
            self._newer = np.concatenate([self._newer, np.zeros_like(self._newer)])

    def _unchain(self, place: int) -> None:
        part, value = np.arange(PARTS), parts_of(self._words[place][None])[0]
        older, newer = self._next[place].copy(), self._newer[place].copy()
        newest = newer == 0
        self._first[part[newest], value[newest]] = older[newest]
        self._next[newer[~newest] - 1, part[~newest]] = older[~newest]
        chained = older > 0
        self._newer[older[chained] - 1, part[chained]] = newer[chained]


def are_related(left: bytes, right: bytes) -> bool:
    """Whether two hashes share one of their sixteen parts."""
    parts = parts_of(np.stack([_words_of(left), _words_of(right)]))
    return bool((parts[0] == parts[1]).any())


def parts_of(words: Words) -> Parts:
    """The parts of hashes: hashes x 16, of hashes x 4 words."""
    bits = np.unpackbits(words.view(np.uint8), axis=1)[:, SPREAD]
    return np.ascontiguousarray(np.packbits(bits, axis=1)).view(np.uint16)


def _words_of(digest: bytes) -> Words:
    if len(digest) != BITS // 8:
        raise ValueError(f"a hash has {BITS // 8} bytes, not {len(digest)}")
    return np.frombuffer(digest, dtype=np.uint64)
