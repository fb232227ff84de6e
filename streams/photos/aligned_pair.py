"""How two photos lie on each other: the outline of one within the other, from the evidence's transform.

Pure geometry, no pixels. Points are relative to an upright photo: x / width and y / height, from 0 to 1,
origin at the top left. The homography maps a point of the takedown's photo to the listing's photo
(Hartley and Zisserman, Multiple View Geometry, 2nd ed., 2.3). It comes from data, so one that describes no
photo within a photo is answered with None, never an exception.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]
Matrix = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]

CORNERS: tuple[Point, ...] = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))

LEAST_SHARE = 0.001
"""Least part of either photo that is worth showing: some 10 by 10 pixels of a thumbnail of 320."""
FARTHEST = 100.0
"""Farthest that a corner may lie, in sizes of the listing's photo: a crop to a hundredth has no points left."""
STEEPEST = 0.02
"""Least ratio of the corners' depths. A photo of a photo taken from the side has some 0.5; near 0 a corner is
at the horizon, where its place means nothing."""
LEAST_ORIGIN_DEPTH = 1e-9
"""Pillow's eight coefficients take the depth at the origin as 1, so it must not be none."""


@dataclass(frozen=True, slots=True)
class AlignedPair:
    """Two photos that lie on each other."""

    outline: tuple[Point, ...]
    """The takedown's photo within the listing's, cut off at its edges: a convex polygon of 3 to 8 corners."""
    used: tuple[Point, ...]
    """The part of the takedown's photo that the listing's shows: corner by corner the same as `outline`."""
    inverse: Matrix
    """Maps a point of the listing's photo to the takedown's; its scale means nothing."""

    @property
    def listing_share(self) -> float:
        """The part of the listing's photo that the takedown's fills, 0 to 1."""
        return min(1.0, _area(self.outline))

    @property
    def takedown_share(self) -> float:
        """The part of the takedown's photo that is used, 0 to 1."""
        return min(1.0, _area(self.used))

    def perspective(self, listing: tuple[int, int], takedown: tuple[int, int]) -> tuple[float, ...]:
        """The coefficients a to h of Pillow's `Transform.PERSPECTIVE` for photos of these pixels.

        They give for a point (x, y) of the listing's photo that of the takedown's as
        ((ax + by + c) / (gx + hy + 1), (dx + ey + f) / (gx + hy + 1)).
        """
        depth = self.inverse[2][2]
        scales = (*takedown, 1)
        a, b, c, d, e, f, g, h, _ = (
            value * scale / over / depth
            for row, scale in zip(self.inverse, scales, strict=True)
            for value, over in zip(row, (*listing, 1), strict=True)
        )
        return a, b, c, d, e, f, g, h


def aligned_pair(transform: Sequence[Sequence[float]]) -> AlignedPair | None:
    """How the photos lie on each other, or None where the transform describes nothing that can be shown."""
    matrix = _scaled(transform)
    if matrix is None:
        return None
    depths = [_depth(matrix, corner) for corner in CORNERS]
    if min(depths) < 0 < max(depths) or min(map(abs, depths)) <= STEEPEST * max(map(abs, depths)):
        return None
    corners = [map_point(matrix, corner) for corner in CORNERS]
    if any(not abs(value) <= FARTHEST for corner in corners for value in corner):
        return None
    inverse = _scaled(_adjugate(matrix))
    if inverse is None or abs(inverse[2][2]) < LEAST_ORIGIN_DEPTH or _area(corners) < LEAST_SHARE:
        return None
    outline = _clipped(corners)
    # The listing's own corners are not mapped back: they may lie behind the horizon. The outline never does.
    used = [map_point(inverse, point) for point in outline]
    if min(_area(outline), _area(used)) < LEAST_SHARE:
        return None
    return AlignedPair(tuple(map(_within, outline)), tuple(map(_within, used)), inverse)


def map_point(matrix: Matrix, point: Point) -> Point:
    """The point that the homography maps this one to.

    Raises:
        ZeroDivisionError: it is mapped to infinity.
    """
    x, y = point
    depth = _depth(matrix, point)
    top, middle, _ = matrix
    return (
        (top[0] * x + top[1] * y + top[2]) / depth,
        (middle[0] * x + middle[1] * y + middle[2]) / depth,
    )


def _depth(matrix: Matrix, point: Point) -> float:
    row = matrix[2]
    return row[0] * point[0] + row[1] * point[1] + row[2]


def _scaled(rows: Sequence[Sequence[float]]) -> Matrix | None:
    """The same homography with its largest value 1, so that no product of two values overflows."""
    if len(rows) != 3 or any(len(row) != 3 for row in rows):
        return None
    values = [float(value) for row in rows for value in row]
    largest = max(map(abs, values))
    if not all(map(math.isfinite, values)) or largest == 0:
        return None
    a, b, c, d, e, f, g, h, i = (value / largest for value in values)
    return (a, b, c), (d, e, f), (g, h, i)


def _adjugate(matrix: Matrix) -> Matrix:
    """The inverse but for its scale, which a homography does not have."""
    (a, b, c), (d, e, f), (g, h, i) = matrix
    return (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )


def _clipped(polygon: Sequence[Point]) -> list[Point]:
    """The convex polygon within the unit square, edge by edge (Sutherland and Hodgman, 1974)."""
    kept = list(polygon)
    for axis in (0, 1):
        for sign, bound in ((1.0, 0.0), (-1.0, -1.0)):
            kept = _cut(kept, axis, sign, bound)
    return kept


def _cut(polygon: Sequence[Point], axis: int, sign: float, bound: float) -> list[Point]:
    """What of the polygon has sign * coordinate >= bound."""
    kept: list[Point] = []
    for start, end in zip(polygon, [*polygon[1:], *polygon[:1]], strict=True):
        before, after = sign * start[axis] - bound, sign * end[axis] - bound
        if before >= 0:
            kept.append(start)
        if (before < 0) != (after < 0):
            part = before / (before - after)
            kept.append((start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])))
    return kept


def _area(polygon: Sequence[Point]) -> float:
    """By the shoelace formula; 0 of fewer than three corners."""
    twice = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(polygon, [*polygon[1:], *polygon[:1]], strict=True))
    return abs(twice) / 2


def _within(point: Point) -> Point:
    """Rounding may have put a corner outside by a hair."""
    return min(1.0, max(0.0, point[0])), min(1.0, max(0.0, point[1]))
