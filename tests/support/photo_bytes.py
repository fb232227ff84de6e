"""Drawn photos in every format, their prints, and bytes that attack the decoder."""

import io
import random
import struct
import zlib
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from fingerprints.photo_print import PhotoPrint


def drawn(seed: int, size: tuple[int, int] = (400, 520)) -> Image.Image:
    """Soft colour patches with fine grain, like a garment on a floor: the same for the same seed."""
    numbers = np.random.Generator(np.random.PCG64(seed))
    coarse = Image.fromarray(numbers.integers(0, 256, (9, 7, 3), dtype=np.uint8)).resize(
        size, Image.Resampling.BICUBIC
    )
    grain = numbers.integers(-12, 13, (size[1], size[0], 1))
    return Image.fromarray((np.asarray(coarse).astype(int) + grain).clip(0, 255).astype(np.uint8))


def encoded(picture: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The picture's bytes in a format."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


@cache
def garment_photo(garment: int, seller: int, shot: int = 0) -> bytes:
    """A JPEG of the garment of this number before this seller's backdrop, as the sample marketplace draws it."""
    from connectors.sample.catalogue import look_of
    from connectors.sample.draw import draw_photo

    return draw_photo(look_of(random.Random(garment)), seller, shot)


@cache
def garment_print(garment: int, seller: int, shot: int = 0) -> "PhotoPrint":
    """The print of that photo."""
    return print_of(garment_photo(garment, seller, shot))


def print_of(photo: bytes | Image.Image) -> "PhotoPrint":
    """The print of a photo that surely has one."""
    from fingerprints.photo_print import photo_print, print_of_bytes

    made = print_of_bytes(photo, max_pixels=50_000_000) if isinstance(photo, bytes) else photo_print(photo)
    assert made is not None
    return made


def random_points(numbers: np.random.Generator, many: int) -> np.ndarray:
    """Rows of `POINT` like no photo's, each with different loose signs."""
    from fingerprints.photo_descriptor import LOOSE, LOOSE_AMONG, LOOSE_FIELD_BITS
    from fingerprints.photo_print import POINT

    rows = np.zeros(many, POINT)
    for name, top in (("signs", 1 << 32), ("large", 1 << 16), ("x", 1 << 16), ("y", 1 << 16)):
        rows[name] = numbers.integers(0, top, many)
    rows["sigma"], rows["angle"] = numbers.integers(20, 120, many), numbers.integers(0, 256, many)
    loose = np.argsort(numbers.random((many, LOOSE_AMONG)), axis=1)[:, :LOOSE]
    rows["loose"] = (loose << np.arange(LOOSE) * LOOSE_FIELD_BITS).sum(axis=1)
    return rows


def random_print(numbers: np.random.Generator, points: int = 240) -> "PhotoPrint":
    """A print of no photo, in no time: random hashes and points, no thumbnail."""
    from fingerprints.photo_print import PhotoPrint

    hashes = numbers.bytes(32), numbers.bytes(32)
    return PhotoPrint(*hashes, 600, 800, random_points(numbers, points).tobytes(), b"")


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """With its length before and its checksum behind."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, rows: bytes, *, bits: int = 8, colour: int = 2) -> bytes:
    """A PNG whose header may lie about what `rows` holds."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    body = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(rows, 9)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def png_bomb(width: int = 50_000, height: int = 50_000) -> bytes:
    """A few kilobytes that claim billions of pixels."""
    return png(width, height, bytes(1_000_000))


def gif_bomb() -> bytes:
    """A GIF of one pixel's data and 65,535 by 65,535 pixels."""
    plain = bytearray(encoded(Image.new("P", (1, 1)), "GIF"))
    plain[6:10] = b"\xff\xff\xff\xff"
    return bytes(plain)


def bmp_bomb() -> bytes:
    """A BMP whose header claims 50,000 by 50,000 pixels."""
    plain = bytearray(encoded(Image.new("RGB", (4, 4)), "BMP"))
    plain[18:26] = struct.pack("<ii", 50_000, 50_000)
    return bytes(plain)


def jpeg_bomb() -> bytes:
    """A JPEG whose frame header claims 65,500 by 65,500 pixels."""
    plain = bytearray(encoded(drawn(1, (64, 64))))
    at = plain.index(b"\xff\xc0") + 5
    plain[at : at + 4] = struct.pack(">HH", 65_500, 65_500)
    return bytes(plain)


def webp_bomb() -> bytes:
    """A WebP whose canvas is 16,384 by 16,384 pixels around a small frame."""
    frames = [drawn(1, (64, 64)), drawn(2, (64, 64))]
    plain = bytearray(encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:]))
    assert plain[12:16] == b"VP8X"
    plain[24:30] = (16_383).to_bytes(3, "little") * 2
    return bytes(plain)
