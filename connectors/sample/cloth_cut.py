"""How a garment's cut is written down: on a square from -1 to 1, y downwards."""

from collections.abc import Sequence
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


def mirrored(points: Sequence[Point]) -> list[Point]:
    """The other half of a symmetric outline, from bottom to top."""
    return [(-x, y) for x, y in reversed(points)]
