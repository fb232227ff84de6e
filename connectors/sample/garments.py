"""The cut of each garment: outlines, seams and where a print goes, on a square from -1 to 1 (y downwards)."""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

Point = tuple[float, float]
Box = tuple[float, float, float, float]
Cloth = Literal["body", "sleeve", "second", "lining"]


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of cloth; `tone` brightens or darkens it against its cloth."""

    outline: tuple[Point, ...]
    cloth: Cloth = "body"
    tone: float = 1.0


@dataclass(frozen=True, slots=True)
class Seam:
    """A line on top: stitching, zip, pleat. `width` in the square's units."""

    points: tuple[Point, ...]
    width: float = 0.008
    tone: float = 0.6


@dataclass(frozen=True, slots=True)
class Cut:
    """Everything needed to draw one garment. Pieces are painted in order."""

    pieces: tuple[Piece, ...]
    seams: tuple[Seam, ...]
    print_box: Box
    buttons: tuple[Point, ...] = ()


def smooth(points: Sequence[Point], rounds: int = 2) -> tuple[Point, ...]:
    """The closed outline with its corners cut (Chaikin, 1974), so that cloth looks soft."""
    outline = list(points)
    for _ in range(rounds):
        cut: list[Point] = []
        for (ax, ay), (bx, by) in zip(outline, outline[1:] + outline[:1], strict=True):
            cut.append((ax * 0.82 + bx * 0.18, ay * 0.82 + by * 0.18))
            cut.append((ax * 0.18 + bx * 0.82, ay * 0.18 + by * 0.82))
        outline = cut
    return tuple(outline)


def _mirror(points: Sequence[Point]) -> list[Point]:
    return [(-x, y) for x, y in reversed(points)]


def _sleeve(
    dice: random.Random, side: int, shoulder: Point, armpit: Point, long: bool, cloth: Cloth
) -> tuple[list[Piece], list[Seam]]:
    """A sleeve that hangs or lies at an angle of its own; long ones bend at the elbow."""
    length = dice.uniform(0.9, 1.05) if long else dice.uniform(0.36, 0.5)
    angle = math.radians(dice.uniform(58, 80) if long else dice.uniform(22, 50))
    bend = math.radians(dice.uniform(-18, 16)) if long else 0.0
    wide = math.dist(shoulder, armpit)
    width_end = 0.17 if long else wide * 0.78
    upper = (shoulder[0] + math.cos(angle) * length / 2, shoulder[1] + math.sin(angle) * length / 2)
    turned = angle + bend
    end = (upper[0] + math.cos(turned) * length / 2, upper[1] + math.sin(turned) * length / 2)
    inward = (-math.sin(turned), math.cos(turned))
    under_end = (end[0] + inward[0] * width_end, end[1] + inward[1] * width_end)
    middle = (wide * 0.8 + width_end) / 2
    under = (upper[0] - math.sin(angle) * middle, upper[1] + math.cos(angle) * middle)
    outline = [(shoulder[0] - 0.06, shoulder[1]), shoulder, upper, end, under_end, under, armpit, (0.2, armpit[1])]
    cuff_at = 0.92 if long else 0.9
    cuff = ((end, under_end), (upper, under)) if long else ((end, under_end), (shoulder, armpit))
    line = tuple(
        (side * (near[0] * cuff_at + far[0] * (1 - cuff_at)), near[1] * cuff_at + far[1] * (1 - cuff_at))
        for near, far in zip(*cuff, strict=True)
    )
    fold = ((side * upper[0], upper[1]), (side * (upper[0] + under[0]) / 2, (upper[1] + under[1]) / 2 + 0.03))
    seams = [Seam(line, 0.012, 0.65)] + ([Seam(fold, 0.008, 0.8)] if long else [])
    return [Piece(smooth([(side * x, y) for x, y in outline], 1), cloth, dice.uniform(0.86, 0.95))], seams


def _top(
    dice: random.Random, *, long: bool, sleeve_cloth: Cloth = "sleeve", boxy: float = 0.0
) -> tuple[list[Piece], list[Seam], Box, float]:
    """Sleeves, body and neck of anything worn above the waist; also the hem's height."""
    neck, body = dice.uniform(0.14, 0.2), dice.uniform(0.42, 0.5) + boxy
    shoulder = (body + dice.uniform(0.02, 0.07), dice.uniform(-0.74, -0.68))
    armpit = (body - 0.01, dice.uniform(-0.36, -0.28))
    hem = dice.uniform(0.62, 0.86)
    flare = dice.uniform(-0.03, 0.06)
    pieces: list[Piece] = []
    seams: list[Seam] = []
    for side in (-1, 1):
        more, lines = _sleeve(dice, side, shoulder, armpit, long, sleeve_cloth)
        pieces += more
        seams += lines
    right = [(neck, -0.83), (shoulder[0], shoulder[1]), armpit, (body, 0.1), (body + flare, hem)]
    lean = dice.uniform(-0.03, 0.03)
    pieces.append(Piece(smooth([*right, (lean, hem + 0.025), *_mirror(right), (0.0, -0.74)], 2)))
    opening = [(-neck, -0.84), (neck, -0.84), (neck * 0.6, -0.74), (0, -0.70), (-neck * 0.6, -0.74)]
    pieces.append(Piece(smooth(opening), "lining", 0.55))
    seams.append(Seam(((-neck, -0.83), (-neck * 0.62, -0.73), (0, -0.685), (neck * 0.62, -0.73), (neck, -0.83)), 0.03))
    seams.append(Seam(((-body - flare + 0.02, hem - 0.05), (lean, hem - 0.025), (body + flare - 0.02, hem - 0.05)), 0.007))
    for side in (-1, 1):
        seams.append(Seam(((side * shoulder[0], shoulder[1]), (side * (body - 0.05), -0.5), (side * armpit[0], armpit[1])), 0.01))
    return pieces, seams, (-body * 0.7, -0.5, body * 0.7, 0.3), hem


def _tee(dice: random.Random) -> Cut:
    pieces, seams, box, _ = _top(dice, long=False, boxy=0.04)
    return Cut(tuple(pieces), tuple(seams), box)


def _sweater(dice: random.Random) -> Cut:
    pieces, seams, box, hem = _top(dice, long=True)
    pieces.append(Piece(((-0.46, hem - 0.08), (0.46, hem - 0.08), (0.45, hem + 0.01), (-0.45, hem + 0.01)), "second", 0.9))
    return Cut(tuple(pieces), tuple(seams), box)


def _hoodie(dice: random.Random) -> Cut:
    pieces, seams, box, hem = _top(dice, long=True, boxy=0.02)
    high = dice.uniform(-0.99, -0.92)
    hood = [(-0.27, -0.66), (-0.3, -0.84), (-0.13, high), (0.13, high), (0.3, -0.84), (0.27, -0.66), (0, -0.56)]
    pieces.append(Piece(smooth(hood), "body", 0.93))
    pieces.append(Piece(smooth([(-0.15, -0.68), (-0.14, -0.83), (0, -0.9), (0.14, -0.83), (0.15, -0.68), (0, -0.6)]), "lining", 0.5))
    pocket_top = hem - dice.uniform(0.32, 0.4)
    pocket = ((-0.2, pocket_top), (0.2, pocket_top), (0.3, hem - 0.13), (0.3, hem - 0.06), (-0.3, hem - 0.06), (-0.3, hem - 0.13))
    pieces.append(Piece(pocket, "body", 0.9))
    drop = dice.uniform(0.2, 0.34)
    for side in (-1, 1):
        seams.append(Seam(((side * 0.07, -0.6), (side * 0.09, -0.6 + drop)), 0.018, 1.7))
    return Cut(tuple(pieces), tuple(seams), (box[0], -0.42, box[2], pocket_top - 0.03))


def _jacket(dice: random.Random) -> Cut:
    varsity = dice.random() < 0.5
    pieces, seams, box, hem = _top(dice, long=True, sleeve_cloth="second" if varsity else "sleeve", boxy=0.03)
    pieces.append(Piece(((-0.48, hem - 0.09), (0.48, hem - 0.09), (0.47, hem + 0.01), (-0.47, hem + 0.01)), "second", 0.85))
    collar = [(-0.2, -0.86), (0.2, -0.86), (0.17, -0.7), (0, -0.62), (-0.17, -0.7)]
    pieces.append(Piece(smooth(collar, 1), "second", 0.8))
    seams.append(Seam(((0, -0.66), (0, hem)), 0.022, 0.4))
    slant = dice.uniform(0.06, 0.14)
    for side in (-1, 1):
        seams.append(Seam(((side * 0.36, 0.16), (side * (0.36 - slant), 0.42)), 0.02, 0.5))
    snaps = tuple((0.035, -0.5 + step * (hem + 0.4) / 5) for step in range(5)) if varsity else ()
    return Cut(tuple(pieces), tuple(seams), (0.06, -0.45, box[2], 0.1), snaps)


def _shirt(dice: random.Random) -> Cut:
    pieces, seams, _, hem = _top(dice, long=dice.random() < 0.6)
    for side in (-1, 1):
        collar = ((side * 0.01, -0.66), (side * 0.2, -0.86), (side * 0.28, -0.72), (side * 0.13, -0.56))
        pieces.append(Piece(collar, "body", 1.06))
        if side > 0 or dice.random() < 0.5:
            at = side * 0.24
            pieces.append(Piece(((at - 0.11, -0.36), (at + 0.11, -0.36), (at + 0.11, -0.14), (at, -0.09), (at - 0.11, -0.14)), "body", 0.9))
    seams += [Seam(((-0.04, -0.62), (-0.04, hem)), 0.007), Seam(((0.04, -0.62), (0.04, hem)), 0.007)]
    buttons = tuple((0.0, -0.5 + step * (hem + 0.38) / 6) for step in range(6))
    return Cut(tuple(pieces), tuple(seams), (-0.36, 0.0, 0.36, 0.5), buttons)


def _dress(dice: random.Random) -> Cut:
    waist, hem_wide, waist_at = dice.uniform(0.24, 0.3), dice.uniform(0.5, 0.8), dice.uniform(-0.25, -0.08)
    top = [(0.12, -0.9), (0.32, -0.88), (0.36, -0.5), (waist, waist_at)]
    skirt = [(waist, waist_at), (hem_wide * 0.75, 0.4), (hem_wide, 0.92)]
    pieces = [
        Piece(smooth([*top, *_mirror(top), (0.0, -0.66)], 1), "body", 1.0),
        Piece(smooth([*skirt, (dice.uniform(-0.1, 0.1), 0.98), *_mirror(skirt)], 1), "body", 0.96),
        Piece(((-waist, waist_at - 0.03), (waist, waist_at - 0.03), (waist, waist_at + 0.03), (-waist, waist_at + 0.03)), "second"),
    ]
    folds = [(x + dice.uniform(-0.08, 0.08), dice.uniform(0.65, 0.95)) for x in (-0.75, -0.45, -0.15, 0.15, 0.45, 0.75)]
    seams = tuple(Seam(((x * waist, waist_at + 0.04), (x * hem_wide, low)), 0.014, 0.75) for x, low in folds)
    return Cut(tuple(pieces), seams, (-0.26, -0.6, 0.26, -0.2))


def _trousers(dice: random.Random) -> Cut:
    short = dice.random() < 0.25
    end = dice.uniform(0.15, 0.3) if short else dice.uniform(0.84, 0.97)
    waist, spread, leg = dice.uniform(0.34, 0.42), dice.uniform(0.06, 0.32), dice.uniform(0.2, 0.32)
    crotch = dice.uniform(-0.32, -0.2)
    pieces, seams = [], []
    for side in (-1, 1):
        out = spread * dice.uniform(0.7, 1.3)
        outline = [(0, -0.86), (waist, -0.88), (waist + 0.09, -0.5), (out + leg, end), (out, end + 0.02), (0.02, crotch)]
        pieces.append(Piece(smooth([(side * x, y) for x, y in outline], 1), "body", 1.0 if side > 0 else 0.93))
        seams.append(Seam(((side * waist * 0.6, -0.76), (side * waist * 1.06, -0.6)), 0.012))
        seams.append(Seam(((side * (out + 0.01), end - 0.05), (side * (out + leg - 0.01), end - 0.06)), 0.008))
        seams.append(Seam(((side * waist * 0.7, -0.4), (side * (out + leg / 2), end - 0.1)), 0.012, 0.86))
    pieces.append(Piece(((-waist, -0.9), (waist, -0.9), (waist + 0.01, -0.79), (-waist - 0.01, -0.79)), "body", 0.86))
    seams.append(Seam(((0, -0.8), (0.02, crotch)), 0.012))
    return Cut(tuple(pieces), tuple(seams), (0.08, -0.6, 0.4, -0.1), ((0.0, -0.85),))


def _skirt(dice: random.Random) -> Cut:
    waist, wide, long = dice.uniform(0.28, 0.36), dice.uniform(0.5, 0.85), dice.uniform(0.3, 0.85)
    side = [(waist, -0.72), (waist + 0.15, -0.3), (wide, long)]
    pieces = (
        Piece(smooth([*side, (dice.uniform(-0.15, 0.15), long + 0.07), *_mirror(side)], 1)),
        Piece(((-waist, -0.76), (waist, -0.76), (waist + 0.02, -0.64), (-waist - 0.02, -0.64)), "second", 0.9),
    )
    count = dice.randint(4, 9)
    pleats = [(2 * step / count - 1 + 1 / count) for step in range(count)]
    seams = tuple(Seam(((x * waist, -0.62), (x * wide * 0.97, long)), 0.014, 0.72) for x in pleats)
    return Cut(pieces, seams, (-0.3, -0.3, 0.3, 0.3))


def _cap(dice: random.Random) -> Cut:
    high, brim, lean = dice.uniform(-0.62, -0.48), dice.uniform(0.4, 0.55), dice.uniform(-0.12, 0.12)
    dome = [(-0.66, 0.16), (-0.64, -0.2), (-0.34, high), (0.0, high - 0.06), (0.34, high), (0.64, -0.2), (0.66, 0.16), (0, 0.26)]
    visor = [(-0.62, 0.12), (0.62, 0.12), (0.7 + lean, 0.34), (0.4 + lean, brim), (lean, brim + 0.1), (-0.4 + lean, brim), (-0.7 + lean, 0.34)]
    pieces = (Piece(smooth(dome)), Piece(smooth(visor), "second", 0.9))
    seams = (
        Seam(((0, high - 0.04), (0.0, 0.2)), 0.008),
        Seam(((-0.04, high - 0.02), (-0.36, -0.1), (-0.44, 0.18)), 0.008),
        Seam(((0.04, high - 0.02), (0.36, -0.1), (0.44, 0.18)), 0.008),
        Seam(((-0.62, 0.14), (0, 0.22), (0.62, 0.14)), 0.016),
        Seam(((-0.58 + lean, 0.32), (lean, brim), (0.58 + lean, 0.32)), 0.006),
    )
    return Cut(pieces, seams, (-0.3, -0.38, 0.3, 0.1), ((0.0, high - 0.04),))


CUTS: dict[str, Callable[[random.Random], Cut]] = {
    "kaos": _tee,
    "sweater": _sweater,
    "hoodie": _hoodie,
    "jaket": _jacket,
    "kemeja": _shirt,
    "dress": _dress,
    "celana": _trousers,
    "rok": _skirt,
    "topi": _cap,
}
"""By the garment's Indonesian name, as titles have it."""


def cut_garment(garment: str, dice: random.Random) -> Cut:
    """The cut of one item; `dice` decides its proportions and how it lies.

    Raises:
        KeyError: no such garment; the names are `CUTS`' keys.
    """
    return CUTS[garment](dice)
