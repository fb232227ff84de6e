"""Perceptual hash of a photo, plain and mirrored: settles the easy copies in about a millisecond.

256 bits of imagehash's DCT hash. 64 bits were measured to call a tenth of a seller's other photos alike at
the distance that still sees a resized copy; 256 bits separate the two (docs/benchmarks.md).
"""

from collections.abc import Sequence

import imagehash
import msgspec
import numpy as np
from PIL import Image, ImageDraw, ImageOps

from fingerprints.hamming_index import HammingIndex
from fingerprints.photo_decode import decode_photo
from fingerprints.registry import Example, FingerprintKind

HASH_SIZE = 16
BITS = HASH_SIZE * HASH_SIZE
REDUCED = HASH_SIZE * 4
"""imagehash takes the DCT of a picture of this side; reducing once serves both orientations."""
FLOOR_BITS = 56
"""Above this distance there is nothing to speak of: two unrelated photos lie at 128, give or take 16."""
MAX_PIXELS = 50_000_000
FEATURELESS_DEVIATION = 5.0
"""Grey levels (standard deviation, of 255) under which a picture is blank: its hash would be noise."""


class PhotoPrint(msgspec.Struct, frozen=True):
    """Two hashes of 32 bytes: the photo, and the photo mirrored."""

    plain: bytes
    mirrored: bytes


def fingerprint_photo(raw: bytes, max_pixels: int = MAX_PIXELS) -> PhotoPrint | None:
    """The photo's hashes; None for a picture without features, which must match nothing.

    Raises:
        PhotoError: the bytes are no picture that can be used.
    """
    grey = decode_photo(raw, max_pixels=max_pixels, target=4 * REDUCED).convert("L")
    small = grey.resize((REDUCED, REDUCED), Image.Resampling.LANCZOS, reducing_gap=2.0)
    if float(np.asarray(small, dtype=np.float32).std()) < FEATURELESS_DEVIATION:
        return None
    return PhotoPrint(_hash(small), _hash(ImageOps.mirror(small)))


def _hash(small: Image.Image) -> bytes:
    bits = imagehash.phash(small, hash_size=HASH_SIZE, highfreq_factor=REDUCED // HASH_SIZE).hash
    return np.packbits(bits).tobytes()


def match_details(query: PhotoPrint, held: PhotoPrint) -> tuple[int, bool]:
    """The distance in bits of 256, and whether the mirrored query was the nearer."""
    plain, mirrored = hamming(query.plain, held.plain), hamming(query.mirrored, held.plain)
    return (mirrored, True) if mirrored < plain else (plain, False)


def hamming(left: bytes, right: bytes) -> int:
    """How many bits differ."""
    return (int.from_bytes(left) ^ int.from_bytes(right)).bit_count()


def compare(query: PhotoPrint, held: PhotoPrint) -> float:
    """1 for equal, less 1/256 for each bit that differs in the better orientation."""
    return 1 - match_details(query, held)[0] / BITS


def _examples() -> Sequence[Example]:
    shapes = Image.new("RGB", (400, 500), (200, 190, 170))
    draw = ImageDraw.Draw(shapes)
    draw.ellipse((60, 40, 240, 300), fill=(30, 60, 120))
    draw.rectangle((200, 260, 380, 460), fill=(160, 40, 30))
    other = Image.new("RGB", (400, 500), (60, 90, 70))
    ImageDraw.Draw(other).polygon([(20, 480), (200, 30), (390, 300)], fill=(230, 220, 120))
    return (
        Example(_png(shapes), _png(shapes), alike=True, why="the same photo"),
        Example(_png(shapes), _png(ImageOps.mirror(shapes)), alike=True, why="mirrored"),
        Example(_png(shapes), _png(shapes.resize((200, 250))), alike=True, why="half the size"),
        Example(_png(shapes), _png(shapes.convert("L")), alike=True, why="without colour"),
        Example(_png(shapes), _png(other), alike=False, why="another photo"),
    )


def _png(picture: Image.Image) -> bytes:
    from io import BytesIO  # noqa: PLC0415

    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


PHOTO_HASH: FingerprintKind[PhotoPrint] = FingerprintKind(
    name="photo",
    algorithm="phash256-1",
    fingerprint=fingerprint_photo,
    compare=compare,
    floor=1 - FLOOR_BITS / BITS,
    new_index=lambda: HammingIndex(BITS, FLOOR_BITS),
    examples=_examples,
)
