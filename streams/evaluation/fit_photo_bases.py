"""The constants of the photo descriptor, from photos drawn by program: `python -m streams.evaluation.fit_photo_bases`.

Which radial patterns vary independently (principal components of the rings, one set a harmonic, since turning
a photo keeps harmonics apart), how widely each varies, and how far an edit moves it. About a minute.
"""

import io
import itertools
import json
import sys
from collections.abc import Iterator
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from connectors.sample.catalogue import look_of
from connectors.sample.draw import draw_photo
from connectors.sample.edits import edit_photo
from connectors.sample.seeds import dice
from fingerprints import photo_descriptor as d
from fingerprints.photo_points import Points, find_points
from fingerprints.photo_pyramid import PyramidMaker

PHOTOS = 400
POINTS = 300
EDITS = ("jpeg", "blur", "watermark", "brightness", "contrast")
"""Edits that leave every point where it was, so that it is known which belong together."""
USED = d.SIGN_BITS
REDUNDANT = {(0, 0, 0), (1, 0, 0), (1, 1, 0)}
"""Nearly fixed, or nearly the same as another, by making the mean, the deviation and the angle the same."""

Values = npt.NDArray[np.float32]


def main(target: Path) -> None:
    """Draw, fit, write."""
    with Pool() as pool:
        pairs = list(pool.imap(_samples, range(PHOTOS), chunksize=5))
    plain = np.concatenate([pair[0] for pair in pairs])
    radial = [_radial_patterns(plain, m)[:, : d.RADIAL[m]] for m in range(d.HARMONICS)]
    names = [
        (m, part, k)
        for m in range(d.HARMONICS)
        for part in ((0,) if m == 0 else (0, 1))
        for k in range(d.RADIAL[m])
    ]
    names = [name for name in names if name not in REDUNDANT]
    before = _turned(np.concatenate([pair[1] for pair in pairs]), radial, names)
    after = _turned(np.concatenate([pair[2] for pair in pairs]), radial, names)
    imaginary, parity = np.array([part == 1 for _, part, _ in names]), names.index(d.PARITY)
    flip = before[:, parity] < 0
    middle = np.where(imaginary, 0, np.median(before, axis=0))
    middle[parity] = np.median(np.abs(before[:, parity]))
    spread = before.std(axis=0)
    spread[parity] = np.abs(before[:, parity]).std()
    for values in (before, after):
        values[flip[:, None] & imaginary] *= -1
    noise = np.median(np.abs(before - after), axis=0) * 1.4826 / spread
    order = np.argsort(noise)[:USED]
    bases = {
        "radial": [np.round(patterns, 5).tolist() for patterns in radial],
        "coordinates": [names[i] for i in order],
        "middle": np.round(middle[order], 5).tolist(),
        "spread": np.round(spread[order], 5).tolist(),
        "noise": np.round(noise[order], 4).tolist(),
    }
    lines = ",\n".join(f'"{name}": {json.dumps(value)}' for name, value in bases.items())
    target.write_text("{" + lines + "}\n", encoding="ascii")
    sys.stderr.write(f"{len(plain)} points of {PHOTOS} photos, {len(before)} pairs; written {target}\n")


def _samples(seed: int) -> tuple[Values, Values, Values]:
    """A photo's samples, and of its points that are found again after an edit those before and after."""
    chance = dice("photo bases", seed)
    raw = draw_photo(look_of(chance), seed // 3, seed)
    edited = edit_photo(raw, EDITS[seed % len(EDITS)], seed)
    (first, values), (second, again) = _described(raw), _described(edited)
    near = np.hypot(first.x[:, None] - second.x, first.y[:, None] - second.y) / first.sigma[:, None]
    partner, least = near.argmin(axis=1), near.min(axis=1)
    same = (least < 1) & (np.abs(np.log2(second.sigma[partner] / first.sigma)) < 0.4)
    return values, values[same], again[partner[same]]


def _described(raw: bytes) -> tuple[Points, Values]:
    with Image.open(io.BytesIO(raw)) as photo:
        grey = photo.convert("L")
    grey.thumbnail((640, 640))
    pyramid = PyramidMaker().make(np.asarray(grey))
    assert pyramid is not None  # noqa: S101  drawn photos are large enough
    points = find_points(pyramid, POINTS)
    return points, d.sample(pyramid, points)


def _radial_patterns(values: Values, harmonic: int) -> npt.NDArray[np.float64]:
    rings = values.reshape(len(values), d.RINGS, d.SPOKES) @ d.harmonic_of_spokes(harmonic)
    parts = np.concatenate([rings.real, rings.imag]).astype(np.float64)
    _, vectors = np.linalg.eigh(parts.T @ parts)
    patterns = vectors[:, ::-1]
    # A pattern and its negative are the same; the sign of the outermost ring settles it.
    return np.asarray(patterns * np.sign(patterns[-1]))


def _turned(
    values: Values, radial: list[npt.NDArray[np.float64]], names: list[tuple[int, int, int]]
) -> npt.NDArray[np.float64]:
    """Turned to the point's own angle as in `fingerprints.photo_descriptor`, by patterns that are not frozen yet."""
    rings = values.reshape(len(values), d.RINGS, d.SPOKES)
    first = (rings @ d.harmonic_of_spokes(1)) @ d.angle_weights()
    back = np.conj(first / np.maximum(np.abs(first), 1e-6))
    columns = dict(_columns(rings, radial, back))
    return np.stack([columns[name] for name in names], axis=1)


def _columns(
    rings: Values, radial: list[npt.NDArray[np.float64]], back: npt.NDArray[np.complex64]
) -> Iterator[tuple[tuple[int, int, int], npt.NDArray[np.float64]]]:
    for m, k in itertools.chain.from_iterable(
        zip(itertools.repeat(m), range(d.RADIAL[m])) for m in range(d.HARMONICS)
    ):
        strength = (rings @ d.harmonic_of_spokes(m)) @ radial[m][:, k] * back**m
        yield (m, 0, k), strength.real
        yield (m, 1, k), strength.imag


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "fingerprints/data/photo_bases.json"))
