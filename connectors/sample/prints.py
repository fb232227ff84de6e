"""Colours, cloth and prints: what tells two garments of one cut apart."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Rgb = tuple[int, int, int]
Colours = NDArray[np.float32]
PixelBox = tuple[float, float, float, float]

COLOURS: dict[str, Rgb] = {
    "hitam": (38, 38, 42),
    "putih": (232, 229, 222),
    "navy": (37, 48, 84),
    "maroon": (112, 32, 42),
    "hijau army": (84, 92, 58),
    "hijau botol": (28, 78, 62),
    "abu misty": (150, 152, 156),
    "krem": (218, 202, 172),
    "coklat": (112, 76, 52),
    "mustard": (202, 154, 48),
    "merah": (184, 46, 44),
    "biru denim": (82, 112, 152),
    "lilac": (172, 152, 196),
    "pink salem": (222, 152, 142),
    "terracotta": (186, 100, 66),
    "tosca": (62, 152, 148),
}
"""By the Indonesian name that titles use; sRGB."""


@dataclass(frozen=True, slots=True)
class Look:
    """What an item looks like. `seed` decides its proportions and the print's details."""

    garment: str
    colour: str
    second: str
    motif: str
    lettering: str
    seed: int


def lettering(draw: ImageDraw.ImageDraw, box: PixelBox, text: str, ink: Rgb) -> None:
    """`text` as large as fits into `box`, centred."""
    width, height = box[2] - box[0], box[3] - box[1]
    probe = ImageFont.load_default(64)
    left, top, right, bottom = probe.getbbox(text)
    size = max(8, int(64 * min(width / max(1, right - left), height / max(1, bottom - top))))
    draw.text(
        ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), text, ink, ImageFont.load_default(size), anchor="mm"
    )


def _polygon(box: PixelBox, points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points of the unit square in the box."""
    return [(box[0] + x * (box[2] - box[0]), box[1] + y * (box[3] - box[1])) for x, y in points]


def _star(draw: ImageDraw.ImageDraw, box: PixelBox, _look: Look, ink: Rgb, dice: random.Random) -> None:
    spikes, inner, turn = dice.randint(5, 8), dice.uniform(0.2, 0.28), dice.uniform(0, 1)
    points = []
    for step in range(spikes * 2):
        angle, reach = math.pi * (step + turn) / spikes, 0.5 if step % 2 == 0 else inner
        points.append((0.5 + reach * math.sin(angle), 0.5 - reach * math.cos(angle)))
    draw.polygon(_polygon(box, points), ink)


def _mountain(draw: ImageDraw.ImageDraw, box: PixelBox, look: Look, ink: Rgb, dice: random.Random) -> None:
    pale = tuple(channel // 2 + 120 for channel in ink)
    draw.ellipse(_polygon(box, [(0.55, 0.0), (0.9, 0.35)]), pale)
    peaks = [(0.0, 0.8)]
    for step in range(1, 6):
        peaks.append((step / 6, dice.uniform(0.12, 0.4) if step % 2 else dice.uniform(0.45, 0.65)))
    draw.polygon(_polygon(box, [*peaks, (1.0, 0.8)]), ink)
    lettering(draw, _inner(box, 0.0, 0.84, 1.0, 1.0), look.lettering, ink)


def _sun(draw: ImageDraw.ImageDraw, box: PixelBox, _look: Look, ink: Rgb, dice: random.Random) -> None:
    rays = dice.randint(7, 14)
    for step in range(rays):
        angle = 2 * math.pi * step / rays
        tip = [
            (0.5 + reach * math.cos(angle + turn), 0.5 + reach * math.sin(angle + turn))
            for reach, turn in ((0.3, -0.12), (0.5, 0.0), (0.3, 0.12))
        ]
        draw.polygon(_polygon(box, tip), ink)
    draw.ellipse(_polygon(box, [(0.25, 0.25), (0.75, 0.75)]), ink)


def _wave(draw: ImageDraw.ImageDraw, box: PixelBox, _look: Look, ink: Rgb, dice: random.Random) -> None:
    rows, swing, phase = dice.randint(3, 5), dice.uniform(0.05, 0.1), dice.uniform(0, 6)
    for row in range(rows):
        height = (row + 0.7) / (rows + 0.4)
        line = [(x / 24, height + swing * math.sin(x / 24 * 9 + phase + row)) for x in range(25)]
        draw.line(_polygon(box, line), ink, max(2, int((box[3] - box[1]) / rows / 3)), joint="curve")


def _bolt(draw: ImageDraw.ImageDraw, box: PixelBox, _look: Look, ink: Rgb, dice: random.Random) -> None:
    lean = dice.uniform(-0.1, 0.1)
    shape = [
        (0.55 + lean, 0),
        (0.2, 0.55),
        (0.45, 0.55),
        (0.3 - lean, 1.0),
        (0.8, 0.38),
        (0.52, 0.38),
        (0.72 + lean, 0),
    ]
    draw.polygon(_polygon(box, shape), ink)


def _badge(draw: ImageDraw.ImageDraw, box: PixelBox, look: Look, ink: Rgb, dice: random.Random) -> None:
    thick = int((box[2] - box[0]) * dice.uniform(0.03, 0.08))
    draw.ellipse(_polygon(box, [(0.02, 0.02), (0.98, 0.98)]), outline=ink, width=thick)
    if dice.random() < 0.5:
        draw.ellipse(_polygon(box, [(0.12, 0.12), (0.88, 0.88)]), outline=ink, width=max(2, thick // 3))
    lettering(draw, _inner(box, 0.18, 0.3, 0.82, 0.7), look.lettering, ink)


def _words(draw: ImageDraw.ImageDraw, box: PixelBox, look: Look, ink: Rgb, dice: random.Random) -> None:
    high = dice.uniform(0.2, 0.5)
    lettering(draw, _inner(box, 0, high, 1, high + 0.36), look.lettering, ink)
    if dice.random() < 0.6:
        lettering(
            draw,
            _inner(box, 0.2, high + 0.4, 0.8, high + 0.52),
            dice.choice(["EST 1998", "BANDUNG", "SPORT CLUB"]),
            ink,
        )


def _number(draw: ImageDraw.ImageDraw, box: PixelBox, look: Look, ink: Rgb, dice: random.Random) -> None:
    lettering(draw, _inner(box, 0, 0, 1, 0.2), look.lettering, ink)
    lettering(draw, _inner(box, 0, 0.26, 1, 1.0), f"{dice.randint(1, 99):02}", ink)


def _inner(box: PixelBox, left: float, top: float, right: float, bottom: float) -> PixelBox:
    (x0, y0), (x1, y1) = _polygon(box, [(left, top), (right, bottom)])
    return x0, y0, x1, y1


PLACED: dict[str, Callable[[ImageDraw.ImageDraw, PixelBox, Look, Rgb, random.Random], None]] = {
    "bintang": _star,
    "gunung": _mountain,
    "matahari": _sun,
    "ombak": _wave,
    "kilat": _bolt,
    "lingkaran": _badge,
    "tulisan": _words,
    "angka": _number,
}
"""Prints that stand in one place, by the Indonesian word that titles use."""


def _stripes(size: int, base: Colours, second: Colours, dice: random.Random) -> Colours:
    period, share, phase = size / dice.randint(5, 15), dice.uniform(0.25, 0.55), dice.random()
    on = ((np.arange(size) / period + phase) % 1 < share)[:, None, None]
    return np.broadcast_to(np.where(on, second, base), (size, size, 3))


def _plaid(size: int, base: Colours, second: Colours, dice: random.Random) -> Colours:
    period, wide = size / dice.uniform(4, 9), dice.uniform(0.3, 0.5)
    thin, phase = dice.uniform(0.6, 0.8), dice.random()
    along = (np.arange(size) / period + phase) % 1
    weight = (np.where(along < wide, 0.5, 0.0) + np.where(abs(along - thin) < 0.03, 0.35, 0.0)).astype(
        np.float32
    )
    share = (weight[:, None] + weight[None, :])[..., None]
    cloth: Colours = base + (second - base) * np.minimum(share, 1).astype(np.float32)
    return cloth


def _blotches(size: int, base: Colours, second: Colours, dice: random.Random) -> Colours:
    cells = dice.randint(9, 15)
    small = np.frombuffer(dice.randbytes(cells * cells), np.uint8).reshape(cells, cells)
    large = np.asarray(Image.fromarray(small).resize((size, size), Image.Resampling.BICUBIC))[..., None]
    dark = base * 0.6
    return np.where(large > 150, second, np.where(large < 96, dark, base))


def _dots(size: int, base: Colours, second: Colours, dice: random.Random) -> Colours:
    period, reach = size / dice.randint(9, 20), dice.uniform(0.2, 0.32)
    y, x = np.ogrid[:size, :size]
    row = y / period
    across = (x / period + 0.5 * (np.floor(row) % 2)) % 1 - 0.5
    return np.where(((across**2 + (row % 1 - 0.5) ** 2) < reach**2)[..., None], second, base)


ALL_OVER: dict[str, Callable[[int, Colours, Colours, random.Random], Colours]] = {
    "garis": _stripes,
    "kotak": _plaid,
    "loreng": _blotches,
    "polkadot": _dots,
}
"""Patterns of the whole cloth."""

PLAIN = "polos"
MOTIFS = (PLAIN, *PLACED, *ALL_OVER)


def weave(look: Look, size: int, dice: random.Random) -> Image.Image:
    """A square of the garment's cloth, `size` pixels wide, upright."""
    base = np.array(COLOURS[look.colour], np.float32)
    if look.motif not in ALL_OVER:
        return Image.new("RGB", (size, size), COLOURS[look.colour])
    second = np.array(COLOURS[look.second], np.float32)
    # Half as fine as the garment's layer: that is all the photo keeps.
    half = Image.fromarray(ALL_OVER[look.motif](size // 2, base, second, dice).astype(np.uint8))
    return half.resize((size, size), Image.Resampling.BILINEAR)


def stamp(image: Image.Image, look: Look, box: PixelBox, dice: random.Random) -> None:
    """Print the motif into `box`, if it is one that stands in one place."""
    if look.motif not in PLACED:
        return
    width, height = box[2] - box[0], box[3] - box[1]
    side, scale = min(width, height), dice.uniform(0.72, 1.0)
    left = box[0] + (width - side * scale) / 2
    top = box[1] + (height - side * scale) * dice.uniform(0.0, 0.5)
    PLACED[look.motif](
        ImageDraw.Draw(image),
        (left, top, left + side * scale, top + side * scale),
        look,
        COLOURS[look.second],
        dice,
    )
