"""The fingerprint of a description, and how alike two of them are: min-wise hashes of its runs of characters.

The sketch of a text is the smallest value of each of `HASHES` random functions over its runs; the share of
values that two sketches have in common estimates what the texts have in common of all that either has
(Broder, "On the resemblance and containment of documents", 1997). Of each value one byte is kept (Li and König,
"b-Bit Minwise Hashing", 2010): two unlike texts still agree in one place of 256.
"""

import numpy as np
import numpy.typing as npt
from msgspec import Struct

RUN = 7
"""Characters of a run; with 5 unrelated texts share too many, with 8 replaced words cost too much."""
BANDS = 56
VALUES_A_BAND = 3
HASHES = BANDS * VALUES_A_BAND
"""Two texts are compared when all values of some band agree: with 0.35 in common in 91 cases of 100, with 0.45
in 99.5, with 0.03, as unrelated texts have, in 1 of 400."""
FLOOR = 0.3
"""Similarity below which two descriptions have nothing to do with each other."""
SIZE_RATIO = 3.0
"""The most that a text is taken to be longer than the other: beyond, what a short one has in common with a very
long one is too few values to say anything."""
_BY_CHANCE = 1 / 256

Values = npt.NDArray[np.uint8]


class DescriptionPrint(Struct, frozen=True, array_like=True):
    """`sketch`: `HASHES` bytes, in JSON 224 characters; `size`: how many different runs the text has."""

    sketch: bytes
    size: int


def sketch(text: str) -> DescriptionPrint | None:
    """The fingerprint of plain text (`fingerprints.description_print`); None for less than one run."""
    raw = np.frombuffer(text.encode(), np.uint8)
    if len(raw) < RUN:
        return None
    runs = np.zeros((len(raw) - RUN + 1, 8), np.uint8)
    runs[:, :RUN] = np.lib.stride_tricks.sliding_window_view(raw, RUN)
    distinct = np.unique(runs.view("<u8").ravel())
    # 32 bits of each: four times as fast as 64, and hardly two runs of a text fall together.
    mixed = (_mixed(distinct) >> np.uint64(32)).astype(np.uint32)
    smallest = np.concatenate(
        [((factors[:, None] * mixed) ^ masks[:, None]).min(axis=1) for factors, masks in _FUNCTIONS]
    )
    # The top bits of a minimum are nearly always 0: a byte of a hash of it is spread evenly.
    return DescriptionPrint(
        (_mixed(smallest.astype(np.uint64)) >> np.uint64(56)).astype(np.uint8).tobytes(), len(distinct)
    )


def compare(left: DescriptionPrint, right: DescriptionPrint) -> float:
    """What the shorter text has in common with the longer, 0 to 1; 0 where no band of the sketches agrees."""
    held = np.frombuffer(right.sketch, np.uint8)[None]
    return float(similarities(left, held, np.array([right.size]))[0])


def similarities(
    query: DescriptionPrint, held: Values, sizes: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """`compare` with each of many: `held` n x `HASHES`, `sizes` n."""
    same = held == np.frombuffer(query.sketch, np.uint8)
    banded = same.reshape(-1, BANDS, VALUES_A_BAND).all(axis=2).any(axis=1)
    resemblance = np.maximum(same.mean(axis=1) - _BY_CHANCE, 0.0) / (1 - _BY_CHANCE)
    ratio = np.maximum(sizes, query.size) / np.maximum(np.minimum(sizes, query.size), 1)
    containment = resemblance * (1 + np.minimum(ratio, SIZE_RATIO)) / (1 + resemblance)
    return np.where(banded, np.minimum(containment, 1.0), 0.0)


def _mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Each value spread over 64 bits (the finishing steps of SplitMix64; Steele, Lea and Flood, 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _functions() -> list[tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]]:
    """An odd factor and a mask for each hash, the same everywhere: SplitMix64 of 1, 2, 3, ..., a few together."""
    numbers = _mixed(np.arange(1, HASHES + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    factors = (numbers >> np.uint64(32)).astype(np.uint32) | np.uint32(1)
    masks = numbers.astype(np.uint32)
    return list(zip(np.split(factors, BANDS // 4), np.split(masks, BANDS // 4), strict=True))


_FUNCTIONS = _functions()
