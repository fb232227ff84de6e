"""When two points meet: their codes differ in few bits, and only in signs of which the query is least certain."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fingerprints.photo_descriptor import LOOSE, LOOSE_AMONG, loose_signs
from fingerprints.photo_print import Packed

MOST_DIFFERENT = 7
"""Bits of 48 in which the codes of two points that meet may differ."""
MOST_TURNED = 1
"""Of the three middle ones of a point's five loose signs how many may differ where the surest of them does too.
The ways to differ that this leaves out are a quarter of all, and held 3% of the meetings of points that belong
together (docs/decisions/008)."""
WAYS = np.array(
    [way for way in range(1 << LOOSE) if not way & 16 or (way >> 1 & 7).bit_count() <= MOST_TURNED], np.intp
)
"""What that leaves: which of a point's loose signs are turned, bit k the k-th least certain."""

Words = npt.NDArray[np.uint32]
Numbers = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Meetings:
    """Pairs of points that meet. One element a pair: the query's point, the number it was added under, and
    the bits in which their codes differ."""

    query: Numbers
    number: Words
    different: npt.NDArray[np.uint8]


def strict_signs(rows: Packed) -> Words:
    """For each point a mask of the first `LOOSE_AMONG` signs that another must share: all but its loose ones."""
    loose = np.bitwise_or.reduce(np.uint32(1) << loose_signs(rows["loose"]), axis=1)
    return np.asarray(np.uint32((1 << LOOSE_AMONG) - 1) & ~loose, dtype=np.uint32)


def surer_signs(rows: Packed) -> tuple[Words, Words]:
    """For each point masks of its three middle loose signs, and of the surest one."""
    loose = (np.uint32(1) << loose_signs(rows["loose"])).T
    return loose[1] | loose[2] | loose[3], loose[4]


def likely(signs: Words, middle: Words, surest: Words) -> npt.NDArray[np.bool_]:
    """Whether loose signs may differ like this. `signs`: those that do."""
    return np.asarray(((signs & surest) == 0) | (np.bitwise_count(signs & middle) <= MOST_TURNED))


def meets(queries: Packed, held: Packed) -> npt.NDArray[np.uint8]:
    """The slow truth, queries x held: the bits in which their codes differ, 255 where they do not meet."""
    different = differing(queries, held)
    signs = queries["signs"][:, None] ^ held["signs"][None]
    met = ((signs & strict_signs(queries)[:, None]) == 0) & (different <= MOST_DIFFERENT)
    middle, surest = (mask[:, None] for mask in surer_signs(queries))
    met &= likely(signs, middle, surest)
    return np.where(met, different, np.uint8(255))


def differing(queries: Packed, held: Packed) -> npt.NDArray[np.uint8]:
    """Queries x held: the bits in which their codes differ."""
    signs = np.bitwise_count(queries["signs"][:, None] ^ held["signs"][None])
    return np.asarray(
        signs + np.bitwise_count(queries["large"][:, None] ^ held["large"][None]), dtype=np.uint8
    )


def nearest_of(query: Numbers, different: npt.NDArray[np.uint8], queries: int, nearest: int) -> Numbers:
    """For each query point the bits below which its meetings count: the most at which they are no more than
    `nearest`. So a point that many resemble keeps those that resemble it most, and one that many resemble
    equally keeps none: it is a straight edge or a blank corner.

    `query`, `different`: of all meetings, as in `Meetings`.
    """
    distances = MOST_DIFFERENT + 1
    meetings = np.bincount(query * distances + different, minlength=queries * distances)
    up_to = meetings.reshape(queries, distances).cumsum(axis=1)
    return np.asarray((up_to <= nearest).sum(axis=1))
