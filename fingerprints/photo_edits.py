"""In words, what was done to a photo before it was used again: read off the alignment and the pixels."""

import numpy as np
import numpy.typing as npt

from fingerprints.photo_align import Alignment, Doubles, relative_transform
from fingerprints.photo_compare import Agreement
from fingerprints.photo_pyramid import Grey

TURNED = 3.0
"""Degrees below which a photo is not said to be turned: the fit's own error."""
STRETCHED = 1.1
"""Ratio of the longest to the shortest stretch of a circle."""
WHOLE = 0.96
"""Share of the held photo that must be within the query for it not to be cropped."""
FILLED = 0.9
"""Share of the query that the held photo must fill for nothing to be around it."""
COVERED = 0.1
CONTRAST, BRIGHTNESS = 1.2, 18.0
"""Ratio and grey levels from which the tone is another."""
PLAIN_AROUND = 0.4
"""Share of what is around the photo that has its commonest grey, from which it is a border or a page, not
other photos. Drawn borders have .77 and more, app pages .45 and more, other photos .24 and less."""
NEAR_GREY = 3
"""Grey levels from a grey that still count as it."""
PAGE_SHAPE = 1.55
"""Height over width from which a plain surrounding is a phone's page."""


def name_edits(
    alignment: Alignment,
    agreement: Agreement | None,
    query_size: tuple[int, int],
    held_size: tuple[int, int],
    query: Grey | None,
) -> tuple[str, ...]:
    """The edits, the plainest first; `query` is the query's thumbnail, if there is one."""
    linear = alignment.matrix[:, :2]
    names = []
    if np.linalg.det(linear) < 0:
        names.append("mirrored")
        linear = linear @ np.diag([-1.0, 1.0])
    turned = np.degrees(np.arctan2(linear[1, 0] - linear[0, 1], linear[0, 0] + linear[1, 1]))
    if abs(turned) >= TURNED:
        # 180 and -180 are the same turn.
        names.append(f"rotated {180 - round(180 - turned) % 360}°")
    stretches = np.linalg.svd(linear, compute_uv=False)
    if stretches[0] / stretches[1] > STRETCHED:
        names.append("stretched")
    relative = relative_transform(alignment.matrix, query_size, held_size)
    names += _placing(relative, query_size, query)
    if agreement is not None:
        if agreement.covered > COVERED:
            names.append("covered in part")
        contrast = max(agreement.contrast, 1 / max(agreement.contrast, 1e-3))
        if contrast > CONTRAST or abs(agreement.brightness) > BRIGHTNESS:
            names.append("recoloured")
    return tuple(names)


def _placing(relative: Doubles, query_size: tuple[int, int], query: Grey | None) -> list[str]:
    """Whether it was cropped, and what it was put into."""
    grid = (np.mgrid[0:40, 0:40].reshape(2, -1)[::-1] + 0.5) / 40
    names = []
    if _within(relative, grid).mean() < WHOLE:
        names.append("cropped")
    of_query = _within(np.linalg.inv(relative), grid)
    if of_query.mean() < FILLED:
        names.append(_surrounding(of_query.reshape(40, 40), query_size, query))
    return names


def _within(transform: npt.NDArray[np.floating], places: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
    """For each of the places (2 x n) whether the transform leaves it within the unit square."""
    x, y, _ = transform @ np.concatenate([places, np.ones((1, places.shape[1]))])
    return np.asarray((x >= 0) & (x < 1) & (y >= 0) & (y < 1))


def _surrounding(filled: npt.NDArray[np.bool_], query_size: tuple[int, int], query: Grey | None) -> str:
    """What is around the photo: a border, an app's page, or other photos."""
    if query is None:
        return "put into a larger picture"
    rows = np.arange(query.shape[0]) * 40 // query.shape[0]
    columns = np.arange(query.shape[1]) * 40 // query.shape[1]
    around = query[~filled[rows[:, None], columns]]
    greys = np.convolve(np.bincount(around, minlength=256), np.ones(2 * NEAR_GREY + 1))
    if greys.max() < PLAIN_AROUND * max(len(around), 1):
        return "collage"
    return "screenshot" if query_size[1] / query_size[0] > PAGE_SHAPE else "border"
