"""How one photo lies in another, from pairs of points that meet.

Every pair alone says how: turned by the difference of the angles, larger by that of the sizes, moved by the
rest. The pair that most others agree with is taken, and an affine transform is fitted to all that agree.
So no sampling is needed (unlike RANSAC), and the answer is the same each time.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fingerprints.photo_print import Geometry

MOST_PAIRS = 150
"""Pairs looked at, those with the most similar codes: agreement is counted among all pairs of pairs."""
FEWEST = 3
"""Agreeing pairs below which there is no alignment."""
NEAR = 0.067
"""How far from where one pair says it should be another may lie, in longer sides of the held photo."""
TOLERANCES = (0.056, 0.034, 0.0225)
"""The same for the fitted transform, narrower each time it is fitted again."""
MOST_TURN, MOST_TURN_FITTED = 0.5, 0.6
"""Radians between the angles of agreeing pairs."""
MOST_OCTAVES, MOST_OCTAVES_FITTED = 0.7, 0.8
"""Base-2 logarithm between their sizes."""
AFFINE_FROM = 6
"""Pairs from which an affine transform is fitted instead of a similarity."""
LEAST_SPREAD = 1e-3
"""Of the pairs in both directions, against all in one: below it they lie on a line, and fit many transforms."""
CHANCE = 24
"""Bits of 48 in which the codes of two points of no relation differ on average."""
LEAST_SCALE, MOST_SCALE = 0.04, 16.0

Doubles = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of points of two photos that meet. `query` and `held` index the photos' points, `different` are
    bits of 48."""

    query: Numbers
    held: Numbers
    different: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Alignment:
    """How the held photo lies in the query photo.

    `matrix`: 2 x 3; maps a place in the held photo, in its longer sides, to one in the query photo, in the
    query's. A negative determinant is a mirrored photo. `inliers`: pairs that agree, no point twice. `error`:
    their median distance from it, in longer sides of the held photo. `places`: where they lie in the held
    photo, complex.
    """

    matrix: Doubles
    inliers: int
    error: float
    places: npt.NDArray[np.complex128]


def weight_of(different: npt.NDArray[np.uint8]) -> Doubles:
    """How much a pair counts whose codes differ in so many bits: nothing at half of all, where chance lies."""
    return np.asarray(1 - different / CHANCE)


def mirrored_geometry(query: Geometry, width: float) -> Geometry:
    """The same points seen in a mirror; `width` in longer sides of the photo."""
    return Geometry(
        (width - np.conj(query.place)).astype(np.complex64),
        query.octave,
        np.float32(np.pi) - query.angle,
        ~query.mirrored,
    )


def align(query: Geometry, held: Geometry, pairs: Pairs, width: float, *, mirrored: bool) -> Alignment | None:
    """The alignment that most pairs agree with; None where fewer than `FEWEST` do.

    Only pairs are looked at that say the photo was mirrored, or was not, as `mirrored` says. `width` of the
    query photo in its longer sides.
    """
    chosen = np.flatnonzero((query.mirrored[pairs.query] != held.mirrored[pairs.held]) == mirrored)
    if len(chosen) < FEWEST:
        return None
    if len(chosen) > MOST_PAIRS:
        chosen = chosen[np.argsort(pairs.different[chosen], kind="stable")[:MOST_PAIRS]]
    if not mirrored:
        return _align(query, held, pairs, chosen)
    found = _align(mirrored_geometry(query, width), held, pairs, chosen)
    return None if found is None else _unmirrored(found, width)


def _align(query: Geometry, held: Geometry, pairs: Pairs, chosen: Numbers) -> Alignment | None:
    q, h = pairs.query[chosen], pairs.held[chosen]
    to, start = query.place[q].astype(np.complex128), held.place[h].astype(np.complex128)
    octave = (query.octave[q] - held.octave[h]).astype(np.float64)
    turn = (query.angle[q] - held.angle[h]).astype(np.float64)
    direction = np.exp(1j * turn)
    zoom = np.exp2(octave)
    grow = zoom * direction
    shift = to - grow * start

    off = np.abs(grow[:, None] * start + (shift[:, None] - to))
    cosine = direction.real[:, None] * direction.real + direction.imag[:, None] * direction.imag
    agree = (off < NEAR * zoom[:, None]) & (np.abs(octave[:, None] - octave) < MOST_OCTAVES)
    agree &= cosine > math.cos(MOST_TURN)
    seed = int((agree @ weight_of(pairs.different[chosen])).argmax())
    inlier = np.flatnonzero(agree[seed])
    alike = (cosine[seed] > math.cos(MOST_TURN_FITTED)) & (
        np.abs(octave - octave[seed]) < MOST_OCTAVES_FITTED
    )
    for round_, tolerance in enumerate(TOLERANCES):
        if len(set(h[inlier].tolist())) < FEWEST:
            return None
        matrix = _fit(start[inlier], to[inlier], affine=round_ > 0 and len(inlier) >= AFFINE_FROM)
        scale = math.sqrt(abs(matrix[0, 0] * matrix[1, 1] - matrix[0, 1] * matrix[1, 0]))
        if not LEAST_SCALE < scale < MOST_SCALE:
            return None
        error = np.abs(apply(matrix, start) - to) / scale
        inlier = np.flatnonzero((error < tolerance) & alike)
    kept = _each_once(q, h, error, inlier)
    if len(kept) < FEWEST:
        return None
    return Alignment(matrix, len(kept), float(np.median(error[kept])), start[kept])


def apply(matrix: Doubles, places: npt.NDArray[np.complex128]) -> npt.NDArray[np.complex128]:
    """Complex places through a 2 x 3 matrix."""
    x, y = places.real, places.imag
    moved = np.empty(len(places), np.complex128)
    moved.real = matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2]
    moved.imag = matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2]
    return moved


def relative_transform(matrix: Doubles, query_size: tuple[int, int], held_size: tuple[int, int]) -> Doubles:
    """3 x 3, from x / width and y / height of the held photo to those of the query."""
    whole = np.eye(3)
    whole[:2] = matrix
    from_held = np.diag([held_size[0] / max(held_size), held_size[1] / max(held_size), 1])
    to_query = np.diag([max(query_size) / query_size[0], max(query_size) / query_size[1], 1])
    return np.asarray(to_query @ whole @ from_held)


def _fit(start: npt.NDArray[np.complex128], to: npt.NDArray[np.complex128], *, affine: bool) -> Doubles:
    """The 2 x 3 matrix that takes `start` to `to` with the least squared error."""
    middle, target = start.mean(), to.mean()
    out, on = start - middle, to - target
    if affine:
        x, y = out.real, out.imag
        xx, xy, yy = x @ x, x @ y, y @ y
        determinant = xx * yy - xy * xy
        if determinant > LEAST_SPREAD * xx * yy:
            moments = np.array([[on.real @ x, on.real @ y], [on.imag @ x, on.imag @ y]])
            linear = moments @ np.array([[yy, -xy], [-xy, xx]]) / determinant
            return _about(linear, middle, target)
    grow = np.vdot(out, on) / max(np.vdot(out, out).real, 1e-12)
    return _about(np.array([[grow.real, -grow.imag], [grow.imag, grow.real]]), middle, target)


def _about(linear: Doubles, middle: complex, target: complex) -> Doubles:
    """The 2 x 3 matrix of this linear part that takes `middle` to `target`."""
    shift = np.array([target.real, target.imag]) - linear @ np.array([middle.real, middle.imag])
    return np.column_stack([linear, shift])


def _each_once(query: Numbers, held: Numbers, error: Doubles, among: Numbers) -> Numbers:
    """Of pairs that share a point only the one that fits best, best first."""
    order = among[np.argsort(error[among], kind="stable")]
    seen_query: set[int] = set()
    seen_held: set[int] = set()
    kept = []
    for place, q, h in zip(order.tolist(), query[order].tolist(), held[order].tolist(), strict=True):
        if q not in seen_query and h not in seen_held:
            seen_query.add(q)
            seen_held.add(h)
            kept.append(place)
    return np.array(kept, np.intp)


def _unmirrored(found: Alignment, width: float) -> Alignment:
    """From an alignment within the mirrored query photo to one within the photo itself."""
    flip = np.array([[-1.0, 0.0], [0.0, 1.0]])
    matrix = flip @ found.matrix
    matrix[0, 2] += width
    return Alignment(matrix, found.inliers, found.error, found.places)
