"""A grey photo at falling sizes, side by side in one picture, so that every filter runs once over all of them.

Each level is smaller than the one before by the square root of two (Burt and Adelson, "The Laplacian Pyramid
as a Compact Image Code", 1983, with two levels an octave). A blob of any size is a blob of some three pixels
on one of the levels.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

# Photos are spread over processes, one a core; threads inside OpenCV would only fight over the same cores.
cv2.setNumThreads(1)

Floats = npt.NDArray[np.float32]
Grey = npt.NDArray[np.uint8]
Fixed = npt.NDArray[np.int16]
"""Grey levels times `ONE`: half the memory of 32-bit floats, so twice as many pixels in every instruction."""
ONE = 128
"""One grey level in `Fixed`. White (255) just fits; the Laplacian of a picture blurred by `BLUR` is at most
0.44 of white, for blur s it is 2 / (e s^2), so it fits as well."""

LONGEST_SIDE = 560
"""Pixels of the working picture's longer side; a larger photo is averaged down, a smaller one stays. With 448
the recall of a photo cropped by 30% a side falls from .88 to .56 (docs/decisions/008)."""
STEP = 2**-0.5
SMALLEST_SIDE = 20
"""Pixels of the last level's shorter side: on a smaller one a point's surroundings do not fit."""
PAD = 4
"""Pixels repeated around each level, so that filters do not see the neighbouring level."""
BLUR = 1.3
"""Standard deviation in pixels of the blur on every level."""
LEAST_BLOBNESS = 2.5
"""Grey levels. Below it lies what JPEG and sensors add; 1.5 found nothing more (docs/decisions/008)."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where the levels lie. Arrays have one row a level: `sizes` height and width, `places` top and left."""

    height: int
    width: int
    sizes: npt.NDArray[np.int32]
    places: npt.NDArray[np.int32]
    level_of: npt.NDArray[np.uint8]
    """For each pixel of the whole, flat, the level it belongs to; `NO_LEVEL` where no point may be."""


NO_LEVEL = 255
MARGIN = 2
"""Pixels at a level's edge where no point is looked for: its neighbours are repeats of itself."""


@lru_cache(maxsize=64)
def layout_of(height: int, width: int) -> Layout:
    """The layout for a picture of this size: levels in columns or in rows, whichever wastes fewer pixels."""
    sizes: list[tuple[int, int]] = []
    scale = 1.0
    while min(round(height * scale), round(width * scale)) >= SMALLEST_SIDE:
        sizes.append((round(height * scale), round(width * scale)))
        scale *= STEP
    padded = [(high + 2 * PAD, wide + 2 * PAD) for high, wide in sizes]
    whole, full, corners = _in_columns(padded)
    turned_full, turned_whole, turned_corners = _in_columns([(wide, high) for high, wide in padded])
    if turned_whole * turned_full < whole * full:
        whole, full, corners = turned_whole, turned_full, [(top, left) for left, top in turned_corners]
    places = [(top + PAD, left + PAD) for top, left in corners]
    level_of = np.full((whole, full), NO_LEVEL, dtype=np.uint8)
    for level, ((high, wide), (top, left)) in enumerate(zip(sizes, places, strict=True)):
        level_of[top + MARGIN : top + high - MARGIN, left + MARGIN : left + wide - MARGIN] = level
    return Layout(whole, full, np.array(sizes, np.int32), np.array(places, np.int32), level_of.ravel())


def _in_columns(sizes: list[tuple[int, int]]) -> tuple[int, int, list[tuple[int, int]]]:
    """Rectangles, largest first, each put into the first column with room: height and width of it all, and
    each one's top and left."""
    height = sizes[0][0]
    columns: list[list[int]] = []  # left, next free row, width
    corners = []
    for high, wide in sizes:
        column = next((c for c in columns if c[1] + high <= height and wide <= c[2]), None)
        if column is None:
            column = [sum(c[2] for c in columns), 0, wide]
            columns.append(column)
        corners.append((column[1], column[0]))
        column[1] += high
    return height, sum(c[2] for c in columns), corners


@dataclass(slots=True)
class Pyramid:
    """`blurred`: all levels after the blur. `blobness`: the absolute Laplacian, high in the middle of light
    and dark blobs of the level's size. `highest`: the highest blobness among each pixel and its 8 neighbours.
    `is_peak`: whether a pixel's own is that, and is more than `LEAST_BLOBNESS`."""

    layout: Layout
    blurred: Fixed
    blobness: Fixed
    highest: Fixed
    is_peak: npt.NDArray[np.bool_]


class PyramidMaker:
    """Makes pyramids into the same buffers again and again: fresh memory would cost as much as the filters.

    A pyramid is good until the next is made.
    """

    def __init__(self) -> None:
        # What lies between the levels is never looked at; it may be anything.
        self._fixed = np.zeros((3, 0), np.int16)
        self._flags = np.zeros((2, 0), np.bool_)

    def make(self, grey: Grey) -> Pyramid | None:
        """The pyramid of a grey picture (height x width); None for one smaller than `SMALLEST_SIDE`."""
        height, width = grey.shape
        if min(height, width) < SMALLEST_SIDE:
            return None
        layout = layout_of(height, width)
        shape, size = (layout.height, layout.width), layout.height * layout.width
        if self._fixed.shape[1] < size:
            self._fixed, self._flags = np.zeros((3, size), np.int16), np.zeros((2, size), np.bool_)
        levels, blurred, blobness = (buffer[:size].reshape(shape) for buffer in self._fixed)
        is_peak, is_strong = (buffer[:size].reshape(shape) for buffer in self._flags)

        _fill_levels(grey, layout, levels)
        cv2.sepFilter2D(levels, cv2.CV_16S, _BLUR_WEIGHTS, _BLUR_WEIGHTS, dst=blurred)
        # The levels themselves are done with: their buffer is room to reckon in, then takes the peaks.
        _absolute_laplacian(blurred, blobness, spare=levels)
        cv2.dilate(blobness, _NEIGHBOURS, dst=levels)
        np.equal(blobness, levels, out=is_peak)
        np.greater(blobness, int(LEAST_BLOBNESS * ONE), out=is_strong)
        is_peak &= is_strong
        return Pyramid(layout, blurred, blobness, highest=levels, is_peak=is_peak)


def _fill_levels(grey: Grey, layout: Layout, levels: Fixed) -> None:
    """Each level from the one before, in its place and with its edges repeated."""
    source = levels
    for number, ((high, wide), (top, left)) in enumerate(
        zip(layout.sizes.tolist(), layout.places.tolist(), strict=True)
    ):
        level = levels[top : top + high, left : left + wide]
        if number:
            cv2.resize(source, (wide, high), dst=level, interpolation=cv2.INTER_LINEAR)
        else:
            np.multiply(grey, np.int16(ONE), out=level)
        around = levels[top - PAD : top + high + PAD, left - PAD : left + wide + PAD]
        # The level already lies in the middle of `around`: only the edges are written.
        cv2.copyMakeBorder(level, PAD, PAD, PAD, PAD, cv2.BORDER_REPLICATE, dst=around)
        source = level


def _absolute_laplacian(blurred: Fixed, target: Fixed, spare: Fixed) -> None:
    """The four neighbours less four times the pixel; five whole-picture additions are a tenth of the time of
    OpenCV's on 16 bits. Sums may overflow on the way: they wrap, and the end result fits.

    Flat, so a row's last pixel is beside the next one's first: both belong to the levels' repeated edges.
    """
    width = blurred.shape[1]
    flat, total, four = blurred.ravel(), target.ravel()[width:-width], spare.ravel()[width:-width]
    np.add(flat[: -2 * width], flat[2 * width :], out=total)
    total += flat[width - 1 : -width - 1]
    total += flat[width + 1 : 1 - width]
    np.left_shift(flat[width:-width], 2, out=four)
    total -= four
    np.abs(total, out=total)


_NEIGHBOURS = np.ones((3, 3), np.uint8)
_BLUR_WEIGHTS = cv2.getGaussianKernel(7, BLUR, cv2.CV_32F)
