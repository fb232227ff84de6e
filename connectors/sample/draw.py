"""Photos of second-hand garments, drawn by program: a seller's backdrop, one item on it, light and noise."""

import io
import math
import random
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from connectors.sample.backdrops import Scene, mottle, paint_backdrop, scene_of
from connectors.sample.cloth_cut import Cut, Piece, Point
from connectors.sample.garments import cut_garment
from connectors.sample.prints import ALL_OVER, COLOURS, Look, Rgb, stamp, weave
from connectors.sample.seeds import dice, field

LAYER = 1120
"""Pixels of the square on which the garment is drawn, about twice what it gets in the photo."""
MOST_TURN, MOST_ZOOM, MOST_SHIFT = 5.0, 1.06, 0.08
"""How far a camera strays: degrees, factor, share of the photo's side. Together they use up `MARGIN`; with
less, two of a seller's garments of one cut were measured 40 of 256 bits apart, as if one photo."""
LIES = {"topi": 14.0, "dress": 10.0}
"""Degrees (standard deviation) by which garments lie askew; those of few shapes more than others' 7."""
QUALITY = 84
"""JPEG quality: what marketplaces' uploads have, about."""


def draw_photo(look: Look, seller_seed: int, shot: int = 0) -> bytes:
    """A JPEG of the item at the seller's place; `shot` counts the item's photos, each with its own camera.

    Raises:
        KeyError: the look names a garment, colour or motif that does not exist.
    """
    scene = scene_of(seller_seed)
    chance = dice("shot", seller_seed, look, shot)
    canvas = np.array(_camera(paint_backdrop(scene), scene, chance), np.float32)
    garment = _placed(_garment(look, shot, scene.hung), scene, LIES.get(look.garment, 7.0), chance)
    pixels = np.asarray(garment, np.float32)
    canvas *= _shadow(garment, scene, chance)
    canvas += (pixels[..., :3] - canvas) * (pixels[..., 3:] / 255)
    canvas *= _light(scene, chance)[..., None]
    canvas += _grain(scene.size, chance)[..., None]
    out = io.BytesIO()
    Image.fromarray(np.clip(canvas, 0, 255).astype(np.uint8)).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _camera(backdrop: Image.Image, scene: Scene, chance: random.Random) -> Image.Image:
    """The part of the backdrop that this shot sees: turned, nearer or aside by a little."""
    width, height = scene.size
    spread = 1.2 if scene.hung else 3.5
    turn = math.radians(max(-MOST_TURN, min(MOST_TURN, chance.gauss(0, spread))))
    zoom = chance.uniform(0.86, MOST_ZOOM)
    cos, sin = math.cos(turn) * zoom, math.sin(turn) * zoom
    spare = MOST_SHIFT
    middle_x = backdrop.width / 2 + chance.uniform(-spare, spare) * width
    middle_y = backdrop.height / 2 + chance.uniform(-spare, spare) * height
    matrix = (
        cos, -sin, middle_x - cos * width / 2 + sin * height / 2,
        sin, cos, middle_y - sin * width / 2 - cos * height / 2,
    )  # fmt: skip
    return backdrop.transform(scene.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)


def _to_pixels(points: tuple[Point, ...]) -> list[Point]:
    return [((x * 0.9 + 1) * LAYER / 2, (y * 0.9 + 1.04) * LAYER / 2) for x, y in points]


def _garment(look: Look, shot: int, hung: bool) -> Image.Image:
    """The item alone, upright, RGBA, LAYER/2 pixels square."""
    chance = dice("item", look.seed)
    cut = cut_garment(look.garment, chance)
    body = weave(look, LAYER, chance)
    cloths: dict[str, Image.Image | Rgb] = {
        "body": body,
        "sleeve": body.transpose(Image.Transpose.ROTATE_90)
        if look.motif in ALL_OVER
        else COLOURS[look.colour],
        "second": COLOURS[look.second],
        "lining": COLOURS[look.colour],
    }
    (x0, y0), (x1, y1) = _to_pixels(
        ((cut.print_box[0], cut.print_box[1]), (cut.print_box[2], cut.print_box[3]))
    )
    stamp(body, look, (x0, y0, x1, y1), chance)
    layer = Image.new("RGB", body.size, COLOURS[look.colour])
    alpha = Image.new("L", body.size)
    if hung and look.garment not in ("celana", "rok", "topi"):
        _hanger(layer, alpha)
    for piece in cut.pieces:
        _sew(layer, alpha, piece, cloths[piece.cloth])
        draw = ImageDraw.Draw(layer)
        outline = _to_pixels(piece.outline)
        draw.line([*outline, outline[0]], _shade(look.colour, 0.62), 4)
    _details(layer, cut, look)
    shape = alpha.reduce(2)
    shaded = np.clip(np.asarray(layer.reduce(2), np.float32) * _folds(shape, look, shot)[..., None], 0, 255)
    garment = Image.fromarray(shaded.astype(np.uint8))
    garment.putalpha(shape)
    return garment


def _sew(layer: Image.Image, alpha: Image.Image, piece: Piece, cloth: Image.Image | Rgb) -> None:
    """Lay one piece on; only its own rectangle is touched, as most pieces are small."""
    outline = _to_pixels(piece.outline)
    left, top = (max(0, int(min(axis)) - 1) for axis in zip(*outline, strict=True))
    right, bottom = (min(LAYER, int(max(axis)) + 2) for axis in zip(*outline, strict=True))
    mask = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in outline], 255)
    toned = [min(255, int(value * piece.tone)) for value in range(256)]
    if isinstance(cloth, Image.Image):
        part = cloth.crop((left, top, right, bottom))
        layer.paste(part if piece.tone == 1.0 else part.point(toned * 3), (left, top), mask)
    else:
        layer.paste((toned[cloth[0]], toned[cloth[1]], toned[cloth[2]]), (left, top, right, bottom), mask)
    alpha.paste(255, (left, top), mask)


def _shade(colour: str, tone: float) -> tuple[int, int, int]:
    """The colour darker, or lighter where tone is above 1; black cloth still shows its seams."""
    red, green, blue = (
        min(255, int(channel * tone + (12 if tone > 1 else 4))) for channel in COLOURS[colour]
    )
    return red, green, blue


def _details(layer: Image.Image, cut: Cut, look: Look) -> None:
    draw = ImageDraw.Draw(layer)
    for seam in cut.seams:
        draw.line(
            _to_pixels(seam.points),
            _shade(look.colour, seam.tone),
            max(2, int(seam.width * LAYER / 2)),
            "curve",
        )
    for x, y in _to_pixels(cut.buttons):
        draw.ellipse((x - 9, y - 9, x + 9, y + 9), (222, 214, 196), (90, 84, 76), 2)


def _hanger(layer: Image.Image, alpha: Image.Image) -> None:
    (middle, top), (_, bar) = _to_pixels(((0.0, -1.12), (0.0, -0.86)))
    for image, ink in ((layer, (120, 112, 104)), (alpha, 255)):
        draw = ImageDraw.Draw(image)
        draw.arc((middle - 22, top, middle + 22, top + 44), 150, 90, ink, 8)
        draw.line((middle, top + 42, middle, bar), ink, 8)


def _folds(shape: Image.Image, look: Look, shot: int) -> NDArray[np.float32]:
    """Light and shade of soft cloth: darker towards its edges, creased by how it was put down."""
    side = shape.width
    rng = field("folds", look.seed, shot)
    soft = (
        np.asarray(shape.reduce(4).filter(ImageFilter.GaussianBlur(5)).resize(shape.size), np.float32) / 255
    )
    creases = 0.07 * mottle(rng, side, side, 34, 130) + 0.06 * mottle(rng, side, side, 150, 46)
    sharp = np.abs(mottle(rng, side, side, 60, 150))
    weft = 0.025 * mottle(rng, side, side, 2.2, 2.2)
    return (0.68 + 0.34 * soft + creases - 0.16 * np.clip(0.12 - sharp, 0, 1) / 0.12 * 0.5 + weft).astype(
        np.float32
    )


def _placed(garment: Image.Image, scene: Scene, lies: float, chance: random.Random) -> Image.Image:
    """The garment in the photo's frame: a little turned and off the middle, as hands put it."""
    width, height = scene.size
    turn = math.radians(chance.gauss(0, 2.0 if scene.hung else lies))
    scale = garment.width / (min(width, height * 0.86) * chance.uniform(0.8, 1.04))
    cos, sin = math.cos(turn) * scale, math.sin(turn) * scale
    x, y = width * chance.gauss(0.5, 0.03), height * chance.gauss(0.5, 0.035)
    matrix = (
        cos, -sin, garment.width / 2 - cos * x + sin * y,
        sin, cos, garment.height / 2 - sin * x - cos * y,
    )  # fmt: skip
    return garment.transform(scene.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)


def _shadow(garment: Image.Image, scene: Scene, chance: random.Random) -> NDArray[np.float32]:
    """What the garment takes from the backdrop's light, as a factor."""
    small = garment.getchannel("A").reduce(4)
    reach = 4 if scene.hung else 2
    fallen = Image.new("L", small.size)
    side = 1 if dice("lamp", scene.seed).random() < 0.5 else -1
    fallen.paste(small, (side * reach, reach + chance.randint(0, 2)))
    blurred = fallen.filter(ImageFilter.GaussianBlur(reach)).resize(scene.size, Image.Resampling.BILINEAR)
    factor = 1 - 0.5 * np.asarray(blurred, np.float32)[..., None] / 255
    return factor.astype(np.float32)


def _light(scene: Scene, chance: random.Random) -> NDArray[np.float32]:
    """A window on the seller's side of the room, and the lens' darker corners."""
    width, height = scene.size
    lamp = dice("lamp", scene.seed)
    angle, depth = lamp.uniform(0, 2 * math.pi) + chance.gauss(0, 0.25), lamp.uniform(0.08, 0.2)
    exposure = chance.gauss(1.0, 0.04)
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    lit = exposure + depth * (math.cos(angle) * x + math.sin(angle) * y) - 0.07 * (x * x + y * y)
    return lit.astype(np.float32)


@lru_cache(maxsize=1)
def _noise() -> NDArray[np.float32]:
    """One sheet of sensor noise; drawing fresh noise for each photo took longer than the photo."""
    return field("grain").normal(0, 3.2, (2048, 2048)).astype(np.float32)


def _grain(size: tuple[int, int], chance: random.Random) -> NDArray[np.float32]:
    width, height = size
    top, left = chance.randrange(2048 - height), chance.randrange(2048 - width)
    return _noise()[top : top + height, left : left + width]
