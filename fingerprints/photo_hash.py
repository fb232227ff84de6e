"""The first kind of photo fingerprint: a perceptual hash of the photo and of its mirror image.

256 bits each: the 16 x 16 lowest frequencies of a discrete cosine transform of the 64 x 64 grey photo, each
above their median or not: bit for bit `imagehash.phash` of that reduction, which tests hold it to, in a
twentieth of its time (after http://www.hackerfactor.com/blog/?/archives/432).
It survives compression, resizing, tone, blur and mirroring; not crops, borders or rotation.
"""

from collections.abc import Sequence
from typing import Annotated, Any

import cv2
import numpy as np
import numpy.typing as npt
from msgspec import Meta, Struct
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from fingerprints.hamming_index import HammingIndex, are_related
from fingerprints.registry import Example, FingerprintKind

BITS = 256
HASH_SIDE = 16
REDUCED_SIDE = 64
"""The hash's own reduction, four pixels a coefficient: made once here, used for the photo and its mirror."""

LEAST_SIDE = 32
"""Pixels. A smaller picture is an icon or a tracking pixel, which many listings share."""

LEAST_TEXTURE = 3.0
"""Grey levels of standard deviation once each row's and column's own mean is taken away, of the 64 x 64
reduction. The flattest of 2,400 real photos has 8.2, half have 32 and more. Below it a photo is blank, a
plain gradient or bars, whose hashes are rounding noise and alike by accident."""

MOST_DISTANCE = 48
"""Bits of 256 that two photos may differ by and still resemble each other (docs/benchmarks.md, photos)."""

HashBytes = Annotated[bytes, Meta(min_length=BITS // 8, max_length=BITS // 8)]


class PhotoHash(Struct, frozen=True):
    """The perceptual hashes of a photo and of its mirror image, 32 bytes each, rows of the transform."""

    plain: HashBytes
    mirrored: HashBytes


def photo_hash(photo: Any) -> PhotoHash | None:
    """The hashes of a picture (any Pillow image); None for one without features, which matches nothing.

    Raises TypeError for what is no picture.
    """
    if not isinstance(photo, Image.Image):
        raise TypeError(f"photo: expected a decoded picture, not {type(photo).__name__}")
    return hash_of_grey(np.asarray(photo.convert("L")))


def hash_of_grey(grey: npt.NDArray[np.uint8]) -> PhotoHash | None:
    """The same for grey values, height x width."""
    if min(grey.shape) < LEAST_SIDE:
        return None
    # Averaging, as Pillow's own reduction would do in twenty times the time.
    small = cv2.resize(grey, (REDUCED_SIDE, REDUCED_SIDE), interpolation=cv2.INTER_AREA).astype(np.float64)
    if texture(small) < LEAST_TEXTURE:
        return None
    frequencies = _COSINES @ small @ _COSINES.T
    return PhotoHash(_above_median(frequencies), _above_median(frequencies * _MIRROR))


def texture(small: npt.NDArray[np.float64]) -> float:
    """Standard deviation in grey levels of what is neither only rows nor only columns."""
    rest = small - small.mean(axis=0) - small.mean(axis=1)[:, None] + small.mean()
    return float(rest.std())


def _above_median(frequencies: npt.NDArray[np.float64]) -> bytes:
    return np.packbits(frequencies > np.median(frequencies)).tobytes()


_COSINES = np.cos(np.pi / REDUCED_SIDE * np.outer(np.arange(HASH_SIDE), np.arange(REDUCED_SIDE) + 0.5))
"""The lowest rows of the discrete cosine transform (type II)."""
_MIRROR = (-1.0) ** np.arange(HASH_SIDE)
"""Mirroring a picture negates its odd horizontal frequencies."""


def hamming(left: bytes, right: bytes) -> int:
    """How many bits differ."""
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).bit_count()


def match_details(query: PhotoHash, held: PhotoHash) -> tuple[int, bool]:
    """Bits of 256 between the two photos, and whether it is the query's mirror image that is nearer."""
    plain, mirrored = hamming(query.plain, held.plain), hamming(query.mirrored, held.plain)
    return min(plain, mirrored), mirrored < plain


def compare(query: PhotoHash, held: PhotoHash) -> float:
    """0 to 1: the share of bits that agree, the query mirrored or not, whichever is nearer; 0 where the hashes
    are not related (`hamming_index.are_related`)."""
    distances = [
        hamming(one, held.plain) for one in (query.plain, query.mirrored) if are_related(one, held.plain)
    ]
    return 1 - min(distances) / BITS if distances else 0.0


def new_hash_index() -> HammingIndex[PhotoHash]:
    """An index of plain hashes that is searched for a photo and for its mirror image."""
    return HammingIndex(
        MOST_DISTANCE, held=lambda photo: photo.plain, queries=lambda photo: (photo.plain, photo.mirrored)
    )


def _drawn(seed: int) -> Image.Image:
    """A picture of a few shapes, the same for the same seed on every machine."""
    numbers = np.random.Generator(np.random.PCG64(seed))
    photo = Image.new("RGB", (400, 500), tuple(map(int, numbers.integers(60, 200, 3))))
    draw = ImageDraw.Draw(photo)
    for _ in range(14):
        (left, top), (width, height) = numbers.integers(0, 380, 2), numbers.integers(40, 220, 2)
        box = (int(left), int(top), int(left + width), int(top + height))
        colour = tuple(map(int, numbers.integers(0, 256, 3)))
        draw.ellipse(box, fill=colour) if numbers.random() < 0.5 else draw.rectangle(box, fill=colour)
    return photo


def _examples() -> Sequence[Example]:
    photo = _drawn(1)
    return (
        Example(photo, photo.copy(), True, "the very photo"),
        Example(photo, photo.resize((200, 250)), True, "half the size"),
        Example(photo, photo.convert("L"), True, "grey"),
        Example(photo, ImageEnhance.Brightness(photo).enhance(1.2), True, "brighter"),
        Example(photo, ImageEnhance.Contrast(photo).enhance(0.8), True, "flatter"),
        Example(photo, ImageOps.mirror(photo), True, "mirrored"),
        Example(photo, ImageOps.posterize(photo, 4), True, "fewer colours"),
        Example(photo, _drawn(2), False, "another photo"),
        Example(photo, photo.rotate(90, expand=True), False, "on its side: for local features to find"),
        Example(photo, ImageOps.flip(photo), False, "upside down"),
    )


PHOTO_HASH: FingerprintKind[PhotoHash] = FingerprintKind(
    name="photo",
    algorithm="phash256-2",
    fingerprint=photo_hash,
    compare=compare,
    floor=1 - MOST_DISTANCE / BITS,
    new_index=new_hash_index,
    examples=_examples,
)
