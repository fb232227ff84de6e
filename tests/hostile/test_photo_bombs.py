"""Small files that unfold: in every format that is accepted, through the real processes, within their memory."""

import io
import struct
import zlib
from collections.abc import AsyncIterator, Callable

import pytest
from photo_bytes import bmp_bomb, drawn, encoded, gif_bomb, jpeg_bomb, png, png_bomb, png_chunk, webp_bomb
from PIL import Image

from fingerprints.photo_decode import PhotoError, decode_photo
from fingerprints.photo_format import DECODED_FORMATS
from streams.photos.picture_pool import PicturePool
from streams.photos.pool import PhotoPool

PIXELS = 2_000_000
SMALL = drawn(1, (160, 200))
PHOTO = encoded(SMALL)


def avif_bomb() -> bytes:
    """Its image spatial extents (ISO/IEC 23008-12, 6.5.3) say 60,000 by 60,000."""
    raw = bytearray(encoded(drawn(1, (64, 64)), "AVIF"))
    at = raw.index(b"ispe") + 8
    raw[at : at + 8] = struct.pack(">II", 60_000, 60_000)
    return bytes(raw)


def webp_frame_bomb(lossless: bool) -> bytes:
    """A WebP of one frame without a canvas, whose own header says 16,383 by 16,383."""
    raw = bytearray(encoded(drawn(1, (64, 64)), "WEBP", lossless=lossless))
    if lossless:
        raw[21:25] = struct.pack("<I", 16_383 - 1 | (16_383 - 1) << 14)
    else:
        raw[26:30] = struct.pack("<HH", 16_383, 16_383)
    return bytes(raw)


PIXEL_BOMBS: dict[str, Callable[[], bytes]] = {
    "PNG": png_bomb,
    "GIF": gif_bomb,
    "BMP": bmp_bomb,
    "JPEG": jpeg_bomb,
    "WEBP": webp_bomb,
    "WEBP lossy": lambda: webp_frame_bomb(False),
    "WEBP lossless": lambda: webp_frame_bomb(True),
    "AVIF": avif_bomb,
}


def gif_of_frames(many: int) -> bytes:
    """One frame again and again: some forty bytes each."""
    frame = b"\x21\xf9\x04\x00\x01\x00\x00\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00"
    head = b"GIF89a" + struct.pack("<HH", 64, 64) + b"\xf0\x00\x00" + b"\xff\xff\xff\x00\x00\x00"
    return head + frame * many + b";"


def webp_of_frames(many: int) -> bytes:
    """The second frame of an animation, many times over."""
    raw = encoded(drawn(2, (32, 32)), "WEBP", save_all=True, append_images=[drawn(3, (32, 32))], quality=1)
    at = raw.rindex(b"ANMF")
    body = raw[:at] + raw[at:] * many
    return body[:4] + struct.pack("<I", len(body) - 8) + body[8:]


def png_with(kind: bytes, data: bytes, many: int = 1) -> bytes:
    """A good PNG with chunks before its picture."""
    raw = encoded(SMALL, "PNG")
    at = raw.index(b"IDAT") - 4
    return raw[:at] + png_chunk(kind, data) * many + raw[at:]


def jpeg_with(segments: bytes) -> bytes:
    return PHOTO[:2] + segments + PHOTO[2:]


def segment(marker: int, data: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data


def exif(directory: bytes) -> bytes:
    return b"Exif\x00\x00MM\x00*\x00\x00\x00\x08" + directory


UNFOLDS = zlib.compress(bytes(50_000_000), 9)
LOOP = (
    struct.pack(">H", 2) + struct.pack(">HHII", 0x0112, 3, 1, 6 << 16) + struct.pack(">HHII", 0x8769, 4, 1, 8)
)
OTHER_BOMBS: dict[str, Callable[[], bytes]] = {
    "100,000 frames of GIF": lambda: gif_of_frames(100_000),
    "5,000 frames of WebP": lambda: webp_of_frames(5_000),
    "a profile of 50 MB": lambda: png_with(b"iCCP", b"x\x00\x00" + UNFOLDS),
    "a text of 50 MB": lambda: png_with(b"zTXt", b"x\x00\x00" + UNFOLDS),
    "an international text of 50 MB": lambda: png_with(b"iTXt", b"x\x00\x01\x00\x00\x00" + UNFOLDS),
    "5,000 texts": lambda: png_with(b"zTXt", b"x\x00\x00" + zlib.compress(bytes(900_000)), 5_000),
    "20,000 empty chunks": lambda: png_with(b"tEXt", b"a\x00", 20_000),
    "a profile in 2,000 parts": lambda: jpeg_with(
        b"".join(
            segment(0xE2, b"ICC_PROFILE\x00" + bytes([n % 255 + 1, 255]) + bytes(2000)) for n in range(2_000)
        )
    ),
    "a directory in a circle": lambda: jpeg_with(segment(0xE1, exif(LOOP + struct.pack(">I", 8)))),
    "a directory of a billion": lambda: jpeg_with(
        segment(0xE1, exif(struct.pack(">H", 1) + struct.pack(">HHII", 0x0112, 3, 0xFFFFFFFF, 8) + bytes(4)))
    ),
    "500 EXIF parts": lambda: jpeg_with(segment(0xE1, exif(LOOP) + bytes(60_000)) * 60),
    "20,000 comments": lambda: jpeg_with(segment(0xFE, b"x") * 20_000),
    "a picture that unfolds beyond its header": lambda: png(64, 64, bytes(50_000_000)),
    "an interlaced picture of one row": lambda: encoded(Image.new("L", (2_000_000, 1)), "PNG"),
    "a palette of holes": lambda: encoded(SMALL.convert("P"), "PNG", transparency=bytes(256)),
    "JPEG's tables 20,000 times": lambda: jpeg_with(segment(0xDB, b"\x00" + bytes(range(1, 65))) * 20_000),
    "a thousand scans": lambda: _scans(1_000),
}


def _scans(many: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again: each is decoded over the whole picture."""
    raw = encoded(drawn(1, (800, 800)), "JPEG", progressive=True, quality=20)
    at = raw.rindex(b"\xff\xda")
    return raw[:at] + raw[at:-2] * many + raw[-2:]


def test_every_accepted_format_has_a_bomb() -> None:
    assert {name.split()[0] for name in PIXEL_BOMBS} == DECODED_FORMATS


@pytest.fixture
async def pool() -> AsyncIterator[PhotoPool]:
    async with PhotoPool(1, 5.0, max_pixels=PIXELS) as opened:
        yield opened


async def outcome(pool: PhotoPool, raw: bytes) -> str:
    try:
        await pool.fingerprint(raw)
    except PhotoError as error:
        return error.kind
    return "a print"


async def test_pixels_are_counted_before_any_is_decoded(pool: PhotoPool) -> None:
    before = pool.pids
    for name, make in PIXEL_BOMBS.items():
        raw = make()
        assert len(raw) < 20_000, name
        assert await outcome(pool, raw) in {"too-many-pixels", "undecodable", "truncated"}, name
    assert pool.pids == before, "a bomb has ended its process"
    assert await outcome(pool, PHOTO) == "a print"


async def test_what_else_unfolds_is_a_photo_or_an_error_and_costs_nobody_else(pool: PhotoPool) -> None:
    before = pool.pids
    seen = {}
    for name, make in OTHER_BOMBS.items():
        raw = make()
        assert len(raw) < 6_000_000, name
        seen[name] = await outcome(pool, raw)
    assert set(seen.values()) <= {"a print", "undecodable", "truncated", "out-of-memory", "timeout"}, seen
    # One that takes for ever is ended with its process, and only that one.
    assert [name for name, kind in seen.items() if kind == "timeout"] in ([], ["a thousand scans"])
    assert pool.pids == before or "timeout" in seen.values()
    assert await outcome(pool, PHOTO) == "a print"


async def test_the_consoles_pictures_too() -> None:
    async with PicturePool(1, 5.0, max_pixels=PIXELS) as pictures:
        for name, make in {**PIXEL_BOMBS, **OTHER_BOMBS}.items():
            try:
                drawn_again = await pictures.picture(make(), 200)
            except PhotoError:
                continue
            with Image.open(io.BytesIO(drawn_again)) as shown:
                assert max(shown.size) <= 200, name
                assert not shown.info.get("exif"), name
        assert await pictures.picture(PHOTO, 200)


def test_a_bomb_is_told_by_its_own_kind() -> None:
    for make in (png_bomb, gif_bomb, bmp_bomb, jpeg_bomb, webp_bomb):
        with pytest.raises(PhotoError) as caught:
            decode_photo(make(), max_pixels=PIXELS)
        assert caught.value.kind == "too-many-pixels"
