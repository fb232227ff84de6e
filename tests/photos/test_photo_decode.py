"""Every accepted format decodes to the same small upright picture; everything else is one countable error."""

import contextlib
import io
import subprocess
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from photo_bytes import bmp_bomb, drawn, encoded, gif_bomb, jpeg_bomb, png, png_bomb, webp_bomb
from PIL import Image, ImageFile

from fingerprints.photo_decode import ORIENTATION, PhotoError, decode_photo

PIXELS = 50_000_000
PHOTO = drawn(7)
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF")


def difference(left: Image.Image, right: Image.Image) -> float:
    """Mean grey levels between two pictures, at 32 by 32."""
    small = [np.asarray(p.convert("RGB").resize((32, 32)), dtype=float) for p in (left, right)]
    return float(np.abs(small[0] - small[1]).mean())


def kind_of(raw: bytes, max_pixels: int = PIXELS) -> str:
    with pytest.raises(PhotoError) as caught:
        decode_photo(raw, max_pixels=max_pixels)
    assert str(caught.value)
    return caught.value.kind


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("grey", [True, False])
def test_every_format_decodes_to_the_same_picture(kind: str, grey: bool) -> None:
    got = decode_photo(encoded(PHOTO, kind), max_pixels=PIXELS, grey=grey)
    assert got.mode == ("L" if grey else "RGB")
    assert difference(got, PHOTO.convert(got.mode)) < 6


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("target", [64, 128, 512])
def test_the_shorter_side_is_near_the_target_and_never_enlarged(kind: str, target: int) -> None:
    for size in ((400, 520), (1300, 1000), (90, 70)):
        got = decode_photo(encoded(drawn(2, size), kind), max_pixels=PIXELS, target=target)
        assert min(target, *size) <= min(got.size) < max(4 * target, 1)
        assert max(got.size) <= max(size)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(orientation: int) -> None:
    """As Pillow's own ImageOps.exif_transpose does it, which is the slow reference."""
    from PIL import ImageOps

    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    for kind in ("JPEG", "PNG", "WEBP"):
        raw = encoded(PHOTO, kind, exif=exif)
        assert (
            difference(
                decode_photo(raw, max_pixels=PIXELS), ImageOps.exif_transpose(Image.open(io.BytesIO(raw)))
            )
            < 3
        )


def test_broken_exif_leaves_the_photo() -> None:
    for exif in (
        b"Exif\x00\x00MM\x00*\xff\xff\xff\xff",
        b"Exif\x00\x00II*\x00\x08\x00\x00\x00\xff\xff",
        b"Exif\x00\x00?",
    ):
        assert difference(decode_photo(encoded(PHOTO, exif=exif), max_pixels=PIXELS), PHOTO) < 6
    odd = Image.Exif()
    odd[ORIENTATION] = 77
    assert difference(decode_photo(encoded(PHOTO, exif=odd), max_pixels=PIXELS), PHOTO) < 6


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF"])
def test_transparent_is_white_whatever_colour_hides_there(kind: str) -> None:
    hidden = PHOTO.convert("RGBA")
    hidden.putalpha(Image.new("L", PHOTO.size, 0))
    options = {"exact": True} if kind == "WEBP" else {}
    assert np.asarray(decode_photo(encoded(hidden, kind, **options), max_pixels=PIXELS)).min() >= 250


def test_other_modes() -> None:
    half = Image.new("P", (200, 200), 1)
    half.putpalette([255, 0, 0, 0, 0, 255] + [0] * 762)
    half.paste(0, (0, 0, 100, 200))
    see_through = decode_photo(encoded(half, "PNG", transparency=0), max_pixels=PIXELS)
    assert see_through.getpixel((10, 10)) == (255, 255, 255)
    assert see_through.getpixel((see_through.width - 10, 10)) == (0, 0, 255)
    cmyk = decode_photo(encoded(PHOTO.convert("CMYK")), max_pixels=PIXELS)
    assert difference(cmyk, PHOTO) < 12
    assert (
        decode_photo(encoded(Image.new("1", (64, 64), 1), "PNG"), max_pixels=PIXELS).getpixel((9, 9))
        == (255,) * 3
    )
    grey_alpha = Image.merge("LA", (PHOTO.convert("L"), Image.new("L", PHOTO.size, 255)))
    assert difference(decode_photo(encoded(grey_alpha, "PNG"), max_pixels=PIXELS), PHOTO.convert("L")) < 3
    clear_grey = decode_photo(encoded(PHOTO.convert("L"), "PNG", transparency=0), max_pixels=PIXELS)
    assert difference(clear_grey, PHOTO.convert("L")) < 6


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 200 * 200).astype(np.uint16).reshape(200, 200)
    got = np.asarray(
        decode_photo(encoded(Image.fromarray(ramp), "PNG"), max_pixels=PIXELS, grey=True), dtype=int
    )
    assert np.abs(got - (ramp >> 8)).max() <= 1
    rows = b"".join(b"\x00" + (b"\x80\x00\x10\x00\xf0\x00" * 64) for _ in range(64))
    deep = decode_photo(png(64, 64, rows, bits=16), max_pixels=PIXELS)
    assert deep.getpixel((5, 5)) == (0x80, 0x10, 0xF0)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "AVIF"])
def test_an_animation_is_its_first_frame(kind: str) -> None:
    raw = encoded(PHOTO, kind, save_all=True, append_images=[drawn(8), drawn(9)])
    assert difference(decode_photo(raw, max_pixels=PIXELS), PHOTO) < 6


@pytest.mark.parametrize("bomb", [png_bomb, gif_bomb, bmp_bomb, jpeg_bomb, webp_bomb])
def test_bombs_are_refused_by_their_header(bomb: object) -> None:
    assert callable(bomb)
    raw = bomb()
    assert len(raw) < 20_000
    assert kind_of(raw) == "too-many-pixels"
    # A limit above Pillow's own (twice 89 million) is no way round it.
    assert kind_of(raw, max_pixels=200_000_000) in {"too-many-pixels", "truncated", "undecodable"}


def test_max_pixels_is_exact() -> None:
    raw = encoded(drawn(3, (100, 80)), "PNG")
    assert decode_photo(raw, max_pixels=8_000).size == (100, 80)
    assert kind_of(raw, max_pixels=7_999) == "too-many-pixels"
    with pytest.raises(ValueError, match="target and max_pixels"):
        decode_photo(raw, max_pixels=0)


@pytest.mark.parametrize("kind", FORMATS)
def test_truncated_at_any_place_is_an_error(kind: str) -> None:
    raw = encoded(PHOTO, kind)
    for share in (0.3, 0.5, 0.9):
        cut = kind_of(raw[: int(len(raw) * share)])
        # libavif says of a file cut before its end only that it is wrong.
        assert cut == "truncated" or (kind == "AVIF" and cut == "undecodable"), (share, cut)
    for length in (12, 20, 40):
        assert kind_of(raw[:length]) in {"truncated", "undecodable", "not-an-image"}


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"", "not-an-image"),
        (b"<!doctype html><html><body>sign in</body></html>", "not-an-image"),
        (b"\xef\xbb\xbf  \n<html>", "not-an-image"),
        (b'{"error": "gone"}', "not-an-image"),
        (b"\x00" * 1000, "not-an-image"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "unsupported-format"),
        (encoded(PHOTO, "TIFF"), "unsupported-format"),
        (encoded(PHOTO, "ICO"), "unsupported-format"),
        (encoded(PHOTO, "JPEG2000"), "unsupported-format"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "unsupported-format"),
        (b"%PDF-1.7 ...", "unsupported-format"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 200, "undecodable"),
        (b"\xff\xd8\xff" + b"\x55" * 200, "undecodable"),
        (b"BM" + bytes(200), "undecodable"),
    ],
)
def test_what_is_no_photo(raw: bytes, kind: str) -> None:
    assert kind_of(raw) == kind


def test_programs_by_another_name_never_reach_their_decoder() -> None:
    """PostScript would start Ghostscript."""
    assert kind_of(encoded(PHOTO, "EPS")) == "not-an-image"


def test_warnings_as_errors_change_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        limit = Image.MAX_IMAGE_PIXELS
        # 100 million pixels: over Pillow's warning, under its error.
        raw = encoded(Image.new("1", (10_000, 10_000)), "PNG")
        assert decode_photo(raw, max_pixels=200_000_000, grey=True).mode == "L"
        with pytest.raises(UserWarning):
            warnings.warn("still an error afterwards", UserWarning, stacklevel=1)
    assert limit == Image.MAX_IMAGE_PIXELS
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(FORMATS),
    edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=12),
)
def test_damaged_photos_decode_or_are_photo_errors(kind: str, edits: list[tuple[float, int]]) -> None:
    raw = bytearray(SMALL[kind])
    for place, byte in edits:
        raw[int(place * (len(raw) - 1))] = byte
    with contextlib.suppress(PhotoError):
        assert decode_photo(bytes(raw), max_pixels=1_000_000).mode == "RGB"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_decode_or_are_photo_errors(raw: bytes) -> None:
    with pytest.raises(PhotoError):
        decode_photo(raw, max_pixels=1_000_000)


SMALL = {kind: encoded(drawn(5, (48, 40)), kind) for kind in FORMATS}


def test_decoding_loads_no_other_plugin() -> None:
    """Image.open without our imports would load some forty decoders to find one."""
    program = (
        "import sys; from fingerprints.photo_decode import decode_photo, PhotoError\n"
        "for raw in (open(sys.argv[1], 'rb').read(), b'no', b'RIFF1234WEBP'):\n"
        "    try: decode_photo(raw, max_pixels=10**6)\n"
        "    except PhotoError: pass\n"
        "assert not {'PIL.EpsImagePlugin', 'PIL.TiffImagePlugin'} & sys.modules.keys()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, __file__], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
