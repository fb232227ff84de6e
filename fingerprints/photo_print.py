"""The fingerprint of a photo: a perceptual hash, some hundreds of described points, and a thumbnail.

The hash recognises what was only resized, recompressed or recoloured. The points recognise what was cropped,
framed, covered in part or put into another picture. The thumbnail tells, once points have said how two photos
lie on each other, whether it is the same photo or another garment on the same floor.
"""

import io
from dataclasses import dataclass
from typing import Annotated, Any

import cv2
import numpy as np
import numpy.typing as npt
from msgspec import Meta
from PIL import Image

from fingerprints.photo_decode import decode_photo
from fingerprints.photo_descriptor import LOOSE, LOOSE_FIELD_BITS, describe
from fingerprints.photo_hash import PhotoHash, hash_of_grey
from fingerprints.photo_points import find_points
from fingerprints.photo_pyramid import LONGEST_SIDE, Grey, PyramidMaker

ALGORITHM = "phash256-2+rings48-1"
"""Changes with anything that changes a print; prints of unlike algorithms are never compared."""

DECODE_TARGET = 360
"""Pixels of the shorter side that a photo is decoded at, at least (`photo_decode`)."""
POINTS = 512
"""Points kept of a photo. Listings are searched with all of them, takedowns are held with the first
`photo_store.HELD_POINTS` (docs/decisions/008 has the recall by both)."""
THUMBNAIL_SIDE = 320
"""Pixels of the thumbnail's longer side at most, half at least: the working picture halved until it fits."""
THUMBNAIL_QUALITY = 75
"""JPEG quality of the thumbnail: some 8 KB."""

POINT = np.dtype(
    [("signs", "<u4"), ("large", "<u2"), ("x", "<u2"), ("y", "<u2"), ("sigma", "u1"), ("angle", "u1"),
     ("loose", "<u4")]
)  # fmt: skip
"""One point in 16 bytes. `signs`, `large`, `loose` as in `photo_descriptor`, with `loose`'s top bit set where
the pattern was mirrored. `x`, `y` in `PLACE_UNIT`ths of the photo's longer side, from the top left. `sigma`
by `SIGMA_STEPS` an octave. `angle` in 256ths of a turn."""
PLACE_UNIT = 65535
SIGMA_STEPS = 20
SIGMA_OCTAVES = 10
"""`sigma` 0 is a 1,024th of the longer side: half a pixel of the working picture."""
MIRRORED_BIT = np.uint32(1 << 31)
assert LOOSE * LOOSE_FIELD_BITS < 31  # noqa: S101  the fields leave the top bit free

Packed = npt.NDArray[np.void]


class PhotoPrint(PhotoHash, frozen=True):
    """The fingerprint of one photo.

    `width` and `height`: of the upright photo as it was decoded, in pixels; only their ratio matters.
    `points`: rows of `POINT`. `thumbnail`: a grey JPEG.
    """

    width: Annotated[int, Meta(ge=1, le=65535)] = 1
    height: Annotated[int, Meta(ge=1, le=65535)] = 1
    points: Annotated[bytes, Meta(max_length=POINTS * POINT.itemsize)] = b""
    thumbnail: Annotated[bytes, Meta(max_length=65536)] = b""

    def __post_init__(self) -> None:
        unpack_points(self.points)


def photo_print(photo: Any) -> PhotoPrint | None:
    """The fingerprint of a picture (any Pillow image); None for one without features, which matches nothing.

    Raises TypeError for what is no picture.
    """
    if not isinstance(photo, Image.Image):
        raise TypeError(f"photo: expected a decoded picture, not {type(photo).__name__}")
    grey = np.asarray(photo.convert("L"))
    height, width = grey.shape
    working = shrunk(grey, LONGEST_SIDE)
    small = working
    while max(small.shape) > THUMBNAIL_SIDE:
        small = np.asarray(cv2.pyrDown(small), dtype=np.uint8)
    hashes = hash_of_grey(small)
    if hashes is None:
        return None
    ok, thumbnail = cv2.imencode(".jpg", small, (cv2.IMWRITE_JPEG_QUALITY, THUMBNAIL_QUALITY))
    assert ok  # noqa: S101  grey arrays always encode
    return PhotoPrint(
        hashes.plain, hashes.mirrored, width, height, pack_points(working).tobytes(), thumbnail.tobytes()
    )


def print_of_bytes(raw: bytes, *, max_pixels: int) -> PhotoPrint | None:
    """The fingerprint of a photo as it came; raises PhotoError as `decode_photo` does."""
    return photo_print(decode_photo(raw, max_pixels=max_pixels, target=DECODE_TARGET, grey=True))


def shrunk(grey: Grey, longest: int) -> Grey:
    """Averaged down so that the longer side has at most `longest` pixels; a small one as it is."""
    height, width = grey.shape
    if max(height, width) <= longest:
        return grey
    scale = longest / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    # Up to a half, two neighbours are what there is to average, and interpolating is eight times faster.
    method = cv2.INTER_LINEAR if scale > 0.5 else cv2.INTER_AREA
    return np.asarray(cv2.resize(grey, size, interpolation=method), dtype=np.uint8)


def pack_points(working: Grey) -> Packed:
    """The points of a working picture, in order, as rows of `POINT`."""
    pyramid = _MAKER.make(working)
    if pyramid is None:
        return np.zeros(0, POINT)
    points = find_points(pyramid, POINTS)
    described = describe(pyramid, points)
    longer = max(working.shape)
    rows = np.zeros(len(points), POINT)
    rows["signs"] = described.code & np.uint64(0xFFFFFFFF)
    rows["large"] = described.code >> np.uint64(32)
    rows["x"] = np.clip(points.x * (PLACE_UNIT / longer), 0, PLACE_UNIT)
    rows["y"] = np.clip(points.y * (PLACE_UNIT / longer), 0, PLACE_UNIT)
    octaves = np.log2(points.sigma / longer) + SIGMA_OCTAVES
    rows["sigma"] = np.clip(np.round(octaves * SIGMA_STEPS), 0, 255)
    rows["angle"] = np.round(described.angle * (128 / np.pi)).astype(np.int64) & 0xFF
    rows["loose"] = described.loose | np.where(described.mirrored, MIRRORED_BIT, np.uint32(0))
    return rows


def unpack_points(packed: bytes) -> Packed:
    """The rows of `POINT`.

    Raises:
        ValueError: not a whole number of them.
    """
    if len(packed) % POINT.itemsize:
        raise ValueError(f"points: {len(packed)} bytes are no whole number of {POINT.itemsize}")
    return np.frombuffer(packed, POINT)


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where points lie. One element a point.

    `place`: complex, x + iy in units of the photo's longer side. `octave`: base-2 logarithm of sigma in those
    units. `angle`: radians. `mirrored`: whether the pattern was negated to describe it.
    """

    place: npt.NDArray[np.complex64]
    octave: npt.NDArray[np.float32]
    angle: npt.NDArray[np.float32]
    mirrored: npt.NDArray[np.bool_]


def geometry_of(rows: Packed) -> Geometry:
    """The geometry of rows of `POINT`."""
    place = np.empty(len(rows), np.complex64)
    place.real, place.imag = rows["x"], rows["y"]
    return Geometry(
        place * np.float32(1 / PLACE_UNIT),
        rows["sigma"].astype(np.float32) * np.float32(1 / SIGMA_STEPS) - np.float32(SIGMA_OCTAVES),
        rows["angle"].astype(np.float32) * np.float32(np.pi / 128),
        (rows["loose"] & MIRRORED_BIT) != 0,
    )


def decode_thumbnail(thumbnail: bytes) -> Grey | None:
    """The thumbnail's grey values; None where it is none, or larger than any that is made here.

    It may come from a process that a hostile photo has taken over: its size is read before it is decoded.
    """
    try:
        with Image.open(io.BytesIO(thumbnail), formats=("JPEG",)) as jpeg:
            if max(jpeg.size) > THUMBNAIL_SIDE or jpeg.mode != "L":
                return None
            return np.asarray(jpeg, dtype=np.uint8)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


_MAKER = PyramidMaker()
