"""Points moved by a known transform are aligned by it, among outliers and noise; what fits none is refused quietly."""

import warnings
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fingerprints.photo_align import FEWEST, MOST_PAIRS, Alignment, Pairs, align, apply, mirrored_geometry
from fingerprints.photo_print import Geometry

WIDTH = 0.75
SEEDS = st.integers(0, 2**32)
CORNERS = np.array([0, 1, 0.8j, 1 + 0.8j])
TURNS = st.floats(-np.pi, np.pi)
ZOOMS = st.floats(0.3, 3)


@dataclass
class Moved:
    """Points of a held photo, and of a query that shows it through `matrix`."""

    query: Geometry
    held: Geometry
    pairs: Pairs
    matrix: np.ndarray


def random_geometry(numbers: np.random.Generator, many: int) -> Geometry:
    return Geometry(
        (numbers.random(many) + 0.8j * numbers.random(many)).astype(np.complex64),
        numbers.uniform(-8, -4, many).astype(np.float32),
        numbers.uniform(-np.pi, np.pi, many).astype(np.float32),
        numbers.random(many) < 0.5,
    )


def moved(seed: int, linear: np.ndarray, *, mirrored: bool, true: int = 40, wrong: int = 60) -> Moved:
    """`true` points that the transform moves, with noise as real ones have, and `wrong` ones that lie anywhere."""
    numbers = np.random.default_rng(seed)
    held = random_geometry(numbers, true)
    matrix = np.column_stack([linear, numbers.uniform(-0.3, 0.3, 2)])
    zoom = np.sqrt(abs(np.linalg.det(linear)))
    turn = np.arctan2(linear[1, 0] - linear[0, 1], linear[0, 0] + linear[1, 1])
    noise = zoom * 0.002 * (numbers.normal(size=true) + 1j * numbers.normal(size=true))
    seen = Geometry(
        (apply(matrix, held.place.astype(complex)) + noise).astype(np.complex64),
        (held.octave + np.log2(zoom) + numbers.normal(0, 0.05, true)).astype(np.float32),
        (held.angle + turn + numbers.normal(0, 0.05, true)).astype(np.float32),
        held.mirrored,
    )
    if mirrored:
        seen = mirrored_geometry(seen, WIDTH)
        matrix = np.diag([-1.0, 1.0]) @ matrix + [[0, 0, WIDTH], [0, 0, 0]]
    other = random_geometry(numbers, wrong)
    query = Geometry(
        *(
            np.concatenate([getattr(seen, f), getattr(other, f)])
            for f in ("place", "octave", "angle", "mirrored")
        )
    )
    pairs = Pairs(
        np.arange(true + wrong),
        np.concatenate([np.arange(true), numbers.integers(0, true, wrong)]),
        np.concatenate([numbers.integers(0, 8, true), numbers.integers(3, 10, wrong)]).astype(np.uint8),
    )
    shuffled = numbers.permutation(true + wrong)
    return Moved(
        query, held, Pairs(*(a[shuffled] for a in (pairs.query, pairs.held, pairs.different))), matrix
    )


def assert_recovered(scene: Moved, *, mirrored: bool, true: int = 40, least: float = 0.9) -> None:
    found = align(scene.query, scene.held, scene.pairs, WIDTH, mirrored=mirrored)
    assert found is not None
    assert found.inliers >= least * true
    assert found.inliers <= 1.1 * true + 2
    assert found.inliers == len(found.places)
    zoom = np.sqrt(abs(np.linalg.det(scene.matrix[:, :2])))
    assert np.abs(apply(found.matrix, CORNERS) - apply(scene.matrix, CORNERS)).max() < 0.01 * zoom
    assert 0.0005 < found.error < 0.006
    assert (np.linalg.det(found.matrix[:, :2]) < 0) == mirrored
    # Each true place once: no pair of one point counts twice.
    assert len(np.unique(found.places)) == found.inliers


def turned(turn: float, zoom: float) -> np.ndarray:
    return zoom * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])


@settings(max_examples=120, deadline=None)
@given(SEEDS, TURNS, ZOOMS, st.booleans())
def test_turned_zoomed_moved_and_mirrored(seed: int, turn: float, zoom: float, mirrored: bool) -> None:
    assert_recovered(moved(seed, turned(turn, zoom), mirrored=mirrored), mirrored=mirrored)


@settings(max_examples=120, deadline=None)
@given(SEEDS, TURNS, ZOOMS, st.tuples(st.floats(0.9, 1.1), st.floats(-0.06, 0.06)), st.booleans())
def test_stretched_and_slanted(
    seed: int, turn: float, zoom: float, bent: tuple[float, float], mirrored: bool
) -> None:
    linear = turned(turn, zoom) @ np.array([[bent[0], bent[1]], [0, 1 / bent[0]]])
    assert_recovered(moved(seed, linear, mirrored=mirrored), mirrored=mirrored)


@settings(max_examples=30, deadline=None)
@given(SEEDS, TURNS, st.booleans())
def test_more_pairs_than_are_looked_at(seed: int, turn: float, mirrored: bool) -> None:
    """Those with the most similar codes are; here four in five true ones."""
    scene = moved(seed, turned(turn, 1.2), mirrored=mirrored, true=60, wrong=600)
    assert len(scene.pairs.query) > 2 * MOST_PAIRS
    assert_recovered(scene, mirrored=mirrored, true=60, least=0.4)


def same(left: Alignment | None, right: Alignment | None) -> bool:
    if left is None or right is None:
        return left is right
    return (
        (left.inliers, left.error) == (right.inliers, right.error)
        and np.array_equal(left.matrix, right.matrix)
        and np.array_equal(left.places, right.places)
    )


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(0, 12), st.integers(0, 80), st.booleans())
def test_it_is_the_same_each_time(seed: int, true: int, wrong: int, mirrored: bool) -> None:
    scene = moved(seed, turned(1, 0.8), mirrored=mirrored, true=max(true, 1), wrong=wrong)
    once = align(scene.query, scene.held, scene.pairs, WIDTH, mirrored=mirrored)
    assert same(once, align(scene.query, scene.held, scene.pairs, WIDTH, mirrored=mirrored))


@pytest.mark.parametrize("true", range(6))
def test_fewer_than_three_agreeing_pairs_are_no_alignment(true: int) -> None:
    scene = moved(5, turned(0.4, 1.1), mirrored=False, true=max(true, 1), wrong=0)
    kept = Pairs(scene.pairs.query[:true], scene.pairs.held[:true], scene.pairs.different[:true])
    found = align(scene.query, scene.held, kept, WIDTH, mirrored=False)
    assert (found.inliers if found else 0) == (true if true >= FEWEST else 0)


def test_pairs_of_the_other_kind_are_not_looked_at() -> None:
    scene = moved(6, turned(0.4, 1.1), mirrored=True, wrong=0)
    assert align(scene.query, scene.held, scene.pairs, WIDTH, mirrored=False) is None
    assert align(scene.query, scene.held, scene.pairs, WIDTH, mirrored=True) is not None


def test_repeated_points_do_not_make_an_alignment() -> None:
    """One point of the held photo met thirty times is one pair; so is one of the query."""
    scene = moved(7, turned(0, 1), mirrored=False, true=30, wrong=0)
    for query, held in (
        (np.zeros(30, np.intp), np.zeros(30, np.intp)),
        (np.arange(30) % 2, np.arange(30) % 2),
        (np.arange(30), np.zeros(30, np.intp)),
    ):
        pairs = Pairs(query, held, np.zeros(30, np.uint8))
        assert align(scene.query, scene.held, pairs, WIDTH, mirrored=False) is None


@settings(max_examples=150, deadline=None)
@given(
    SEEDS,
    st.sampled_from(
        ["one place", "a line", "two places", "nothing agrees", "one place to many", "far too small"]
    ),
    st.integers(1, 40),
    st.booleans(),
)
def test_degenerate_points_neither_raise_nor_warn(seed: int, kind: str, many: int, mirrored: bool) -> None:
    scene = moved(seed, turned(0.2, 1), mirrored=mirrored, true=many, wrong=0)
    numbers, place = np.random.default_rng(seed), scene.held.place
    held = {
        "one place": np.full_like(place, 0.5 + 0.5j),
        "a line": (place.real * (1 + 0.5j)).astype(np.complex64),
        "two places": np.where(place.real > 0.5, place.dtype.type(0.2), place.dtype.type(0.8j)),
    }.get(kind, place)
    query = {
        "one place": np.full_like(held, 0.3 + 0.1j),
        "one place to many": np.full_like(held, 0.3 + 0.1j),
        "nothing agrees": numbers.random(many) + 0j,
        "far too small": scene.query.place * 1e-3,
    }.get(kind, held)
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        found = align(
            Geometry(query.astype(np.complex64), scene.query.octave, scene.query.angle, scene.query.mirrored),
            Geometry(held, scene.held.octave, scene.held.angle, scene.held.mirrored),
            scene.pairs,
            WIDTH,
            mirrored=mirrored,
        )
    if found is not None:
        assert np.isfinite(found.matrix).all()
        assert np.isfinite(found.error)
        assert found.inliers >= FEWEST


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_points_on_a_line_are_not_fitted_beside_it(seed: int) -> None:
    """An affine transform of a line could be anything across it; a similarity is not."""
    scene = moved(seed, turned(0.3, 1.2), mirrored=False, true=30, wrong=0)
    held = scene.held.place.real * (1 + 0.4j)
    query = apply(scene.matrix, held.astype(complex)).astype(np.complex64)
    found = align(
        Geometry(query, scene.query.octave, scene.query.angle, scene.query.mirrored),
        Geometry(held.astype(np.complex64), scene.held.octave, scene.held.angle, scene.held.mirrored),
        scene.pairs,
        WIDTH,
        mirrored=False,
    )
    assert found is not None
    assert np.abs(apply(found.matrix, CORNERS) - apply(scene.matrix, CORNERS)).max() < 0.01


def test_mirrored_geometry_twice_is_the_same() -> None:
    geometry = random_geometry(np.random.default_rng(1), 20)
    twice = mirrored_geometry(mirrored_geometry(geometry, WIDTH), WIDTH)
    assert np.allclose(twice.place, geometry.place, atol=1e-6)
    assert np.allclose(np.exp(1j * twice.angle), np.exp(1j * geometry.angle), atol=1e-5)
    assert np.array_equal(twice.mirrored, geometry.mirrored)
    assert np.array_equal(twice.octave, geometry.octave)
