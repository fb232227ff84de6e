"""What a kind of fingerprint must bring: a slow reference, an index, examples, a version.

A new kind is a module that makes a `FingerprintKind`, a test that holds it to its own examples and its index to the
linear reference (as tests/titles/test_title_likeness.py does), and then its way to an alert: docs/decisions/026 names
each place on it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

F = TypeVar("F")
F_contra = TypeVar("F_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Hit:
    """One fingerprint of the index that resembles the query.

    `owner` is the id it was added under, `item` its place among that owner's fingerprints (0-based),
    `similarity` 0 to 1 by the kind's own `compare`.
    """

    owner: str
    item: int
    similarity: float


class FingerprintIndex(Protocol[F_contra]):
    """Fingerprints by owner, searched by likeness. Adding an owner again replaces what it had."""

    def add(self, owner: str, fingerprints: Sequence[F_contra]) -> None:
        """Hold these under `owner`, instead of any earlier ones."""

    def withdraw(self, owner: str) -> None:
        """Forget the owner; an unknown one is no error."""

    def search(self, fingerprint: F_contra, limit: int) -> Sequence[Hit]:
        """At most `limit` hits above the kind's floor, best first, ties by owner and item."""

    def __len__(self) -> int:
        """How many fingerprints (not owners) are held."""


@dataclass(frozen=True, slots=True)
class Example:
    """Two inputs and whether this kind must call them alike; they become tests."""

    left: Any
    right: Any
    alike: bool
    why: str


@dataclass(frozen=True, slots=True)
class FingerprintKind(Generic[F]):
    """One way in which two listings can be the same.

    `algorithm` is stored with every fingerprint; unlike versions are never compared. `compare(query, held)`
    gives 0 to 1 and is the obvious, slow truth that the index must agree with; below `floor` there is
    no resemblance to speak of.
    """

    name: str
    algorithm: str
    fingerprint: Callable[[Any], F | None]
    compare: Callable[[F, F], float]
    floor: float
    new_index: Callable[[], FingerprintIndex[F]]
    examples: Callable[[], Sequence[Example]]


class LinearIndex(Generic[F]):
    """The reference: compares the query with everything. Slow and obviously right."""

    def __init__(self, compare: Callable[[F, F], float], floor: float) -> None:
        self._compare = compare
        self._floor = floor
        self._held: dict[str, tuple[F, ...]] = {}

    def add(self, owner: str, fingerprints: Sequence[F]) -> None:
        """Hold these under `owner`, instead of any earlier ones."""
        self._held[owner] = tuple(fingerprints)

    def withdraw(self, owner: str) -> None:
        """Forget the owner."""
        self._held.pop(owner, None)

    def search(self, fingerprint: F, limit: int) -> list[Hit]:
        """The best of all that is held."""
        hits = [
            Hit(owner, item, self._compare(fingerprint, held))
            for owner, prints in self._held.items()
            for item, held in enumerate(prints)
        ]
        return best_hits((hit for hit in hits if hit.similarity >= self._floor), limit)

    def __len__(self) -> int:
        return sum(map(len, self._held.values()))


def best_hits(hits: Any, limit: int) -> list[Hit]:
    """The `limit` best, in the one order that every index keeps: similarity, then owner, then item."""
    return sorted(hits, key=lambda hit: (-hit.similarity, hit.owner, hit.item))[:limit]
