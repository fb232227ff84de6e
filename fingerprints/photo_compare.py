"""Whether two aligned photos are the same photo, or another garment before the same backdrop.

Points agree for both: tiles and rugs are as good as garments. So the query's thumbnail is laid onto the held
one as the alignment says, and their blocks are correlated: in the same photo the blocks of the middle agree,
where a garment lies, unless an overlay hides them; on the same backdrop only those around it do.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from fingerprints.photo_align import Alignment, Doubles, relative_transform
from fingerprints.photo_pyramid import Floats, Grey

HELD_SIDE = 96
"""Pixels of the longer side of a held thumbnail."""
BLOCK = 13
"""Pixels of a block's side: an eighth of the photo."""
SHIFT = 2
"""Pixels by which a block may be off: the alignment of a bent or slanted copy is that wrong at its edges."""
EVERY = 4
"""Pixels from one block to the next."""
LEAST_TEXTURE = 16.0
"""Grey levels squared; a block of less variance (blank wall) agrees with anything."""
FEWEST_BLOCKS = 4
UNLIKE = 0.3
"""Correlation below which a block shows something else."""
ACROSS, DOWN = 0.3, 0.35
"""The middle: within so much of the centre, as shares of width and height."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How much of the held photo's middle is seen in the query.

    `mean` and `quarter`: mean and lower quartile of the blocks' correlations, -1 to 1. `middle_inliers`: points
    that agree there. `seen`: the share of the held photo that lies within the query, 0 to 1. `covered`: of what
    is seen of it, middle or not, the share of blocks that do not agree at all. `contrast` and `brightness`: of
    the query over, and minus, that of the held photo, where they agree; a ratio, and grey levels.
    """

    mean: float
    quarter: float
    middle_inliers: int
    seen: float
    covered: float
    contrast: float
    brightness: float


def compare_pixels(
    query: Grey, held: Grey, alignment: Alignment, query_size: tuple[int, int], held_size: tuple[int, int]
) -> Agreement | None:
    """The agreement of two thumbnails; None where too little of the held one is seen or has texture.

    `query_size`, `held_size`: width and height of the photos; only their ratios matter.
    """
    onto = _thumbnail_matrix(alignment.matrix, query, held, query_size, held_size)
    high, wide = held.shape
    scale = float(np.sqrt(abs(np.linalg.det(onto[:, :2]))))
    # Where the query shows it larger than the held thumbnail does, it must lose the finer detail first.
    source = cv2.GaussianBlur(query, (0, 0), 0.45 * scale) if scale > 1.5 else query
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    laid = cv2.warpAffine(source, onto, (wide, high), flags=flags).astype(np.float32)
    inside = cv2.warpAffine(np.full(query.shape, 255, np.uint8), onto, (wide, high), flags=flags) > 254
    held_pixels = held.astype(np.float32)
    rows, columns = block_sums(high), block_sums(wide).T
    mean, variance = _mean_and_variance(held_pixels, rows, columns)
    covered = rows @ inside.astype(np.float32) @ columns
    usable = (covered > 0.99) & (variance > LEAST_TEXTURE)
    down = np.abs((np.arange(len(rows)) * EVERY + BLOCK / 2) / high - 0.5) < DOWN
    across = np.abs((np.arange(columns.shape[1]) * EVERY + BLOCK / 2) / wide - 0.5) < ACROSS
    central = usable & down[:, None] & across
    looked_at = central if np.count_nonzero(central) >= FEWEST_BLOCKS + 2 else usable
    if np.count_nonzero(looked_at) < FEWEST_BLOCKS:
        return None
    laid_mean, laid_variance = _mean_and_variance(laid, rows, columns)
    correlation = _correlation(held_pixels, mean, variance, laid)
    central_blocks, all_blocks = correlation[looked_at], correlation[usable]
    alike = usable & (correlation >= min(0.5, float(np.median(all_blocks))))
    longer = max(held_size)
    x, y = alignment.places.real * longer / held_size[0], alignment.places.imag * longer / held_size[1]
    return Agreement(
        mean=float(central_blocks.mean()),
        quarter=float(np.quantile(central_blocks, 0.25)),
        middle_inliers=int(np.count_nonzero((np.abs(x - 0.5) < ACROSS) & (np.abs(y - 0.5) < DOWN))),
        seen=float(inside.mean()),
        covered=float((all_blocks < UNLIKE).mean()),
        contrast=float(np.sqrt(np.median(laid_variance[alike] / variance[alike]))),
        brightness=float(np.median(laid_mean[alike] - mean[alike])),
    )


def _thumbnail_matrix(
    matrix: Doubles, query: Grey, held: Grey, query_size: tuple[int, int], held_size: tuple[int, int]
) -> Doubles:
    """From pixels of the held thumbnail to pixels of the query's, both by the middle of the pixel."""
    from_held = np.diag([1 / held.shape[1], 1 / held.shape[0], 1])
    to_query = np.diag([query.shape[1], query.shape[0]])
    onto = to_query @ relative_transform(matrix, query_size, held_size)[:2] @ from_held
    onto[:, 2] += onto[:, :2] @ (0.5, 0.5) - 0.5
    return np.asarray(onto)


def _correlation(held: Floats, mean: Floats, variance: Floats, laid: Floats) -> Floats:
    """Zero-mean normalised correlation of each block with the best of its shifts; blocks down x across.

    `mean`, `variance`: of the held photo's blocks.
    """
    high, wide = held.shape
    rows, columns = block_sums(high), block_sums(wide).T
    shifts = sliding_window_view(np.pad(laid, SHIFT, mode="edge"), (high, wide)).reshape(-1, high, wide)
    shifted_mean, shifted_variance = _mean_and_variance(shifts, rows, columns)
    together = rows @ (shifts * held) @ columns - mean * shifted_mean
    return np.asarray((together / np.sqrt((variance + 4) * (shifted_variance + 4))).max(axis=0))


def _mean_and_variance(pixels: Floats, rows: Floats, columns: Floats) -> tuple[Floats, Floats]:
    """Of each block of a picture, or of each of several; `rows` and `columns` as `block_sums` makes them."""
    mean = np.asarray(rows @ pixels @ columns, dtype=np.float32)
    return mean, np.maximum(rows @ (pixels * pixels) @ columns - mean * mean, np.float32(0))


@lru_cache(maxsize=256)
def block_sums(side: int) -> Floats:
    """Blocks x pixels: the weights that make the means of the blocks along a side of so many pixels."""
    starts = np.arange(0, max(side - BLOCK + 1, 0), EVERY)
    pixels = np.arange(side)
    within = (pixels >= starts[:, None]) & (pixels < starts[:, None] + BLOCK)
    return np.asarray(within, dtype=np.float32) / np.float32(BLOCK)
