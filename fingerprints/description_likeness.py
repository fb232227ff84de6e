"""The fingerprint of a description, and how alike two of them are: min-wise hashes of its runs of characters.

A sketch has `HASHES` places. Each run of the text falls into one of them, and of the runs of a place the one
with the greatest hash is kept (Li, Owen and Zhang, "One Permutation Hashing", 2012). Places that stay empty are
filled by further rounds, in which each run falls elsewhere, until none is left (Dahlgaard, Knudsen and Thorup,
"Fast Similarity Sketching", 2017); a place is filled in the same round for the same runs, so the share of places
in which two sketches agree estimates what the texts have in common of all that either has. Of each kept run one
byte is told (Li and König, "b-Bit Minwise Hashing", 2010): two unlike texts still agree in one place of 256.
"""

import math

import numpy as np
import numpy.typing as npt
from msgspec import Struct

RUN = 7
"""Characters of a run; with 5 unrelated texts share too many, with 8 replaced words cost too much."""
HASHES = 128
"""A similarity of 0.9 is estimated to 0.03, one of 0.6 to 0.06 (standard deviations)."""
FLOOR = 0.3
"""Similarity below which two descriptions have nothing to do with each other."""
SIZE_RATIO = 3.0
"""The most that a text is taken to be longer than the other: beyond, what a short one has in common with a very
long one is too few values to say anything."""
_BY_CHANCE = 1 / 256
_SPREAD = math.ceil(HASHES * (math.log(HASHES) + 3))
"""Runs, over all rounds, that leave no place empty in 19 texts of 20 (the coupon collector's problem)."""
_ROUNDS = 1_024
"""Rounds at most. A text of one run leaves one place in 3,000 empty after so many; its last run goes there."""

Values = npt.NDArray[np.uint8]
Hashes = npt.NDArray[np.uint64]


class DescriptionPrint(Struct, frozen=True, array_like=True):
    """`sketch`: `HASHES` bytes, in JSON 172 characters; `size`: how many different runs the text has."""

    sketch: bytes
    size: int


def sketch(text: str) -> DescriptionPrint | None:
    """The fingerprint of plain text (`fingerprints.description_print`); None for less than one run."""
    raw = text.encode()
    count = len(raw) - RUN + 1
    if count < 1:
        return None
    # Eight bytes from each place of the text on, of which the last is dropped.
    runs: Hashes = np.ndarray((count,), "<u8", raw + b"\0", 0, (1,)) & _RUN_BYTES
    _mix(runs)
    runs.sort()
    size = 1 + int(np.count_nonzero(runs[1:] != runs[:-1]))
    step = -(-_SPREAD // count)
    kept = _greatest(runs, _FACTORS[:step])
    for first in range(step, _ROUNDS, step):
        if not np.count_nonzero(kept < 0):
            break
        kept = np.where(kept < 0, _greatest(runs, _FACTORS[first : first + step]), kept)
    return DescriptionPrint(runs.astype(np.uint8)[kept % count].tobytes(), size)


def compare(left: DescriptionPrint, right: DescriptionPrint) -> float:
    """What the shorter text has in common with the longer, 0 to 1."""
    same = np.frombuffer(right.sketch, np.uint8) == np.frombuffer(left.sketch, np.uint8)
    return containment(resemblance(int(np.count_nonzero(same))), left.size, right.size)


def resemblance(agreeing: int) -> float:
    """What two texts have in common of all that either has, by the places in which their sketches agree."""
    return max(agreeing / HASHES - _BY_CHANCE, 0.0) / (1 - _BY_CHANCE)


def containment(resembling: float, size: int, other: int) -> float:
    """What the shorter has in common with the longer, by their resemblance and sizes."""
    ratio = max(size, other, 1) / max(min(size, other), 1)
    return min(resembling * (1 + min(ratio, SIZE_RATIO)) / (1 + resembling), 1.0)


def _greatest(runs: Hashes, factors: Hashes) -> npt.NDArray[np.int64]:
    """For each place the run that is kept, as its number counted through all rounds; -1 where none fell.

    `runs` ascend. Of several numbers for one place the last stays: the earliest round's, in it the greatest hash's.
    """
    fallen = np.multiply.outer(factors[::-1], runs) >> _TO_PLACE
    kept = np.full(HASHES, -1)
    kept[fallen.ravel().view(np.int64)] = np.arange(fallen.size)
    return kept


def _mix(values: Hashes) -> None:
    """Spread each value over 64 bits, in place."""
    for factor in _MIXING:
        values *= factor
        values ^= values >> _HALF


_MIXING = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
"""Factors that SplitMix64 ends with (Steele, Lea and Flood, 2014)."""
_HALF = np.uint64(32)
_RUN_BYTES = np.uint64(2 ** (8 * RUN) - 1)
_TO_PLACE = np.uint64(64 - HASHES.bit_length() + 1)


def _odd_factors() -> Hashes:
    """One for each round, the same everywhere."""
    factors = np.arange(1, _ROUNDS + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    _mix(factors)
    return factors | np.uint64(1)


_FACTORS = _odd_factors()
