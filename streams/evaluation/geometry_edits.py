"""Edits that move pixels: crops, turns, slants, stretches. What comes into view beyond the photo is white."""

import itertools
import random

from PIL import Image

from connectors.sample.edits import perspective
from streams.evaluation.photo_edit import Change, OtherPhotos, from_sample, plain

WHITE = (255, 255, 255)
SAMPLE_PERSPECTIVE = 0.1
"""How far the sample marketplace's perspective moves a corner at strength 1, as a share of the side."""
MESH = 16
"""Cells a side that stand in for a curved distortion; each is warped as a quadrilateral."""


def cropped(left: float, top: float, right: float, bottom: float) -> Change:
    """Cut these shares of the width and height away, each at its side."""

    def change(photo: Image.Image) -> Image.Image:
        width, height = photo.size
        return photo.crop(
            (
                round(width * left),
                round(height * top),
                round(width * (1 - right)),
                round(height * (1 - bottom)),
            )
        )

    return plain(change)


def cropped_evenly(share: float) -> Change:
    """Cut `share` of the width and height away at each side."""
    return cropped(share, share, share, share)


def off_centre(share: float) -> Change:
    """Keep `share` of the width and height, anywhere; half of the time at the left or right edge."""

    def change(photo: Image.Image, chance: random.Random, _others: OtherPhotos) -> Image.Image:
        width, height = round(photo.width * share), round(photo.height * share)
        left = round((photo.width - width) * chance.random())
        top = round((photo.height - height) * chance.random())
        if chance.random() < 0.5:
            left = chance.choice((0, photo.width - width))
        return photo.crop((left, top, left + width, top + height))

    return change


def rotated(degrees: float) -> Change:
    """Turned to either side, the canvas grown so that nothing is lost."""

    def change(photo: Image.Image, chance: random.Random, _others: OtherPhotos) -> Image.Image:
        angle = degrees * chance.choice((-1, 1))
        return photo.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=WHITE)

    return change


def quarter_turn(photo: Image.Image, chance: random.Random, _others: OtherPhotos) -> Image.Image:
    """On its left or right side."""
    return photo.transpose(chance.choice((Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270)))


def slanted(share: float) -> Change:
    """Seen aslant: each corner moves inwards by up to `share` of the width and height."""
    return from_sample(perspective, share / SAMPLE_PERSPECTIVE)


def stretched(narrow: float, wide: float) -> Change:
    """The width times one of two factors, the height as it was."""

    def change(photo: Image.Image, chance: random.Random, _others: OtherPhotos) -> Image.Image:
        return photo.resize((round(photo.width * chance.choice((narrow, wide))), photo.height))

    return change


def sheared(slope: float) -> Change:
    """Rows pushed sideways, to either side: a rectangle becomes a parallelogram."""

    def change(photo: Image.Image, chance: random.Random, _others: OtherPhotos) -> Image.Image:
        matrix = (1, slope * chance.choice((-1, 1)), 0, 0, 1, 0)
        return photo.transform(
            photo.size, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC, fillcolor=WHITE
        )

    return change


def scaled(share: float) -> Change:
    """Both sides times `share`."""

    def change(photo: Image.Image) -> Image.Image:
        size = max(1, round(photo.width * share)), max(1, round(photo.height * share))
        return photo.resize(size, Image.Resampling.LANCZOS)

    return plain(change)


def barrel(bend: float) -> Change:
    """As through a wide lens: a point at distance r of the centre (1 at a side) shows r * (1 + bend * r²).

    The first term of Brown's model of radial distortion (Brown 1971, Close-range camera calibration).
    """

    def source(x: float, y: float, size: tuple[int, int]) -> tuple[float, float]:
        across, down = 2 * x / size[0] - 1, 2 * y / size[1] - 1
        scale = 1 + bend * (across**2 + down**2)
        return (across * scale + 1) / 2 * size[0], (down * scale + 1) / 2 * size[1]

    def change(photo: Image.Image) -> Image.Image:
        columns = [round(photo.width * step / MESH) for step in range(MESH + 1)]
        rows = [round(photo.height * step / MESH) for step in range(MESH + 1)]
        cells = []
        for left, right in itertools.pairwise(columns):
            for top, bottom in itertools.pairwise(rows):
                corners = ((left, top), (left, bottom), (right, bottom), (right, top))
                quad = tuple(value for x, y in corners for value in source(x, y, photo.size))
                cells.append(((left, top, right, bottom), quad))
        return photo.transform(
            photo.size, Image.Transform.MESH, cells, Image.Resampling.BILINEAR, fillcolor=WHITE
        )

    return plain(change)
