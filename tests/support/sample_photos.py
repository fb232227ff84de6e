"""Photos of the sample marketplace for tests, and what an edit does to their corners."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageOps

from connectors.sample.catalogue import look_of
from connectors.sample.draw import draw_photo
from connectors.sample.seeds import dice

SELLER = 1
"""A seller whose backdrop has much to see: some 25 points of two garments' photos agree."""


def before_one_backdrop(garment: int) -> bytes:
    """The seller's photo of one garment: another number, another garment at the same place."""
    return draw_photo(look_of(dice("bd", SELLER, garment)), SELLER)


def cropped_and_mirrored(photo: bytes, box: tuple[float, float, float, float]) -> bytes:
    """What is within left, top, right and bottom (shares of the sides), left and right exchanged."""
    with Image.open(io.BytesIO(photo)) as opened:
        width, height = opened.size
        left, top, right, bottom = box
        part = opened.crop(
            (round(left * width), round(top * height), round(right * width), round(bottom * height))
        )
    out = io.BytesIO()
    ImageOps.mirror(part).save(out, "JPEG", quality=85)
    return out.getvalue()


def mapped(transform: Sequence[Sequence[float]], point: tuple[float, float]) -> tuple[float, float]:
    """Where the homography puts the point."""
    x, y, depth = np.array(transform) @ (*point, 1.0)
    return float(x / depth), float(y / depth)
