"""What a scan reads of photos (`fingerprints.photo_scan`): fixed rows, one plane for each step of it.

4.2 KB a photo, of which a scan reads 2.1 KB in order and the rest only where points meet. Planes are plain arrays,
so that they can be files that are mapped.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fingerprints.hamming_index import PARTS, parts_of
from fingerprints.photo_print import (
    MIRRORED_BIT,
    POINTS,
    SIGMA_OCTAVES,
    SIGMA_STEPS,
    PhotoPrint,
    unpack_points,
)

MARK = np.dtype([("large", "<u2"), ("sigma", "u1"), ("angle", "u1")])
"""The rest of a point that votes need. `angle` in 128ths of a turn, its lowest bit whether it is mirrored."""
PLANES: dict[str, tuple[np.dtype[np.generic], tuple[int, ...]]] = {
    "hashes": (np.dtype("<u2"), (2 * PARTS,)),
    "counts": (np.dtype("<u2"), ()),
    "signs": (np.dtype("<u4"), (POINTS,)),
    "marks": (MARK, (POINTS,)),
}
"""Type and shape of each plane's row. `hashes`: the parts of the plain and of the mirrored hash. `counts`: how many
points there are."""

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class PhotoRows:
    """Some photos, the planes as in `PLANES`."""

    hashes: npt.NDArray[np.uint16]
    counts: npt.NDArray[np.uint16]
    signs: npt.NDArray[np.uint32]
    marks: npt.NDArray[np.void]

    def __len__(self) -> int:
        return len(self.counts)

    @classmethod
    def of(cls, photos: Sequence[PhotoPrint]) -> "PhotoRows":
        """The rows of these photos."""
        made = cls(**{name: np.zeros((len(photos), *shape), kind) for name, (kind, shape) in PLANES.items()})
        for row, photo in enumerate(photos):
            words = np.frombuffer(photo.plain + photo.mirrored, np.uint64).reshape(2, -1)
            made.hashes[row] = parts_of(words).ravel()
            points = unpack_points(photo.points)
            count = len(points)
            made.counts[row] = count
            made.signs[row, :count] = points["signs"]
            marks = made.marks[row, :count]
            marks["large"], marks["sigma"] = points["large"], points["sigma"]
            marks["angle"] = (points["angle"] & 0xFE) | ((points["loose"] & MIRRORED_BIT) != 0)
        return made

    def part(self, start: int, end: int) -> "PhotoRows":
        """Rows `start` up to `end`, as views."""
        its = slice(start, end)
        return PhotoRows(self.hashes[its], self.counts[its], self.signs[its], self.marks[its])

    def take(self, rows: Numbers) -> "PhotoRows":
        """These rows, copied."""
        return PhotoRows(self.hashes[rows], self.counts[rows], self.signs[rows], self.marks[rows])

    def geometry(self, row: Numbers, point: Numbers) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
        """Of these points: the octave (base 2 logarithm of the size), the angle in radians, and whether the pattern
        was mirrored; as `photo_print.Geometry` has them."""
        marks = self.marks[row, point]
        octave = marks["sigma"].astype(np.float32) * np.float32(1 / SIGMA_STEPS) - np.float32(SIGMA_OCTAVES)
        angle = (marks["angle"] & np.uint8(0xFE)).astype(np.float32) * np.float32(np.pi / 128)
        return octave, angle, (marks["angle"] & np.uint8(1)) != 0
