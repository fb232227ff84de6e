"""The garments by name, each cut a little differently every time."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from connectors.sample.cloth_cut import Cut, Piece, Point, Seam, mirrored, smooth
from connectors.sample.tops import hoodie, jacket, shirt, sweater, tee


def _dress(dice: random.Random) -> Cut:
    waist, hem_wide, waist_at = dice.uniform(0.22, 0.34), dice.uniform(0.42, 0.95), dice.uniform(-0.34, 0.0)
    low = dice.uniform(0.5, 0.95)
    top = [(0.12, -0.9), (0.32, -0.88), (0.36, -0.5), (waist, waist_at)]
    skirt = [
        (waist, waist_at),
        ((waist + hem_wide) * 0.55, (waist_at + low) * 0.5),
        (hem_wide, low - 0.06),
        (hem_wide - 0.02, low),
    ]
    pieces = [
        Piece(smooth([*top, *mirrored(top), (0.0, -0.66)], 1), "body", 1.0),
        Piece(smooth([*skirt, (dice.uniform(-0.1, 0.1), low + 0.06), *mirrored(skirt)], 1), "body", 0.96),
        Piece(
            (
                (-waist, waist_at - 0.03),
                (waist, waist_at - 0.03),
                (waist, waist_at + 0.03),
                (-waist, waist_at + 0.03),
            ),
            "second",
        ),
    ]
    folds = [
        (x + dice.uniform(-0.08, 0.08), low - dice.uniform(0.0, 0.25))
        for x in (-0.75, -0.45, -0.15, 0.15, 0.45, 0.75)
    ]
    seams = tuple(Seam(((x * waist, waist_at + 0.04), (x * hem_wide, end)), 0.014, 0.75) for x, end in folds)
    return Cut(tuple(pieces), seams, (-0.26, -0.6, 0.26, -0.2))


def _trousers(dice: random.Random) -> Cut:
    short = dice.random() < 0.25
    end = dice.uniform(0.15, 0.3) if short else dice.uniform(0.84, 0.97)
    waist, spread, leg = dice.uniform(0.34, 0.42), dice.uniform(0.06, 0.32), dice.uniform(0.2, 0.32)
    crotch = dice.uniform(-0.32, -0.2)
    pieces, seams = [], []
    for side in (-1, 1):
        out = spread * dice.uniform(0.7, 1.3)
        outline = [
            (0, -0.86),
            (waist, -0.88),
            (waist + 0.09, -0.5),
            (out + leg, end - 0.06),
            (out + leg, end),
            (out, end + 0.02),
            (out, end - 0.06),
            (0.02, crotch),
        ]
        pieces.append(
            Piece(smooth([(side * x, y) for x, y in outline], 1), "body", 1.0 if side > 0 else 0.93)
        )
        seams.append(Seam(((side * waist * 0.6, -0.76), (side * waist * 1.06, -0.6)), 0.012))
        seams.append(
            Seam(((side * (out + 0.01), end - 0.05), (side * (out + leg - 0.01), end - 0.06)), 0.008)
        )
        seams.append(Seam(((side * waist * 0.7, -0.4), (side * (out + leg / 2), end - 0.1)), 0.012, 0.86))
    pieces.append(
        Piece(((-waist, -0.9), (waist, -0.9), (waist + 0.01, -0.79), (-waist - 0.01, -0.79)), "body", 0.86)
    )
    seams.append(Seam(((0, -0.8), (0.02, crotch)), 0.012))
    return Cut(tuple(pieces), tuple(seams), (0.08, -0.6, 0.4, -0.1), ((0.0, -0.85),))


def _skirt(dice: random.Random) -> Cut:
    waist, wide, long = dice.uniform(0.28, 0.36), dice.uniform(0.5, 0.85), dice.uniform(0.3, 0.85)
    side = [(waist, -0.72), (waist + 0.15, -0.3), (wide, long - 0.06), (wide - 0.01, long)]
    pieces = (
        Piece(smooth([*side, (dice.uniform(-0.15, 0.15), long + 0.07), *mirrored(side)], 1)),
        Piece(
            ((-waist, -0.76), (waist, -0.76), (waist + 0.02, -0.64), (-waist - 0.02, -0.64)), "second", 0.9
        ),
    )
    count = dice.randint(4, 9)
    pleats = [(2 * step / count - 1 + 1 / count) for step in range(count)]
    seams = tuple(Seam(((x * waist, -0.62), (x * wide * 0.97, long)), 0.014, 0.72) for x in pleats)
    return Cut(pieces, seams, (-0.3, -0.3, 0.3, 0.3))


def _cap(dice: random.Random) -> Cut:
    high, brim, lean = dice.uniform(-0.6, -0.5), dice.uniform(0.34, 0.46), dice.uniform(-0.14, 0.14)
    dome = [(-0.58, 0.1), (-0.57, -0.2), (-0.4, high + 0.12), (-0.15, high), (0.15, high), (0.4, high + 0.12)]
    dome += [(0.57, -0.2), (0.58, 0.1), (0.3, 0.2), (-0.3, 0.2)]
    visor = [(-0.56, 0.1), (-0.25, 0.17), (0.25, 0.17), (0.56, 0.1), (0.62 + lean, 0.24), (0.42 + lean, brim)]
    visor += [(lean, brim + 0.08), (-0.42 + lean, brim), (-0.62 + lean, 0.24)]
    pieces = (Piece(smooth(dome, 1)), Piece(smooth(visor, 1), "second", 0.9))
    seams = (
        Seam(((0, high - 0.04), (0.0, 0.2)), 0.008),
        Seam(((-0.04, high - 0.02), (-0.36, -0.1), (-0.44, 0.18)), 0.008),
        Seam(((0.04, high - 0.02), (0.36, -0.1), (0.44, 0.18)), 0.008),
        Seam(((-0.56, 0.11), (-0.25, 0.18), (0.25, 0.18), (0.56, 0.11)), 0.016),
        Seam(((-0.4 + lean, brim - 0.05), (lean, brim + 0.03), (0.4 + lean, brim - 0.05)), 0.006),
    )
    return Cut(pieces, seams, (-0.3, -0.38, 0.3, 0.1), ((0.0, high - 0.04),))


CUTS: dict[str, Callable[[random.Random], Cut]] = {
    "kaos": tee,
    "sweater": sweater,
    "hoodie": hoodie,
    "jaket": jacket,
    "kemeja": shirt,
    "dress": _dress,
    "celana": _trousers,
    "rok": _skirt,
    "topi": _cap,
}
"""By the garment's Indonesian name, as titles have it."""


def cut_garment(garment: str, dice: random.Random) -> Cut:
    """The cut of one item, filling the square; `dice` decides its proportions and how it lies.

    Raises:
        KeyError: no such garment; the names are `CUTS`' keys.
    """
    cut = CUTS[garment](dice)
    points = [point for piece in cut.pieces for point in piece.outline]
    (left, right), (top, bottom) = ((min(axis), max(axis)) for axis in zip(*points, strict=True))
    scale = 2 * (0.8 if garment == "topi" else 1.0) / max(right - left, bottom - top)
    x, y = (left + right) / 2, (top + bottom) / 2

    def fit(line: Sequence[Point]) -> tuple[Point, ...]:
        return tuple(((px - x) * scale, (py - y) * scale) for px, py in line)

    (x0, y0), (x1, y1) = fit((cut.print_box[:2], cut.print_box[2:]))
    return Cut(
        tuple(replace(piece, outline=fit(piece.outline)) for piece in cut.pieces),
        tuple(replace(seam, points=fit(seam.points), width=seam.width * scale) for seam in cut.seams),
        (x0, y0, x1, y1),
        fit(cut.buttons),
    )
