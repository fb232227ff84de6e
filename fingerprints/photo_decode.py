"""A photo's bytes to a small upright picture, within limits, whatever the bytes are.

Only formats that marketplaces serve are let near a decoder, the pixels are counted from the header before
any is decoded, and everything that can go wrong is one exception with a kind to count. What cannot be
caught here (a decoder that crashes or never ends) is for the process around it: `streams.photos.pool`.
"""

import io
import warnings

import numpy as np

# Imported for their registration: Image.open would otherwise load every plugin there is to find them.
from PIL import (
    AvifImagePlugin,  # noqa: F401
    BmpImagePlugin,  # noqa: F401
    GifImagePlugin,  # noqa: F401
    Image,
    JpegImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
    features,
)

from fingerprints.photo_format import DECODED_FORMATS, looks_like_markup, photo_format, webp_size

DEFAULT_TARGET = 128
"""Pixels of the shorter side. The perceptual hash of a photo decoded at 128 differs from that of the full
photo by 1.6 bits of 256 on average (at most 6) and takes 0.7 ms instead of 1.9 (docs/benchmarks.md)."""

ORIENTATION = 0x0112
"""The EXIF tag of how the camera was held (CIPA DC-008, 4.6.5)."""

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class PhotoError(ValueError):
    """A photo cannot be used; the listing is matched on what remains. `kind` is short and countable.

    Decoding: `not-an-image`, `unsupported-format`, `too-many-pixels`, `truncated`, `undecodable`,
    `out-of-memory`. Process (`streams.photos.pool`): `timeout`, `crashed`. Fetching (`streams.photos.fetch`):
    `bad-url`, `refused-address`, `unreachable`, `timeout`, `http-status`, `too-many-redirects`,
    `too-large`, `unsupported-encoding`, `truncated`, `not-an-image`.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def decode_photo(
    raw: bytes, *, max_pixels: int, target: int = DEFAULT_TARGET, grey: bool = False
) -> Image.Image:
    """The picture upright, mode RGB (L with `grey`), alpha over white, an animation's first frame.

    Its shorter side is at least `target` pixels and under four times that, never enlarged: a JPEG is decoded
    at 1/2, 1/4 or 1/8 where that suffices (libjpeg's scaled inverse DCT), other formats are averaged down.

    Raises:
        PhotoError: one of the kinds under Decoding.
    """
    if target < 1 or max_pixels < 1:
        raise ValueError(f"target and max_pixels must be at least 1, not {target} and {max_pixels}")
    name = _checked_format(raw)
    with warnings.catch_warnings():
        # Pillow warns of what it can live with; a program that runs with -W error must live with it too.
        warnings.simplefilter("ignore")
        try:
            if name == "WEBP" and (size := webp_size(raw)) is not None:
                # Pillow's WebP decoder allocates the whole canvas when it is opened, before it can be asked.
                _check_pixels(size, max_pixels)
            with Image.open(io.BytesIO(raw), formats=(name,)) as photo:
                _check_pixels(photo.size, max_pixels)
                photo.draft("L" if grey else "RGB", (target, target))
                photo.load()
                small = _flattened(_reduced(photo, target), grey=grey)
                return _upright(small, photo)
        except PhotoError:
            raise
        except Image.DecompressionBombError as error:
            raise PhotoError("too-many-pixels", str(error)) from None
        except MemoryError:
            raise PhotoError("out-of-memory", f"{name}: no memory to decode {len(raw)} bytes") from None
        except Exception as error:  # noqa: BLE001  decoders of hostile bytes raise whatever they like
            raise _as_photo_error(name, raw, error) from None


def _checked_format(raw: bytes) -> str:
    name = photo_format(raw)
    if name is None:
        if looks_like_markup(raw):
            raise PhotoError("not-an-image", "a web page or an API answer instead of a photo")
        raise PhotoError("not-an-image", f"{len(raw)} bytes that begin like no picture: {raw[:8].hex(' ')}")
    if name not in DECODED_FORMATS:
        raise PhotoError("unsupported-format", f"{name}; accepted are {', '.join(sorted(DECODED_FORMATS))}")
    if name == "AVIF" and not features.check("avif"):
        raise PhotoError("unsupported-format", "AVIF: this Pillow was built without it")
    return name


def _check_pixels(size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels:
        raise PhotoError("too-many-pixels", f"{width} x {height} pixels, {max_pixels} allowed in all")


def _reduced(photo: Image.Image, target: int) -> Image.Image:
    """Averaged down in whole steps, in a mode in which averaging is right (Pillow weighs by alpha)."""
    if photo.mode.startswith("I"):
        # 16 bits a pixel; Pillow's own conversion to 8 clips instead of scaling.
        photo = Image.fromarray((np.asarray(photo).astype(np.uint32) >> 8).clip(0, 255).astype(np.uint8))
    elif photo.has_transparency_data and photo.mode not in {"RGBA", "LA"}:
        photo = photo.convert("RGBA")
    elif photo.mode not in {"L", "RGB", "RGBA", "LA", "CMYK"}:
        photo = photo.convert("L" if photo.mode == "1" else "RGB")
    # Not down to the target itself: averaging near the size of the hash's own grid costs 6 bits instead of 2.
    factor = min(photo.size) // (2 * target)
    return photo.reduce(factor) if factor > 1 else photo


def _flattened(photo: Image.Image, *, grey: bool) -> Image.Image:
    """Over white, as a marketplace's page shows it."""
    if photo.mode in {"RGBA", "LA"}:
        photo = photo.convert("RGBA")
        white = Image.new("RGBA", photo.size, "white")
        photo = Image.alpha_composite(white, photo)
    return photo.convert("L" if grey else "RGB")


def _upright(small: Image.Image, photo: Image.Image) -> Image.Image:
    try:
        turn = TURNS.get(photo.getexif().get(ORIENTATION, 1))
    except Exception:  # noqa: BLE001  broken EXIF raises anything; the pixels are good all the same
        turn = None
    return small if turn is None else small.transpose(turn)


def _as_photo_error(name: str, raw: bytes, error: Exception) -> PhotoError:
    detail = f"{name}: {type(error).__name__}: {error}"[:300]
    cut_webp = name == "WEBP" and int.from_bytes(raw[4:8], "little") + 8 > len(raw)
    unfinished = isinstance(error, EOFError) or "truncated" in str(error).lower()
    if cut_webp or unfinished or (isinstance(error, UnidentifiedImageError) and len(raw) < 64):
        return PhotoError("truncated", detail)
    return PhotoError("undecodable", detail)
