"""Two takedowns show the same where their photos lie on one place of the listing's photo: panels of a collage do not."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from fingerprints.photo_align import Alignment
from fingerprints.photo_match import PhotoMatch
from streams.engine.clusters import _area_in_listing, _show_the_same
from streams.engine.resemblance import PhotoMeeting

SIZES = {"square": (400, 400), "tall": (200, 400), "wide": (800, 400)}
BANK: Any = SimpleNamespace(size_of=lambda match: SIZES[match.owner])
PRINT: Any = SimpleNamespace(width=480, height=640)
"""Of the listing's photo: .75 x 1 in its longer sides."""
WIDE: Any = SimpleNamespace(width=640, height=320)


def meeting(
    held: str = "square",
    scale: float = 0.5,
    x: float = 0.0,
    y: float = 0.0,
    *,
    mirrored: bool = False,
    **changes: Any,
) -> PhotoMeeting:
    """A held photo that lies in the listing's with its corner at x, y."""
    matrix = np.array([[-scale if mirrored else scale, 0.0, x], [0.0, scale, y]])
    alignment = Alignment(matrix, inliers=30, error=0.001, places=np.zeros(30, np.complex128))
    made = PhotoMeeting(0, 0, PRINT, PhotoMatch(held, 0, alignment=alignment, log_odds=5.0))
    return replace(made, **changes)


def by_hash(**changes: Any) -> PhotoMeeting:
    return replace(PhotoMeeting(0, 0, PRINT, PhotoMatch("square", 0, distance=3, log_odds=np.inf)), **changes)


def box(area: Any) -> tuple[float, float, float, float]:
    """Left, top, right, bottom."""
    (left, top), (right, bottom) = area.min(axis=0), area.max(axis=0)
    return tuple(round(float(each), 5) for each in (left, top, right, bottom))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("found", "covers"),
    [
        (by_hash(), (0, 0, 0.75, 1)),
        (by_hash(print=WIDE), (0, 0, 1, 0.5)),
        (meeting(scale=0.5, x=0.125, y=0.25), (0.125, 0.25, 0.625, 0.75)),
        (meeting("tall", scale=0.5, x=0.125, y=0.25), (0.125, 0.25, 0.375, 0.75)),
        (meeting("wide", scale=0.5, x=0.125, y=0.25), (0.125, 0.25, 0.625, 0.5)),
        (meeting("wide", scale=0.5, x=0.625, y=0.25, mirrored=True), (0.125, 0.25, 0.625, 0.5)),
        (meeting(scale=1.0, x=0.25, y=0.5), (0.25, 0.5, 0.75, 1)),
        (meeting(scale=1.0, x=-0.5, y=-0.75), (0, 0, 0.5, 0.25)),
        (meeting(scale=0.5, x=2.0, y=3.0), (2, 3, 2.5, 3.5)),
    ],
    ids=[
        "settled-by-hash", "settled-by-hash-wide", "placed", "placed-tall", "placed-wide", "mirrored", "cut-off-below",
        "cut-off-above", "outside-as-it-is",
    ],
)  # fmt: skip
def test_the_area_is_where_the_held_photo_lies_within_the_listing_s(
    found: PhotoMeeting, covers: tuple[float, float, float, float]
) -> None:
    area = _area_in_listing(found, BANK)
    assert box(area) == covers
    left, top, right, bottom = covers
    assert cv2.contourArea(area) == pytest.approx((right - left) * (bottom - top), abs=1e-6)
    assert area.dtype == np.float32
    assert area.shape == (4, 2)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (meeting(), meeting(), True),
        (by_hash(), by_hash(), True),
        (meeting(), by_hash(), True),
        (meeting(), meeting(x=0.25), True),
        (meeting(), meeting(x=0.3), False),
        (meeting(scale=0.25), meeting(scale=0.25, x=0.25), False),
        # Half of the smaller counts, however little that is of the larger.
        (meeting(scale=0.125, x=0.0625), meeting(scale=0.5, x=0.125), True),
        (meeting(scale=0.125, x=0.0625 - 0.01), meeting(scale=0.5, x=0.125), False),
        (meeting(), meeting(listing_image=1), False),
        (meeting(), replace(meeting(), match=replace(meeting().match, log_odds=-1.0)), False),
    ],
    ids=[
        "one-place", "all-of-it", "a-part-of-all-of-it", "half-over-each-other", "less-than-half", "panels-that-touch",
        "half-of-the-smaller", "less-of-the-smaller", "another-photo-of-the-listing", "same-backdrop",
    ],
)  # fmt: skip
def test_half_of_the_smaller_area_makes_them_one(one: PhotoMeeting, other: PhotoMeeting, same: bool) -> None:
    assert _show_the_same(one, other, BANK) is same
    assert _show_the_same(other, one, BANK) is same
