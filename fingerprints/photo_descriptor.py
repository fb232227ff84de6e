"""What a point's surroundings look like, as 48 bits that survive tone, turning, size and mirroring.

The surroundings are sampled on rings and taken apart into circular harmonics: ring by ring the strength and
the angle of the m-fold pattern around the point. Turning the photo only turns the angles, so they are taken
relative to the angle of the one-fold pattern; mirroring only negates them, so the sign is made one and
remembered. No second look at a mirrored photo is ever needed. The radial patterns, which are what statistics
of many photos say is independent of each other, are in `data/photo_bases.json`.

Circular harmonics: Reddi, "Radial and Angular Moment Invariants for Image Identification", 1981. Signs of
independent coordinates as a hash: Charikar, "Similarity Estimation Techniques from Rounding Algorithms", 2002.
"""

from dataclasses import dataclass
from importlib.resources import files

import cv2
import msgspec
import numpy as np
import numpy.typing as npt

from fingerprints.photo_points import Points
from fingerprints.photo_pyramid import ONE, Floats, Pyramid

RINGS = 6
SPOKES = 16
REACH = 10.0
"""Radius of the outermost ring, in pixels of the point's level: 7.7 times its blur."""
HARMONICS = 6
"""0 to 5."""
RADIAL = (3, 4, 4, 4, 3, 2)
"""Radial patterns used of each harmonic; the further ones are noise (docs/decisions/008)."""
SIGN_BITS = 32
SIZE_BITS = 16
LARGE = 0.67
"""Half of all normally distributed values are further than this many standard deviations from the middle."""
LOOSE_AMONG = 26
LOOSE = 5
"""Of the first `LOOSE_AMONG` signs, how many are remembered as the least certain."""
LOOSE_FIELD_BITS = 5

Codes = npt.NDArray[np.uint64]


class Bases(msgspec.Struct, frozen=True):
    """The measured constants. `radial[m]`: rings x patterns. `coordinates`: which 32 of the 35 values are
    used, steadiest first, as [harmonic, part (0 real, 1 imaginary), pattern]. `middle`, `spread`: median and
    standard deviation of each of those; `noise`: how far it moves, in spreads, when a photo is edited."""

    radial: tuple[tuple[tuple[float, ...], ...], ...]
    coordinates: tuple[tuple[int, int, int], ...]
    middle: tuple[float, ...]
    spread: tuple[float, ...]
    noise: tuple[float, ...]


BASES = msgspec.json.decode((files("fingerprints") / "data" / "photo_bases.json").read_bytes(), type=Bases)

PARITY = (2, 1, 0)
"""The coordinate whose sign tells a pattern from its mirror image: the steadiest that mirroring negates."""


@dataclass(slots=True)
class Descriptors:
    """One element a point.

    `code`: bits 0 to 31 are the signs of the 32 coordinates, bits 32 to 47 tell whether the first 16 are
    large. `loose`: the numbers of its `LOOSE` least certain signs, 5 bits each, lowest first. `angle`:
    radians, -pi to pi, of the pattern. `mirrored`: whether they were negated.
    """

    code: Codes
    loose: npt.NDArray[np.uint32]
    angle: Floats
    mirrored: npt.NDArray[np.bool_]


def describe(pyramid: Pyramid, points: Points) -> Descriptors:
    """The descriptors of the points, in their order."""
    columns, angle, mirrored = coordinates_of(sample(pyramid, points))
    coordinates = columns.T
    size = np.abs(coordinates)
    bits = np.concatenate([coordinates > 0, size[:SIZE_BITS] > LARGE])
    low, high = (_BIT_WEIGHTS @ bits.astype(np.float32)).astype(np.uint64)
    code = low | high << np.uint64(_BITS_AT_ONCE)
    return Descriptors(code, _loose(size[:LOOSE_AMONG]), angle, mirrored)


def _loose(size: Floats) -> npt.NDArray[np.uint32]:
    """`Descriptors.loose` from the absolute coordinates, signs x points.

    Doubts in units of 2^-16 that carry the sign's number: sorting these is faster than sorting indices.
    """
    doubt = (size / _NOISE[:LOOSE_AMONG, None] * 2**16).astype(np.uint32)
    keys = np.ascontiguousarray(((doubt << LOOSE_FIELD_BITS) + _SIGN_NUMBERS).T)
    keys.sort(axis=1)
    least = np.ascontiguousarray(keys[:, :LOOSE].T)
    least &= (1 << LOOSE_FIELD_BITS) - 1
    least <<= _LOOSE_SHIFTS[:, None]
    return np.asarray(np.bitwise_or.reduce(least, axis=0), dtype=np.uint32)


def loose_signs(loose: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """The `LOOSE` least certain signs of each point, points x LOOSE, as packed in `Descriptors.loose`."""
    return (loose[:, None] >> _LOOSE_SHIFTS) & np.uint32((1 << LOOSE_FIELD_BITS) - 1)


def sample(pyramid: Pyramid, points: Points) -> Floats:
    """Grey values around each point, points x (rings x spokes), of mean 0 and standard deviation 1."""
    if not len(points):
        return np.zeros((0, RINGS * SPOKES), np.float32)
    frames = np.concatenate([pyramid.layout.places.T, pyramid.layout.sizes.T]).astype(np.float32)
    top, left, high, wide = frames[:, points.level, None]
    columns = _stretched(_OFFSETS_X, points.stretch, points.column[:, None], left, left + wide - 1)
    rows = _stretched(_OFFSETS_Y, points.stretch, points.row[:, None], top, top + high - 1)
    # Grey levels are never negative; OpenCV samples unsigned numbers twice as fast as signed ones.
    seen = cv2.remap(pyramid.blurred.view(np.uint16), columns, rows, cv2.INTER_LINEAR)
    values = seen.astype(np.float32)
    values -= (values @ _AREA)[:, None]
    deviation = np.sqrt((values * values) @ _AREA) + np.float32(1e-3 * ONE)
    values *= np.reciprocal(deviation)[:, None]
    return values


def _stretched(offsets: Floats, stretch: Floats, middle: Floats, lowest: Floats, highest: Floats) -> Floats:
    """Where the samples lie along one axis. Beyond the photo's edge its outermost pixels go on, so that the
    neighbouring level is not seen."""
    places = stretch[:, None] * offsets
    places += middle
    np.maximum(places, lowest, out=places)
    np.minimum(places, highest, out=places)
    return places


def coordinates_of(values: Floats) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """From `sample`'s values to the 32 coordinates (points x 32, in spreads), the angle, and the sign."""
    turned, angle = _turned(values)
    mirrored = turned[_PARITY_ROW] < 0
    turned[sum(RADIAL) :] *= np.where(mirrored, np.float32(-1), np.float32(1))
    coordinates = turned[_CHOSEN]
    coordinates -= _MIDDLE[:, None]
    coordinates /= _SPREAD[:, None]
    return coordinates.T, angle, mirrored


def _turned(values: Floats) -> tuple[Floats, Floats]:
    """All patterns' real parts, then their imaginary parts, turned to the point's own angle (one row a
    pattern, one column a point: whole rows are what numpy is fast at), and that angle."""
    seen = np.ascontiguousarray((values @ _PATTERNS).T)
    first_real, first_imaginary = seen[-2:]
    length = np.maximum(np.hypot(first_real, first_imaginary), np.float32(1e-6))
    back = np.empty((HARMONICS, len(values)), np.complex64)
    back[0] = 1
    back[1].real, back[1].imag = first_real / length, -first_imaginary / length
    for harmonic in range(2, HARMONICS):
        np.multiply(back[harmonic - 1], back[1], out=back[harmonic])
    cosine, sine = back.real[_HARMONIC_OF], back.imag[_HARMONIC_OF]
    patterns = len(_HARMONIC_OF)
    real, imaginary = seen[:patterns], seen[patterns:-2]
    turned = np.concatenate([real * cosine - imaginary * sine, real * sine + imaginary * cosine])
    return turned, -np.arctan2(first_imaginary, first_real)


def _ring_weights() -> Floats:
    """Each ring counts by its area, so that sums over samples are sums over the disk."""
    radii = np.arange(1, RINGS + 1, dtype=np.float32)
    return np.asarray(radii / radii.sum(), dtype=np.float32)


def angle_weights() -> Floats:
    """How much each ring's one-fold pattern says about the point's angle: the middle ones most."""
    radii = np.arange(1, RINGS + 1, dtype=np.float32) / RINGS * REACH
    weights = radii * np.exp(-0.5 * (radii / 6.0) ** 2)
    return np.asarray(weights / weights.sum(), dtype=np.float32)


def harmonic_of_spokes(harmonic: int) -> npt.NDArray[np.complex64]:
    """The weights of the spokes, so that their sum is the harmonic's strength and angle on a ring."""
    spokes = np.arange(SPOKES) * (2 * np.pi / SPOKES)
    scale = (1 if harmonic == 0 else 2) / SPOKES
    return np.asarray(scale * np.exp(-1j * harmonic * spokes), dtype=np.complex64)


def _patterns(radial: tuple[tuple[tuple[float, ...], ...], ...]) -> Floats:
    """(rings x spokes) x (real parts of all patterns, their imaginary parts, the one-fold pattern's two)."""
    complex_patterns = [
        np.outer(np.asarray(radial[m])[:, k], harmonic_of_spokes(m)).ravel()
        for m in range(HARMONICS)
        for k in range(RADIAL[m])
    ]
    table = np.stack(complex_patterns, axis=1)
    one_fold = np.outer(angle_weights(), harmonic_of_spokes(1)).ravel()
    return np.concatenate(
        [table.real, table.imag, one_fold.real[:, None], one_fold.imag[:, None]], axis=1
    ).astype(np.float32)


_RADII = (np.arange(1, RINGS + 1) / RINGS * REACH)[:, None]
_SPOKE_ANGLES = np.arange(SPOKES) * (2 * np.pi / SPOKES)
_OFFSETS_X = (_RADII * np.cos(_SPOKE_ANGLES)).ravel().astype(np.float32)
_OFFSETS_Y = (_RADII * np.sin(_SPOKE_ANGLES)).ravel().astype(np.float32)
_AREA = np.repeat(_ring_weights(), SPOKES) / np.float32(SPOKES)
_HARMONIC_OF = np.repeat(np.arange(HARMONICS), RADIAL)
_PATTERNS = _patterns(BASES.radial)
_FIRST_PATTERN = np.cumsum((0, *RADIAL[:-1]))
_CHOSEN = np.array([part * sum(RADIAL) + _FIRST_PATTERN[m] + k for m, part, k in BASES.coordinates])
_MIDDLE, _SPREAD, _NOISE = (np.array(v, np.float32) for v in (BASES.middle, BASES.spread, BASES.noise))
_PARITY_ROW = _CHOSEN[BASES.coordinates.index(PARITY)]
_BITS_AT_ONCE = 24
"""As many bits as a 32-bit float holds exactly: a matrix product packs them faster than whole numbers do."""
_BIT_WEIGHTS = np.kron(np.eye(2), 2.0 ** np.arange(_BITS_AT_ONCE)).astype(np.float32)
_SIGN_NUMBERS = np.arange(LOOSE_AMONG, dtype=np.uint32)[:, None]
_LOOSE_SHIFTS = (np.arange(LOOSE) * LOOSE_FIELD_BITS).astype(np.uint32)
