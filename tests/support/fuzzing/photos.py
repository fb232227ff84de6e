"""Targets: the way of a photo, from its bytes to what is compared, and prints that somebody else has made."""

from functools import cache

import msgspec
import numpy as np
from photo_bytes import bmp_bomb, drawn, encoded, gif_bomb, jpeg_bomb, png_bomb, random_print, webp_bomb

from fingerprints.photo_decode import PhotoError, decode_photo
from fingerprints.photo_format import photo_format, webp_size
from fingerprints.photo_match import PhotoIndex
from fingerprints.photo_print import PhotoPrint, decode_thumbnail, print_of_bytes, unpack_points
from fuzzing.target import Target
from streams.photos.picture_child import picture_of

MAX_PIXELS = 40_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF")


def _decoded(raw: bytes) -> None:
    photo = decode_photo(raw, max_pixels=MAX_PIXELS)
    assert photo.mode == "RGB"
    assert photo.width * photo.height <= MAX_PIXELS


def _printed(raw: bytes) -> None:
    """The whole way, as a child of the pool goes it."""
    made = print_of_bytes(raw, max_pixels=MAX_PIXELS)
    if made is not None:
        again = msgspec.msgpack.decode(msgspec.msgpack.encode(made), type=PhotoPrint)
        assert again == made
        assert made.thumbnail == b"" or decode_thumbnail(made.thumbnail) is not None


def _pictured(raw: bytes) -> None:
    """The way of a photo to a browser: always a JPEG of ours."""
    assert photo_format(picture_of(raw, 64, MAX_PIXELS)) == "JPEG"


def _sniffed(raw: bytes) -> None:
    photo_format(raw)
    size = webp_size(raw)
    assert size is None or min(size) >= 0


def _thumbnail(raw: bytes) -> None:
    """A thumbnail out of a child that a photo has taken over, or off the topic."""
    grey = decode_thumbnail(raw)
    assert grey is None or (grey.ndim == 2 and max(grey.shape) <= 320)


@cache
def _index() -> tuple[PhotoIndex, PhotoPrint]:
    index = PhotoIndex()
    held = print_of_bytes(encoded(drawn(1, (160, 200))), max_pixels=MAX_PIXELS)
    assert held is not None
    index.add("t0", [held, random_print(np.random.Generator(np.random.PCG64(1)))])
    return index, held


def _print_bytes(raw: bytes) -> None:
    """A print as a topic holds it, whoever wrote it there: put in, searched with and taken out again."""
    index, held = _index()
    try:
        theirs = msgspec.msgpack.decode(raw, type=PhotoPrint)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # Hardly any bytes are MessagePack: then they are the points and the thumbnail of a print.
        points = raw[: len(raw) // 16 * 16][: 512 * 16]
        theirs = PhotoPrint(
            held.plain,
            held.mirrored,
            1 + len(raw) % 65535,
            1 + sum(raw) % 65535,
            points,
            raw[:65536] or held.thumbnail,
        )
    unpack_points(theirs.points)
    index.add("theirs", [theirs])
    try:
        for query in (held, theirs):
            for match in index.search(query, 5).matches:
                index.explain(query, match)
    finally:
        index.withdraw("theirs")


@cache
def _photo_seeds() -> list[bytes]:
    small = drawn(5, (48, 40))
    seeds = [encoded(small, kind) for kind in FORMATS]
    seeds += [
        encoded(small, "JPEG", exif=_turned(), icc_profile=bytes(200), comment=b"x"),
        encoded(small, "JPEG", progressive=True, quality=30),
        encoded(small.convert("CMYK"), "JPEG"),
        encoded(small.convert("P"), "PNG", transparency=0),
        encoded(small.convert("LA"), "PNG"),
        encoded(small.convert("1"), "PNG"),
        encoded(small, "GIF", save_all=True, append_images=[drawn(6, (48, 40))]),
        encoded(small, "WEBP", save_all=True, append_images=[drawn(6, (48, 40))]),
        encoded(small, "WEBP", lossless=True),
        encoded(small.convert("P"), "BMP"),
        *(bomb()[:4096] for bomb in (png_bomb, gif_bomb, bmp_bomb, jpeg_bomb, webp_bomb)),
    ]
    return seeds


def _turned() -> bytes:
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "x" * 40
    return exif.tobytes()


@cache
def _print_seeds() -> list[bytes]:
    _, held = _index()
    return [msgspec.msgpack.encode(held), held.points, held.thumbnail]


TARGETS = (
    Target("photo-decode", _decoded, _photo_seeds, (PhotoError,)),
    Target("photo-print", _printed, _photo_seeds, (PhotoError,)),
    Target("photo-picture", _pictured, _photo_seeds, (PhotoError,)),
    Target("photo-format", _sniffed, _photo_seeds, (), 600),
    Target("thumbnail", _thumbnail, lambda: [_print_seeds()[2], *_photo_seeds()]),
    Target("photo-print-bytes", _print_bytes, _print_seeds, (), 16384),
)
