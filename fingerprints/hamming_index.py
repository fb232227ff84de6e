"""Exact nearest neighbours by Hamming distance: one pass over packed words, nothing rebuilt.

At 40,000 hashes of 256 bits a pass is 1.3 MB, which stays in the cache; adding and withdrawing touch only
the owner's own rows.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from fingerprints.registry import Hit, best_hits


class TwoWayHash(Protocol):
    """A picture's hash, plain and mirrored."""

    @property
    def plain(self) -> bytes:
        """Packed bits."""

    @property
    def mirrored(self) -> bytes:
        """Packed bits of the mirrored picture."""


FIRST_ROWS = 1024


class HammingIndex:
    """Plain hashes of the bank, searched with the query's plain and mirrored hash.

    `bits` a hash, a multiple of 64; a hit differs in at most `radius` of them.
    """

    def __init__(self, bits: int, radius: int) -> None:
        self._bits, self._radius = bits, radius
        # A column a word: each word of all hashes lies together, so that one subtraction runs through memory.
        self._words = np.zeros((bits // 64, FIRST_ROWS), dtype=np.uint64)
        self._used = np.zeros(FIRST_ROWS, dtype=bool)
        self._owners: list[tuple[str, int] | None] = [None] * FIRST_ROWS
        self._rows: dict[str, list[int]] = {}
        self._free: list[int] = []
        self._end = 0

    def __len__(self) -> int:
        return sum(map(len, self._rows.values()))

    def add(self, owner: str, fingerprints: Sequence[TwoWayHash]) -> None:
        """Hold these under `owner`, instead of any earlier ones."""
        self.withdraw(owner)
        self._rows[owner] = [self._put(owner, item, print_.plain) for item, print_ in enumerate(fingerprints)]

    def withdraw(self, owner: str) -> None:
        """Forget the owner; an unknown one is no error."""
        for row in self._rows.pop(owner, ()):
            self._used[row] = False
            self._owners[row] = None
            self._free.append(row)

    def search(self, fingerprint: TwoWayHash, limit: int) -> list[Hit]:
        """At most `limit` hits within the radius, nearest first."""
        if not self._rows:
            return []
        distance = np.minimum(self._distances(fingerprint.plain), self._distances(fingerprint.mirrored))
        near = np.flatnonzero((distance <= self._radius) & self._used[: self._end])
        return best_hits((self._hit(int(row), int(distance[row])) for row in near), limit)

    def _put(self, owner: str, item: int, raw: bytes) -> int:
        row = self._free.pop() if self._free else self._grow()
        self._words[:, row] = np.frombuffer(raw, dtype=np.uint64)
        self._used[row] = True
        self._owners[row] = (owner, item)
        return row

    def _grow(self) -> int:
        if self._end == len(self._used):
            more = len(self._used)
            self._words = np.concatenate((self._words, np.zeros_like(self._words)), axis=1)
            self._used = np.concatenate((self._used, np.zeros_like(self._used)))
            self._owners += [None] * more
        self._end += 1
        return self._end - 1

    def _distances(self, raw: bytes) -> npt.NDArray[np.uint16]:
        query = np.frombuffer(raw, dtype=np.uint64)
        distance = np.zeros(self._end, dtype=np.uint16)
        for word, column in zip(query, self._words, strict=True):
            distance += np.bitwise_count(column[: self._end] ^ word)
        return distance

    def _hit(self, row: int, distance: int) -> Hit:
        held = self._owners[row]
        assert held is not None, "a row in use has an owner"  # noqa: S101
        return Hit(*held, 1 - distance / self._bits)
