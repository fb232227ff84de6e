"""Where one photo lies on another, for a browser: whatever numbers a record brings."""

import math

from alert_records import alert
from hypothesis import assume, example, given
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from connectors.evidence import PhotoEvidence
from streams.console.overlay import Overlay, numbers, overlay, overlay_of, points
from streams.photos.aligned_pair import Point

Rows = tuple[tuple[float, float, float], ...]
CORNERS = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


@st.composite
def transforms(draw: st.DrawFn) -> Rows:
    """A photo turned, mirrored, resized, moved and tilted, times any number."""
    angle, side = draw(st.floats(-math.pi, math.pi)), draw(st.sampled_from([1, -1]))
    wide, high = draw(st.floats(0.2, 3)), draw(st.floats(0.2, 3))
    x, y = draw(st.floats(-0.5, 1)), draw(st.floats(-0.5, 1))
    g, h = draw(st.floats(-0.25, 0.25)), draw(st.floats(-0.25, 0.25))
    factor = draw(st.sampled_from([1.0, -1.0, -0.01, 700.0]))
    cos, sin = math.cos(angle), math.sin(angle)
    rows = (side * wide * cos, -high * sin, x), (side * wide * sin, high * cos, y), (g, h, 1.0)
    return tuple((a * factor, b * factor, c * factor) for a, b, c in rows)


def to_listing(found: Overlay, point: Point) -> Point:
    """The slow, obvious reading of the nine numbers."""
    a, b, c, d, e, f, g, h, i = found.matrix
    x, y = point
    depth = g * x + h * y + i
    return (a * x + b * y + c) / depth, (d * x + e * y + f) / depth


@given(transforms())
def test_the_matrix_lays_one_outline_on_the_other(rows: Rows) -> None:
    found = overlay(rows)
    assume(found is not None)
    assert len(found.on_takedown) == len(found.on_listing)
    for there, here in zip(found.on_takedown, found.on_listing, strict=True):
        x, y = to_listing(found, there)
        assert math.isclose(x, here[0], abs_tol=1e-6)
        assert math.isclose(y, here[1], abs_tol=1e-6)


@given(transforms())
def test_a_browser_sees_the_photo_before_it_and_the_right_way_round(rows: Rows) -> None:
    found = overlay(rows)
    assume(found is not None)
    *_, g, h, i = found.matrix
    assert all(g * x + h * y + i > 0 for x, y in CORNERS)
    seen = [to_listing(found, corner) for corner in CORNERS]
    turned = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(seen, [*seen[1:], seen[0]], strict=True))
    assert found.mirrored == (turned < 0)


@given(st.lists(st.lists(st.floats(), max_size=4), max_size=4))
@example([[1e308, 1e308, -1e308], [1e308, -1e308, 1e308], [5e-324, 0.0, 1.0]])
@example([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 1.0]])
@example([[math.nan] * 3] * 3)
def test_no_numbers_break_the_page(rows: list[list[float]]) -> None:
    found = overlay(rows)
    if found is None:
        return
    assert max(map(abs, found.matrix)) <= 1
    drawn = [
        float(part)
        for polygon in (found.on_listing, found.on_takedown)
        for point in points(polygon).split()
        for part in point.split(",")
    ]
    assert 6 <= len(drawn) <= 32
    assert all(0 <= value <= 1000 for value in drawn)
    assert all(math.isfinite(float(value)) for value in numbers(found.matrix).split())


def test_photos_that_are_alike_as_wholes_lie_on_each_other_edge_to_edge() -> None:
    part = alert(1).evidence[0]
    assert isinstance(part, PhotoEvidence)
    mirrored = overlay_of(replace(part, transform=UNSET, edits=("mirrored",)))
    assert mirrored is not None
    assert (mirrored.mirrored, mirrored.by_points, mirrored.listing_share) == (True, False, 1.0)
    assert to_listing(mirrored, (0.2, 0.3)) == (0.8, 0.3)
    plain = overlay_of(replace(part, transform=UNSET, edits=()))
    assert plain is not None
    assert not plain.mirrored
    assert overlay_of(replace(part, transform=UNSET, distance=UNSET)) is None
    by_points = overlay_of(part)
    assert by_points is not None
    assert (by_points.by_points, by_points.mirrored) == (True, True)
