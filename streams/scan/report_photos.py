"""A report's photos: small JPEGs as data URLs, and one photo laid over another."""

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image as Pillow

from connectors.events import Image
from streams.photos.aligned_pair import AlignedPair, Point
from streams.photos.apart import PhotosApart
from streams.photos.small_jpeg import small_jpeg
from streams.scan.scan import read_path
from streams.settings import Photos

THUMBNAIL = 320
"""Pixels of the longer side at most."""
QUALITIES = (80, 60, 40, 20)
"""A JPEG is written at the first of these that keeps it within MOST_BYTES, else at the last."""
MOST_BYTES = 24 * 1024
"""Drawn garments have 7 to 12 kB at quality 80. Pure noise, which nobody sells, has 69, and 21 at quality 20."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A photo as the page holds it."""

    url: str
    width: int
    height: int

    def points(self, polygon: Sequence[Point]) -> str:
        """The polygon's corners in this photo's pixels, as SVG's `points` and `d` take them."""
        return " ".join(f"{x * self.width:.1f},{y * self.height:.1f}" for x, y in polygon)


def open_photo(
    images: Sequence[Image], number: int, folder: Path, limits: Photos, apart: PhotosApart
) -> Pillow.Image | None:
    """A listing's photo, upright and in colour, somewhat larger than a thumbnail; None without a usable one."""
    if not 0 <= number < len(images):
        return None
    raw = read_path(folder, images[number], limits.max_bytes).data
    if raw is None or len(raw) > limits.max_bytes:
        return None
    return apart.photo(raw, 2 * THUMBNAIL)


def thumbnail(photo: Pillow.Image) -> Thumbnail:
    """The photo at most THUMBNAIL pixels wide and high, in its own aspect."""
    small = photo.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    return Thumbnail(_data_url(small), *small.size)


def laid_over(listing: Pillow.Image, takedown: Pillow.Image, pair: AlignedPair) -> Thumbnail:
    """The takedown's photo warped into the listing's frame; around it the listing's photo, unchanged."""
    frame = listing.copy()
    frame.thumbnail((THUMBNAIL, THUMBNAIL))
    shown = _at_scale(takedown, frame.size, pair)
    warped = shown.convert("RGBA").transform(
        frame.size,
        Pillow.Transform.PERSPECTIVE,
        pair.perspective(frame.size, shown.size),
        Pillow.Resampling.BICUBIC,
    )
    # Outside the warped photo its alpha is 0. A homography is one to one, so nothing of it appears elsewhere.
    frame.paste(warped, mask=warped.getchannel("A"))
    return Thumbnail(_data_url(frame), *frame.size)


def _at_scale(takedown: Pillow.Image, frame: tuple[int, int], pair: AlignedPair) -> Pillow.Image:
    """The photo averaged down to the size at which it is shown: Pillow's warp samples and does not average."""
    target = pair.listing_share * math.prod(frame)
    source = pair.takedown_share * math.prod(takedown.size)
    scale = math.sqrt(target / source)
    if scale >= 1:
        return takedown
    width, height = (max(1, round(side * scale)) for side in takedown.size)
    return takedown.resize((width, height), Pillow.Resampling.LANCZOS)


def _data_url(photo: Pillow.Image) -> str:
    written = small_jpeg(photo, QUALITIES, MOST_BYTES)
    return "data:image/jpeg;base64," + base64.b64encode(written).decode()
