"""Where one photo lies within another: mapping, clipping, and transforms that mean nothing."""

import math

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from photo_bytes import drawn
from PIL import Image, ImageChops, ImageFilter, ImageStat

from streams.photos.aligned_pair import LEAST_SHARE, AlignedPair, Matrix, aligned_pair, map_point

IDENTITY: Matrix = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
UNIT_SQUARE = {(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)}
coordinate = st.floats(-0.1, 1.1)


@st.composite
def transforms(draw: st.DrawFn) -> Matrix:
    """A photo turned, mirrored, resized, moved and tilted; at least a corner of it often stays in view."""
    angle = draw(st.floats(-math.pi, math.pi))
    wide, high = draw(st.floats(0.15, 4)), draw(st.floats(0.15, 4))
    side = draw(st.sampled_from([1, -1]))
    x, y = draw(st.floats(-0.6, 1.2)), draw(st.floats(-0.6, 1.2))
    g, h = draw(st.floats(-0.25, 0.25)), draw(st.floats(-0.25, 0.25))
    cos, sin = math.cos(angle), math.sin(angle)
    return (side * wide * cos, -high * sin, x), (side * wide * sin, high * cos, y), (g, h, 1.0)


@st.composite
def framed_transforms(draw: st.DrawFn) -> Matrix:
    """A photo turned about the middle of the listing's, wholly in view."""
    angle, side = draw(st.floats(-math.pi, math.pi)), draw(st.sampled_from([1, -1]))
    wide, high = draw(st.floats(0.3, 0.45)), draw(st.floats(0.3, 0.45))
    g, h = draw(st.floats(-0.1, 0.1)), draw(st.floats(-0.1, 0.1))
    a, b = side * wide * math.cos(angle), -high * math.sin(angle)
    d, e = side * wide * math.sin(angle), high * math.cos(angle)
    depth = 1 + (g + h) / 2
    return (a, b, depth / 2 - (a + b) / 2), (d, e, depth / 2 - (d + e) / 2), (g, h, 1.0)


def shown(matrix: Matrix) -> AlignedPair:
    pair = aligned_pair(matrix)
    assert pair is not None
    return pair


def test_a_photo_on_itself_is_outlined_whole() -> None:
    pair = shown(IDENTITY)
    assert set(pair.outline) == set(pair.used) == UNIT_SQUARE
    assert (pair.listing_share, pair.takedown_share) == (1.0, 1.0)


def test_a_mirrored_photo_is_outlined_whole_and_its_corners_change_places() -> None:
    pair = shown(((-1.0, 0.0, 1.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
    assert set(pair.outline) == UNIT_SQUARE
    assert [(round(1 - x, 9), round(y, 9)) for x, y in pair.outline] == list(pair.used)


def test_a_crop_fills_the_listing_and_shows_a_part() -> None:
    # The listing is the takedown's right half, upper three quarters.
    pair = shown(((2.0, 0.0, -1.0), (0.0, 4 / 3, 0.0), (0.0, 0.0, 1.0)))
    assert set(pair.outline) == UNIT_SQUARE
    assert {(round(x, 9), round(y, 9)) for x, y in pair.used} == {(0.5, 0), (1, 0), (1, 0.75), (0.5, 0.75)}
    assert pair.takedown_share == pytest.approx(0.375)


def test_a_photo_in_a_collage_is_used_whole() -> None:
    pair = shown(((0.5, 0.0, 0.5), (0.0, 0.25, 0.1), (0.0, 0.0, 1.0)))
    assert [(round(x, 9), round(y, 9)) for x, y in pair.outline] == [
        (0.5, 0.1),
        (1, 0.1),
        (1, 0.35),
        (0.5, 0.35),
    ]
    assert {(round(x, 9), round(y, 9)) for x, y in pair.used} == UNIT_SQUARE
    assert pair.listing_share == pytest.approx(0.125)


def test_a_corner_cut_off_gives_five_corners_and_a_diamond_eight() -> None:
    half = math.sqrt(0.5)
    turned = ((half, -half, 0.5), (half, half, 0.5 - half), (0.0, 0.0, 1.0))
    assert len(shown(turned).outline) == 8
    assert len(shown(((0.7, -0.3, 0.5), (0.3, 0.7, 0.0), (0.0, 0.0, 1.0))).outline) == 5


def test_scale_and_sign_of_a_homography_mean_nothing() -> None:
    plain = ((0.5, 0.1, 0.2), (-0.1, 0.6, 0.3), (0.1, -0.1, 1.0))
    for factor in (-1.0, 1e-200, -1e200):
        a, b, c, d, e, f, g, h, i = (value * factor for row in plain for value in row)
        scaled = ((a, b, c), (d, e, f), (g, h, i))
        for point, same in zip(shown(scaled).outline, shown(plain).outline, strict=True):
            assert point == pytest.approx(same)


NOTHING = {
    "no rows": (),
    "two rows": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
    "short row": ((1.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "zeros": ((0.0,) * 3,) * 3,
    "nan": ((math.nan, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "infinite": ((1.0, 0.0, math.inf), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "onto a line": ((1.0, 1.0, 0.0), (1.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "onto a point": ((0.0, 0.0, 0.5), (0.0, 0.0, 0.5), (0.0, 0.0, 1.0)),
    "nearly onto a line": ((1.0, 0.0, 0.0), (0.0, 1e-7, 0.5), (0.0, 0.0, 1.0)),
    "beside the photo": ((1.0, 0.0, 1.5), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "a point of it shown": ((90.0, 0.0, -40.0), (0.0, 90.0, -40.0), (0.0, 0.0, 1.0)),
    "through the horizon": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (-2.0, 0.0, 1.0)),
    "a corner on the horizon": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (-1.0, 0.0, 1.0)),
    "all on the horizon": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 0.0)),
    "huge beside small": ((1e308, 0.0, 0.0), (0.0, 1e308, 0.0), (0.0, 0.0, 1e-308)),
    "origin from infinity": ((0.3, 0.0, 0.3), (0.0, 0.6, 0.2), (0.5, 0.0, 0.5)),
}


@pytest.mark.parametrize("transform", NOTHING.values(), ids=NOTHING.keys())
def test_a_transform_that_means_nothing_is_none(transform: tuple[tuple[float, ...], ...]) -> None:
    assert aligned_pair(transform) is None


@given(st.lists(st.lists(st.floats(), min_size=3, max_size=3), min_size=3, max_size=3))
@example([[1e308, 1e308, -1e308], [1e308, -1e308, 1e308], [5e-324, 0.0, 1.0]])
def test_no_numbers_raise_or_leave_the_photos(transform: list[list[float]]) -> None:
    pair = aligned_pair(transform)
    if pair is None:
        return
    assert 3 <= len(pair.outline) == len(pair.used) <= 8
    assert all(0 <= value <= 1 for point in (*pair.outline, *pair.used) for value in point)
    assert LEAST_SHARE / 2 < pair.listing_share <= 1
    assert all(map(math.isfinite, pair.perspective((320, 240), (200, 320))))


@given(transforms(), coordinate, coordinate)
def test_a_point_comes_back(transform: Matrix, x: float, y: float) -> None:
    pair = aligned_pair(transform)
    assume(pair is not None)
    assert map_point(pair.inverse, map_point(transform, (x, y))) == pytest.approx((x, y), abs=1e-6)


@given(transforms())
def test_the_used_part_is_the_outline_mapped_back(transform: Matrix) -> None:
    pair = aligned_pair(transform)
    assume(pair is not None)
    for there, here in zip(pair.used, pair.outline, strict=True):
        assert map_point(transform, there) == pytest.approx(here, abs=1e-6)


@given(transforms(), st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_what_is_in_the_outline_is_what_maps_from_the_takedown(transform: Matrix, x: float, y: float) -> None:
    """The slow, obvious reference of the clipping: one point of the listing at a time."""
    pair = aligned_pair(transform)
    assume(pair is not None)
    u, v = map_point(pair.inverse, (x, y))
    edge = min(abs(u), abs(u - 1), abs(v), abs(v - 1))
    assume(edge > 1e-6)
    assert _inside(pair.outline, (x, y)) == (0 < u < 1 and 0 < v < 1)


def _inside(polygon: tuple[tuple[float, float], ...], point: tuple[float, float]) -> bool:
    """By counting the edges that a ray crosses."""
    x, y = point
    crossed = False
    for (ax, ay), (bx, by) in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
        if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
            crossed = not crossed
    return crossed


@settings(deadline=None)
@given(framed_transforms(), st.integers(0, 3))
def test_a_photo_warped_and_warped_back_is_itself_again(transform: Matrix, seed: int) -> None:
    """Through Pillow, in the frame of a listing photo of another aspect."""
    pair = shown(transform)
    assert pair.takedown_share == pytest.approx(1)
    back = shown(pair.inverse)
    photo = drawn(seed, (90, 120)).filter(ImageFilter.GaussianBlur(4))
    frame = (400, 300)
    there = photo.transform(
        frame, Image.Transform.PERSPECTIVE, pair.perspective(frame, photo.size), Image.Resampling.BICUBIC
    )
    again = there.transform(
        photo.size, Image.Transform.PERSPECTIVE, back.perspective(photo.size, frame), Image.Resampling.BICUBIC
    )
    inner = (6, 6, 84, 114)
    off = ImageStat.Stat(ImageChops.difference(photo.crop(inner), again.crop(inner))).mean
    assert max(off) < 4
