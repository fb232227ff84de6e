"""Drawn photos in every format, and bytes that attack the decoder."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image


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


def png(width: int, height: int, rows: bytes, *, bits: int = 8, colour: int = 2) -> bytes:
    """A PNG whose header may lie about what `rows` holds."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
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
