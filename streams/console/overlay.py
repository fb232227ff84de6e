"""Two photos laid over each other, as a page draws it: an outline on each, and one matrix for the browser. Pure.

The browser does the warping (CSS `matrix3d`, CSS Transforms 2, section 13): the photos that are shown side by side
anyway are drawn once more by the graphics card, at the screen's own resolution and at every zoom. An aligned picture
made on the server would be a third photo to fetch, sampled twice and compressed once more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import UNSET

from connectors.evidence import PhotoEvidence
from streams.photos.aligned_pair import Point, aligned_pair

WHOLE = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
WHOLE_MIRRORED = ((-1.0, 0.0, 1.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
SIDE = 1000
"""Units of an outline's drawing on each side of its photo, whatever the photo's own size is."""
DIGITS = 9
"""Significant digits of the matrix: a photo's corner at most a hundredth of a pixel off, at any zoom."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """How the takedown's photo lies on the listing's.

    `on_listing`: the takedown's frame within the listing's photo; `on_takedown`: the listing's within the
    takedown's, both cut off at the photo's edges. `matrix`: nine numbers, row by row, that map x / width and
    y / height of the takedown's photo to those of the listing's; its depth is above 0 all over the photo.
    `by_points`: whether points of the photos agree on it; else the photos as wholes are alike, no more is known.
    """

    on_listing: tuple[Point, ...]
    on_takedown: tuple[Point, ...]
    matrix: tuple[float, ...]
    mirrored: bool
    by_points: bool
    listing_share: float
    takedown_share: float


def overlay_of(part: PhotoEvidence) -> Overlay | None:
    """How the photos of this evidence lie on each other; None where its transform describes nothing to show."""
    if part.transform is not UNSET:
        return overlay(part.transform)
    if part.distance is UNSET:
        return None
    # The hashes of two whole photos agree, one of them mirrored perhaps: so do the photos, edge to edge.
    return overlay(WHOLE_MIRRORED if "mirrored" in part.edits else WHOLE, by_points=False)


def overlay(transform: Sequence[Sequence[float]], *, by_points: bool = True) -> Overlay | None:
    """The same for a transform from anywhere."""
    pair = aligned_pair(transform)
    if pair is None:
        return None
    flat = [float(value) for row in transform for value in row]
    largest = max(map(abs, flat))
    # Its sign means nothing to geometry, but a browser takes a depth below 0 for behind the viewer. All of the
    # photo lies on one side of the horizon, its middle too.
    behind = flat[6] / largest / 2 + flat[7] / largest / 2 + flat[8] / largest < 0
    matrix = tuple(value / (-largest if behind else largest) for value in flat)
    return Overlay(
        on_listing=pair.outline,
        on_takedown=pair.used,
        matrix=matrix,
        mirrored=_determinant(matrix) < 0,
        by_points=by_points,
        listing_share=pair.listing_share,
        takedown_share=pair.takedown_share,
    )


def points(polygon: Sequence[Point]) -> str:
    """The polygon as SVG's `points` takes it, in a drawing of `SIDE` by `SIDE`."""
    return " ".join(f"{x * SIDE:.1f},{y * SIDE:.1f}" for x, y in polygon)


def numbers(matrix: Sequence[float]) -> str:
    """The matrix for a `data-` attribute."""
    return " ".join(f"{value:.{DIGITS}g}" for value in matrix)


def _determinant(matrix: Sequence[float]) -> float:
    a, b, c, d, e, f, g, h, i = matrix
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
