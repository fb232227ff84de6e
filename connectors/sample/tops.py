"""The cut of what is worn above the waist; the dice decide proportions and how the sleeves lie."""

import math
import random

from connectors.sample.cloth_cut import Box, Cloth, Cut, Piece, Point, Seam, mirrored, smooth


def _sleeve(
    dice: random.Random, side: int, shoulder: Point, armpit: Point, *, long: bool, cloth: Cloth
) -> tuple[list[Piece], list[Seam]]:
    """A sleeve that hangs or lies at an angle of its own; long ones bend at the elbow."""
    length = dice.uniform(1.12, 1.3) if long else dice.uniform(0.4, 0.54)
    angle = math.radians(dice.uniform(58, 80) if long else dice.uniform(22, 50))
    bend = math.radians(dice.uniform(-18, 16)) if long else 0.0
    wide = math.dist(shoulder, armpit)
    width_end = 0.16 if long else wide * 0.78
    upper = (shoulder[0] + math.cos(angle) * length / 2, shoulder[1] + math.sin(angle) * length / 2)
    turned = angle + bend
    end = (upper[0] + math.cos(turned) * length / 2, upper[1] + math.sin(turned) * length / 2)
    inward = (-math.sin(turned), math.cos(turned))
    under_end = (end[0] + inward[0] * width_end, end[1] + inward[1] * width_end)
    middle = (wide * 0.8 + width_end) / 2
    under = (upper[0] - math.sin(angle) * middle, upper[1] + math.cos(angle) * middle)
    outline = [
        (shoulder[0] - 0.06, shoulder[1]),
        shoulder,
        upper,
        end,
        under_end,
        under,
        armpit,
        (0.2, armpit[1]),
    ]
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
) -> tuple[list[Piece], list[Seam], Box, Point]:
    """Sleeves, body and neck of anything worn above the waist; also the hem's right corner."""
    neck, body = dice.uniform(0.14, 0.2), dice.uniform(0.42, 0.5) + boxy
    shoulder = (body + dice.uniform(0.02, 0.07), dice.uniform(-0.74, -0.68))
    armpit = (body - 0.01, dice.uniform(-0.36, -0.28))
    hem = dice.uniform(0.62, 0.86)
    flare = dice.uniform(-0.03, 0.06)
    pieces: list[Piece] = []
    seams: list[Seam] = []
    for side in (-1, 1):
        more, lines = _sleeve(dice, side, shoulder, armpit, long=long, cloth=sleeve_cloth)
        pieces += more
        seams += lines
    corner = body + flare
    right = [
        (neck, -0.83),
        (shoulder[0], shoulder[1]),
        armpit,
        (body, 0.1),
        (corner, hem - 0.06),
        (corner - 0.01, hem),
    ]
    lean = dice.uniform(-0.03, 0.03)
    pieces.append(
        Piece(
            smooth(
                [
                    *right,
                    (0.3, hem + 0.02),
                    (lean, hem + 0.025),
                    (-0.3, hem + 0.02),
                    *mirrored(right),
                    (0.0, -0.74),
                ],
                1,
            )
        )
    )
    opening = [(-neck, -0.84), (neck, -0.84), (neck * 0.6, -0.74), (0, -0.70), (-neck * 0.6, -0.74)]
    pieces.append(Piece(smooth(opening), "lining", 0.55))
    seams.append(
        Seam(((-neck, -0.83), (-neck * 0.62, -0.73), (0, -0.685), (neck * 0.62, -0.73), (neck, -0.83)), 0.03)
    )
    seams.append(
        Seam(
            ((-body - flare + 0.02, hem - 0.05), (lean, hem - 0.025), (body + flare - 0.02, hem - 0.05)),
            0.007,
        )
    )
    for side in (-1, 1):
        seams.append(
            Seam(
                (
                    (side * shoulder[0], shoulder[1]),
                    (side * (body - 0.05), -0.5),
                    (side * armpit[0], armpit[1]),
                ),
                0.01,
            )
        )
    return pieces, seams, (-body * 0.7, -0.5, body * 0.7, 0.3), (corner, hem)


def _rib(corner: Point, tone: float) -> Piece:
    """The knitted band at the hem, drawn in a little."""
    x, y = corner
    return Piece(((-x, y - 0.07), (x, y - 0.07), (x - 0.04, y + 0.04), (0.04 - x, y + 0.04)), "second", tone)


def tee(dice: random.Random) -> Cut:
    """A T-shirt."""
    pieces, seams, box, _ = _top(dice, long=False, boxy=0.04)
    return Cut(tuple(pieces), tuple(seams), box)


def sweater(dice: random.Random) -> Cut:
    """A crewneck sweater."""
    pieces, seams, box, corner = _top(dice, long=True)
    pieces.append(_rib(corner, 0.9))
    return Cut(tuple(pieces), tuple(seams), box)


def hoodie(dice: random.Random) -> Cut:
    """A hoodie with pocket and strings."""
    pieces, seams, box, (_, hem) = _top(dice, long=True, boxy=0.02)
    high = dice.uniform(-0.99, -0.92)
    hood = [
        (-0.27, -0.66),
        (-0.3, -0.84),
        (-0.13, high),
        (0.13, high),
        (0.3, -0.84),
        (0.27, -0.66),
        (0, -0.56),
    ]
    pieces.append(Piece(smooth(hood), "body", 0.93))
    pieces.append(
        Piece(
            smooth([(-0.15, -0.68), (-0.14, -0.83), (0, -0.9), (0.14, -0.83), (0.15, -0.68), (0, -0.6)]),
            "lining",
            0.5,
        )
    )
    pocket_top = hem - dice.uniform(0.32, 0.4)
    pocket = (
        (-0.2, pocket_top),
        (0.2, pocket_top),
        (0.3, hem - 0.13),
        (0.3, hem - 0.06),
        (-0.3, hem - 0.06),
        (-0.3, hem - 0.13),
    )
    pieces.append(Piece(pocket, "body", 0.9))
    drop = dice.uniform(0.2, 0.34)
    for side in (-1, 1):
        seams.append(Seam(((side * 0.07, -0.6), (side * 0.09, -0.6 + drop)), 0.018, 1.7))
    return Cut(tuple(pieces), tuple(seams), (box[0], -0.42, box[2], pocket_top - 0.03))


def jacket(dice: random.Random) -> Cut:
    """A zipped jacket, varsity or plain."""
    varsity = dice.random() < 0.5
    pieces, seams, box, corner = _top(
        dice, long=True, sleeve_cloth="second" if varsity else "sleeve", boxy=0.03
    )
    pieces.append(_rib(corner, 0.85))
    hem = corner[1]
    collar = [(-0.2, -0.86), (0.2, -0.86), (0.17, -0.7), (0, -0.62), (-0.17, -0.7)]
    pieces.append(Piece(smooth(collar, 1), "second", 0.8))
    seams.append(Seam(((0, -0.66), (0, hem)), 0.022, 0.4))
    slant = dice.uniform(0.06, 0.14)
    for side in (-1, 1):
        seams.append(Seam(((side * 0.36, 0.16), (side * (0.36 - slant), 0.42)), 0.02, 0.5))
    snaps = tuple((0.035, -0.5 + step * (hem + 0.4) / 5) for step in range(5)) if varsity else ()
    return Cut(tuple(pieces), tuple(seams), (0.06, -0.45, box[2], 0.1), snaps)


def shirt(dice: random.Random) -> Cut:
    """A shirt with collar, pockets and buttons."""
    pieces, seams, _, (_, hem) = _top(dice, long=dice.random() < 0.6)
    for side in (-1, 1):
        collar = ((side * 0.01, -0.66), (side * 0.2, -0.86), (side * 0.28, -0.72), (side * 0.13, -0.56))
        pieces.append(Piece(collar, "body", 1.06))
        if side > 0 or dice.random() < 0.5:
            at = side * 0.24
            pieces.append(
                Piece(
                    (
                        (at - 0.11, -0.36),
                        (at + 0.11, -0.36),
                        (at + 0.11, -0.14),
                        (at, -0.09),
                        (at - 0.11, -0.14),
                    ),
                    "body",
                    0.9,
                )
            )
    seams += [Seam(((-0.04, -0.62), (-0.04, hem)), 0.007), Seam(((0.04, -0.62), (0.04, hem)), 0.007)]
    buttons = tuple((0.0, -0.5 + step * (hem + 0.38) / 6) for step in range(6))
    return Cut(tuple(pieces), tuple(seams), (-0.36, 0.0, 0.36, 0.5), buttons)
