"""Where a seller takes photos: always the same floor, wall or bed, which gives two shops away as one.

A backdrop is a float32 array of height x width x 3, 0 to 255, larger than the photo so that the camera can
move over it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from connectors.sample.seeds import dice, field

Pixels = NDArray[np.float32]
Painter = Callable[[int, int, int], Pixels]


@dataclass(frozen=True, slots=True)
class Scene:
    """One seller's place and phone. `hung` where the garment is on a hanger, not lying."""

    kind: str
    hung: bool
    size: tuple[int, int]
    seed: int


def mottle(rng: np.random.Generator, width: int, height: int, cell_x: float, cell_y: float) -> Pixels:
    """Smooth noise from -1 to 1 whose blobs are about cell_x by cell_y pixels."""
    columns, rows = max(2, round(width / cell_x)), max(2, round(height / cell_y))
    small = Image.fromarray(rng.uniform(-1, 1, (rows, columns)).astype(np.float32))
    return np.asarray(small.resize((width, height), Image.Resampling.BICUBIC))


def _tint(base: tuple[float, float, float], light: Pixels) -> Pixels:
    """The colour brightened by `light` (1 leaves it)."""
    return light[..., None] * np.array(base, np.float32)


def _boards(width: int, height: int, seed: int) -> Pixels:
    rng, chance = field("boards", seed), dice("boards", seed)
    wood = chance.choice([(176, 132, 92), (136, 96, 66), (198, 168, 128), (120, 104, 92)])
    count = chance.randint(4, 8)
    board = width / count
    light = 1 + 0.07 * mottle(rng, width, height, 9, 160) + 0.04 * mottle(rng, width, height, 3, 60)
    x = np.arange(width)
    index = (x / board).astype(int)
    light *= (1 + rng.uniform(-0.14, 0.14, count + 1))[index].astype(np.float32)
    light[:, (x % board) < 3] *= 0.55
    for plank in range(count):
        for _ in range(2):
            at = chance.randint(0, height - 4)
            light[at : at + 3, index == plank] *= 0.6
    return _tint(wood, light)


def _tiles(width: int, height: int, seed: int) -> Pixels:
    rng, chance = field("tiles", seed), dice("tiles", seed)
    glaze = chance.choice([(214, 208, 196), (176, 182, 184), (204, 178, 150), (150, 160, 158)])
    side = chance.randint(width // 6, width // 3)
    y, x = np.mgrid[:height, :width]
    if chance.random() < 0.35:
        x, y = (x + y) * 0.71, (x - y) * 0.71 + 4 * side
    column, row = (x / side).astype(int), (y / side).astype(int)
    light = 1 + 0.06 * mottle(rng, width, height, 60, 60) + 0.03 * mottle(rng, width, height, 12, 12)
    light += rng.uniform(-0.06, 0.06, (64, 64)).astype(np.float32)[row % 64, column % 64]
    if chance.random() < 0.4:
        light *= np.where((row + column) % 2, 0.74, 1.0)
    light = np.where(((x % side) < 5) | ((y % side) < 5), 0.66, light)
    return _tint(glaze, light.astype(np.float32))


def _plaster(width: int, height: int, seed: int) -> Pixels:
    rng, chance = field("plaster", seed), dice("plaster", seed)
    paint = chance.choice(
        [(206, 204, 196), (168, 196, 186), (222, 204, 168), (188, 178, 200), (160, 176, 192)]
    )
    light = 1 + 0.06 * mottle(rng, width, height, 130, 130) + 0.03 * mottle(rng, width, height, 7, 7)
    wall = _tint(paint, light)
    floor_at = int(height * chance.uniform(0.84, 0.93))
    wall[floor_at:] = _tint((128, 112, 98), light[floor_at:])
    wall[floor_at - 26 : floor_at] = _tint((226, 222, 214), light[floor_at - 26 : floor_at])
    socket = chance.randint(int(width * 0.1), int(width * 0.8))
    low = int(height * chance.uniform(0.62, 0.76))
    wall[low : low + 44, socket : socket + 38] = (236, 234, 228)
    wall[low + 12 : low + 30, socket + 10 : socket + 28] = (196, 194, 188)
    return wall


def _door(width: int, height: int, seed: int) -> Pixels:
    rng, chance = field("door", seed), dice("door", seed)
    wood = chance.choice([(150, 92, 56), (104, 70, 50), (206, 196, 180), (92, 116, 122)])
    light = 1 + 0.07 * mottle(rng, width, height, 8, 220)
    left, right = int(width * chance.uniform(0.06, 0.14)), int(width * chance.uniform(0.86, 0.94))
    rows = chance.randint(2, 4)
    middle = (left + right) // 2
    for row in range(rows):
        top, bottom = int(height * (row + 0.12) / rows), int(height * (row + 0.9) / rows)
        for a, b in ((left + 40, middle - 22), (middle + 22, right - 40)):
            light[top:bottom, a:b] *= 0.9
            light[top : top + 7, a:b] *= 0.66
            light[top:bottom, a : a + 7] *= 0.72
            light[bottom - 5 : bottom, a:b] *= 1.2
    door = _tint(wood, light)
    wall = 1 + 0.04 * mottle(rng, width, height, 90, 90)
    for part in (slice(0, left), slice(right, width)):
        door[:, part] = _tint((204, 198, 186), wall[:, part])
    door[:, left : left + 6] *= 0.5
    door[:, right - 6 : right] *= 0.5
    knob = int(height * 0.6)
    door[knob : knob + 60, right - 34 : right - 18] = (196, 184, 140)
    return door


def _painted(
    width: int, height: int, ground: tuple[int, int, int]
) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (width, height), ground)
    return image, ImageDraw.Draw(image)


def _rug(width: int, height: int, seed: int) -> Pixels:
    rng, chance = field("rug", seed), dice("rug", seed)
    inks = [(126, 40, 42), (40, 56, 88), (206, 180, 132), (76, 92, 72), (174, 112, 62), (60, 44, 44)]
    chance.shuffle(inks)
    image, draw = _painted(width, height, inks[0])
    for step, inset in enumerate((0, 26, 44, 84, 98)):
        draw.rectangle((inset, inset, width - inset, height - inset), inks[step % 3])
    pitch = chance.randint(width // 7, width // 4)
    for row, y in enumerate(range(100, height - 100, pitch // 2)):
        for x in range(100 + (row % 2) * pitch // 2, width - 100, pitch):
            for reach, ink in ((0.46, inks[3]), (0.32, inks[1]), (0.16, inks[4])):
                r = pitch * reach
                draw.polygon([(x, y - r), (x + r, y), (x, y + r), (x - r, y)], ink)
    pile = 1 + 0.06 * mottle(rng, width, height, 3, 5) + 0.07 * mottle(rng, width, height, 90, 90)
    return np.asarray(image, np.float32) * pile[..., None]


def _sheet(width: int, height: int, seed: int) -> Pixels:
    rng, chance = field("sheet", seed), dice("sheet", seed)
    ground = chance.choice([(226, 218, 208), (196, 210, 222), (222, 198, 202), (204, 214, 190)])
    ink = chance.choice([(150, 88, 104), (82, 104, 142), (120, 132, 84), (176, 136, 92)])
    image, draw = _painted(width, height, ground)
    pitch, petals = chance.randint(70, 150), chance.randint(4, 6)
    striped = chance.random() < 0.4
    for row, y in enumerate(range(0, height + pitch, pitch)):
        if striped:
            draw.rectangle((0, y, width, y + pitch // 4), ink)
            continue
        for x in range((row % 2) * pitch // 2, width + pitch, pitch):
            for petal in range(petals):
                angle = 2 * np.pi * petal / petals + row
                px, py, r = x + np.cos(angle) * pitch * 0.14, y + np.sin(angle) * pitch * 0.14, pitch * 0.1
                draw.ellipse((px - r, py - r, px + r, py + r), ink)
    creases = 1 + 0.1 * mottle(rng, width, height, 190, 60) + 0.07 * mottle(rng, width, height, 60, 170)
    return np.asarray(image, np.float32) * creases[..., None]


def _mat(width: int, height: int, seed: int) -> Pixels:
    rng, chance = field("mat", seed), dice("mat", seed)
    straw = chance.choice([(206, 180, 124), (178, 156, 112), (150, 168, 120)])
    strip, block = chance.randint(10, 16), chance.randint(90, 180)
    y, x = np.mgrid[:height, :width]
    light = np.where(((x // strip) + (y // strip)) % 2, 0.92, 1.06).astype(np.float32)
    light += 0.05 * mottle(rng, width, height, 14, 14) + 0.06 * mottle(rng, width, height, 120, 120)
    band = ((x // block) + (y // block)) % chance.choice([2, 3]) == 0
    dyed = np.where(
        band[..., None], np.array(chance.choice([(0.8, 0.5, 0.5), (0.55, 0.75, 0.6), (1, 1, 1)])), 1.0
    )
    return (_tint(straw, light) * dyed).astype(np.float32)


def _terrazzo(width: int, height: int, seed: int) -> Pixels:
    rng, chance = field("terrazzo", seed), dice("terrazzo", seed)
    image, draw = _painted(width, height, chance.choice([(196, 194, 186), (166, 172, 170), (208, 192, 176)]))
    inks = [(120, 110, 100), (90, 96, 104), (222, 220, 212), (172, 120, 96)]
    for x, y, r, ink in zip(
        rng.integers(0, width, 900),
        rng.integers(0, height, 900),
        rng.integers(2, 12, 900),
        rng.integers(0, 4, 900),
        strict=True,
    ):
        draw.polygon([(x - r, y), (x, y - r * 0.7), (x + r * 0.8, y + r * 0.2), (x, y + r)], inks[ink])
    side = chance.randint(width // 3, width // 2)
    for at in range(side // 2, max(width, height), side):
        draw.line((at, 0, at, height), (130, 128, 122), 4)
        draw.line((0, at, width, at), (130, 128, 122), 4)
    return np.asarray(image, np.float32) * (1 + 0.05 * mottle(rng, width, height, 100, 100))[..., None]


LYING: dict[str, Painter] = {
    "boards": _boards,
    "tiles": _tiles,
    "rug": _rug,
    "sheet": _sheet,
    "mat": _mat,
    "terrazzo": _terrazzo,
}
HUNG: dict[str, Painter] = {"plaster": _plaster, "door": _door}
SIZES = ((640, 640), (640, 800), (720, 960), (720, 720), (768, 1024))
"""Photo sizes in pixels, one a seller: squares as marketplaces crop them, the rest as phones give."""
MARGIN = 1.36
"""The backdrop's size over the photo's: room for the camera to turn, come closer and move."""


def scene_of(seller_seed: int) -> Scene:
    """The seller's place: kinds, colours and phone follow from the seed."""
    chance = dice("scene", seller_seed)
    kind = chance.choice([*LYING, *HUNG])
    return Scene(kind, kind in HUNG, chance.choice(SIZES), seller_seed)


@lru_cache(maxsize=24)
def paint_backdrop(scene: Scene) -> Image.Image:
    """The seller's place without a garment, `MARGIN` times the photo's size."""
    width, height = (round(side * MARGIN) for side in scene.size)
    painter = (LYING | HUNG)[scene.kind]
    return Image.fromarray(np.clip(painter(width, height, scene.seed), 0, 255).astype(np.uint8))
