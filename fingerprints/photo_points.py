"""Where a photo has something to recognise: blobs of all sizes, spread over the whole photo.

A point is a peak of the Laplacian in place and in scale (Lindeberg, "Feature Detection with Automatic Scale
Selection", 1998), not on an edge. They are put in an order in which every beginning is spread over the photo
and over the sizes: a crop, a sticker or a neighbour in a collage leaves some of any beginning.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from fingerprints.photo_pyramid import BLUR, NO_LEVEL, ONE, STEP, Fixed, Floats, Layout, Pyramid

MOST_EDGENESS = 12.0
"""Squared trace over determinant of the second derivatives: 4 for a round blob, without limit on an edge
(Lowe, "Distinctive Image Features from Scale-Invariant Keypoints", 2004, 4.1, takes 12.1)."""
CELLS = 10
"""Cells along the longer side; every cell gives its best point before any gives its second."""
OCTAVE_SHARES = np.array([0.3, 0.3, 0.25, 0.15], np.float32)
"""Of any beginning of the order, the share of points of the finest octave, the next, and so on; the last is
for all coarser ones. Fine points are many, but coarse ones are what remains in a small or blurred copy."""

Places = npt.NDArray[np.intp]
Whole = npt.NDArray[np.int32]


@dataclass(slots=True)
class Points:
    """Points of a pyramid, in order. One element a point.

    `row`, `column`: pixels of the pyramid's whole picture. `level`: its level. `stretch`: how much larger than
    the level's own size the blob is (0.8 to 1.3). `x`, `y`: pixels of the working picture, from its top left
    corner. `sigma`: size of the blob in those pixels.
    """

    row: Floats
    column: Floats
    level: npt.NDArray[np.intp]
    stretch: Floats
    x: Floats
    y: Floats
    sigma: Floats

    def __len__(self) -> int:
        return len(self.x)


def find_points(pyramid: Pyramid, limit: int) -> Points:
    """At most `limit` points, in order."""
    layout = pyramid.layout
    tables = _tables_of(layout)
    blobness, highest = pyramid.blobness.ravel(), pyramid.highest.ravel()

    here = np.flatnonzero(pyramid.is_peak)
    level = layout.level_of.take(here)
    inside = np.flatnonzero(level != NO_LEVEL)
    here, level = here.take(inside), level.take(inside)
    value, row = blobness.take(here), here // layout.width
    in_rows = row + tables.first_row.take(level)
    in_columns = here - row * layout.width + tables.first_column.take(level)

    # One condition after the other: each leaves a half of the candidates, or fewer, for the dearer ones.
    # Where there is no such level, the tables lead to the pixel itself: `highest` is then its own blobness.
    coarser = highest.take(tables.coarser_row.take(in_rows) + tables.coarser_column.take(in_columns))
    kept = np.flatnonzero(value >= coarser)
    finer_row = tables.finer_row.take(in_rows.take(kept))
    finer = highest.take(finer_row + tables.finer_column.take(in_columns.take(kept)))
    peaks = np.flatnonzero(value.take(kept) >= finer)
    kept, finer = kept.take(peaks), finer.take(peaks)
    blobs = np.flatnonzero(_is_blob(pyramid.blurred.ravel(), here.take(kept), layout.width))
    kept, finer = kept.take(blobs), finer.take(blobs)

    group = tables.group_row.take(in_rows.take(kept)) + tables.group_column.take(in_columns.take(kept))
    order = _spread(group, value.take(kept), limit)
    kept, finer = kept.take(order), finer.take(order)
    return _refined(pyramid, here.take(kept), level.take(kept).astype(np.intp), finer, coarser.take(kept))


def _refined(pyramid: Pyramid, here: Places, level: Places, finer: Fixed, coarser: Fixed) -> Points:
    """The points at these flat places, to fractions of a pixel and of a level."""
    layout, tables = pyramid.layout, _tables_of(pyramid.layout)
    width = layout.width
    offsets = np.array([[0], [-1], [1], [-width], [width]])
    value, before, after, above, below = pyramid.blobness.ravel().take(here + offsets).astype(np.float32)
    # Beyond the finest and the coarsest level a blob is taken to be a little fainter.
    finer_value = np.where(level == 0, 0.8 * value, finer)
    coarser_value = np.where(level == len(layout.sizes) - 1, 0.8 * value, coarser)
    right, down, up_in_size = _vertex(
        np.stack([before, above, finer_value]), value, np.stack([after, below, coarser_value])
    )
    stretch = np.float32(STEP) ** -up_in_size
    row_at = here // width
    row, column = (row_at + down).astype(np.float32), (here - row_at * width + right).astype(np.float32)
    top, left, zoom_y, zoom_x = tables.frames[:, level]
    return Points(
        row=row,
        column=column,
        level=level,
        stretch=stretch,
        x=(column - left + np.float32(0.5)) * zoom_x,
        y=(row - top + np.float32(0.5)) * zoom_y,
        sigma=np.float32(BLUR) * stretch * np.sqrt(zoom_x * zoom_y),
    )


@dataclass(frozen=True, slots=True)
class _Tables:
    """What a layout says about each row and column of each level, so that it is looked up, not reckoned.

    All levels' rows follow each other, and all columns: of a pixel they are its row in the whole picture plus
    its level's `first_row`, and its column plus `first_column`. There, the flat index of the same place on the
    next finer level is `finer_row` + `finer_column`, on the next coarser one `coarser_row` + `coarser_column`;
    its octave and cell are `group_row` + `group_column`. `frames`: top, left, and pixels of the working
    picture that a pixel of the level is high and wide; 4 x levels.
    """

    first_row: Places
    first_column: Places
    finer_row: Places
    finer_column: Places
    coarser_row: Places
    coarser_column: Places
    group_row: Places
    group_column: Places
    frames: Floats


@lru_cache(maxsize=64)
def _tables_of(layout: Layout) -> _Tables:
    octave = np.minimum(np.arange(len(layout.sizes)) // 2, len(OCTAVE_SHARES) - 1)
    cell = CELLS / int(layout.sizes[0].max())
    first_row, level, finer_row, coarser_row, y = _along(layout.sizes[:, 0], layout.places[:, 0])
    first_column, _, finer_column, coarser_column, x = _along(layout.sizes[:, 1], layout.places[:, 1])
    return _Tables(
        first_row=first_row,
        first_column=first_column,
        finer_row=finer_row * layout.width,
        finer_column=finer_column,
        coarser_row=coarser_row * layout.width,
        coarser_column=coarser_column,
        group_row=(octave * CELLS**2)[level] + (y * cell).astype(np.intp) * CELLS,
        group_column=(x * cell).astype(np.intp),
        frames=np.concatenate([layout.places.T, (layout.sizes[0] / layout.sizes).T]).astype(np.float32),
    )


def _along(sizes: Whole, places: Whole) -> tuple[Places, Places, Places, Places, Floats]:
    """For levels of these heights and tops (or widths and lefts): each one's first entry less its top; and of
    each entry the level, the row on the finer and on the coarser level, and the place in the working picture.
    """
    last = len(sizes) - 1
    level = np.repeat(np.arange(len(sizes)), sizes)
    starts = np.cumsum(sizes) - sizes
    part = ((np.arange(len(level)) - starts[level] + 0.5) / sizes[level]).astype(np.float32)
    finer, coarser = (
        (part * sizes[other]).astype(np.intp) + places[other]
        for other in (np.maximum(level - 1, 0), np.minimum(level + 1, last))
    )
    return starts - places, level, finer, coarser, part * np.float32(sizes[0])


def _is_blob(blurred: Fixed, here: Places, width: int) -> npt.NDArray[np.bool_]:
    """Whether the grey values bend the same way in all directions, and alike."""
    offsets = np.array(
        [[0], [-1], [1], [-width], [width], [-width - 1], [width + 1], [1 - width], [width - 1]]
    )
    xx, yy, xy = _BENDS @ blurred.take(here + offsets).astype(np.float32)
    determinant, trace = xx * yy - xy * xy, xx + yy
    # Less than a positive multiple of the determinant, which is thereby positive.
    return np.asarray(trace * trace < np.float32(MOST_EDGENESS) * determinant)


_BENDS = np.array(
    [
        [-2, 1, 1, 0, 0, 0, 0, 0, 0],
        [-2, 0, 0, 1, 1, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0.25, 0.25, -0.25, -0.25],
    ],
    np.float32,
)
"""The second derivatives (along x, along y, mixed) from a pixel, its neighbours to the left, the right, above
and below, and those on the one diagonal and on the other."""


def _spread(group: Places, value: Fixed, limit: int) -> Places:
    """The order: within an octave the best of every cell first, then every second; octaves by their shares.

    `group`: the octave times the number of cells, and the cell. Sorting whole numbers that carry their own
    index (low 24 bits) is several times faster than `argsort` or `lexsort`, and ties are broken by the index.
    """
    groups = len(OCTAVE_SHARES) * CELLS**2
    best_first = (_HIGHEST - value.astype(np.int64) << _INDEX_BITS) + np.arange(len(group))
    keys = np.sort((group << _VALUE_BITS + _INDEX_BITS) + best_first)
    group = keys >> _VALUE_BITS + _INDEX_BITS
    sizes = np.bincount(group, minlength=groups)
    ends = np.cumsum(sizes)
    turn = np.arange(len(group)) - (ends - sizes)[group]
    keys &= (1 << _VALUE_BITS + _INDEX_BITS) - 1
    keys += turn << _VALUE_BITS + _INDEX_BITS
    places, indices = [], []
    octave_ends = ends[CELLS**2 - 1 :: CELLS**2].tolist()
    for start, end, share in zip([0, *octave_ends], octave_ends, OCTAVE_SHARES.tolist(), strict=False):
        octave = np.sort(keys[start:end])[:limit]
        indices.append(octave & ((1 << _INDEX_BITS) - 1))
        places.append((np.arange(len(octave)) + 0.5) / share)
    order = np.argsort(np.concatenate(places), kind="stable")[:limit]
    return np.concatenate(indices)[order]


_VALUE_BITS, _INDEX_BITS = 15, 24
_HIGHEST = (1 << _VALUE_BITS) - 1


def _vertex(before: Floats, value: Floats, after: Floats) -> Floats:
    """Where between -0.6 and 0.6 the parabola through three neighbours has its peak, in their distances."""
    bend = np.minimum(before + after - 2 * value, np.float32(-1e-3 * ONE))
    vertex = np.float32(0.5) * (before - after) / bend
    return np.asarray(np.minimum(np.maximum(vertex, np.float32(-0.6)), np.float32(0.6)), np.float32)
