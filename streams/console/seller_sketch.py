"""Accounts and what links them, as a small drawing: a column for each step away from where one starts. Pure.

The same links give the same drawing, wherever it is made. Boxes stand on a grid, so none lies on another; the way to
an account is written before its box, where nothing else is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from streams.sellers.edges import Edge
from streams.sellers.graph import SellerGraph, Step

MOST_SHOWN = 30
DEPTH = 2
BOX_WIDTH, BOX_HEIGHT = 208, 42
GUTTER, PITCH = 132, 54
MARGIN = 8
BEND = 0.45
"""Part of the way between two boxes that a line leaves straight out and comes straight in."""

Role = Literal["listing", "takedown", "both", "other"]


@dataclass(frozen=True, slots=True)
class Box:
    """An account; `x` and `y`: the box's top left corner. `edge`: what leads to it from the column before."""

    account: str
    role: Role
    x: int
    y: int
    edge: Edge | None

    @property
    def marketplace(self) -> str:
        """Before the first colon: no marketplace has one."""
        return self.account.partition(":")[0]

    @property
    def seller_id(self) -> str:
        """After it."""
        return self.account.partition(":")[2]


@dataclass(frozen=True, slots=True)
class Line:
    """All that links two accounts. `path`: as SVG's `d`."""

    edge: Edge
    path: str


@dataclass(frozen=True, slots=True)
class Sketch:
    """`left_out`: accounts that are linked and not drawn."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    width: int
    height: int
    left_out: int
    box_width: int = BOX_WIDTH
    box_height: int = BOX_HEIGHT


def seller_sketch(
    graph: SellerGraph, listing: str | None, takedown: str | None, most: int = MOST_SHOWN
) -> Sketch | None:
    """The accounts around the two sellers' (None: not known); None where nothing links either with any other."""
    steps: dict[str, Step] = {}
    column_of: dict[str, int] = {}
    groups: list[list[list[Step]]] = []
    left_out = 0
    for start in dict.fromkeys((listing, takedown)):
        # Whoever is linked weakly was drawn, but not followed.
        if start is None or start not in graph or (start in steps and _is_followed(steps[start])):
            continue
        walk = graph.walk(start, DEPTH, max(1, most - len(steps)))
        left_out += walk.deeper + walk.more + walk.weak
        if len(walk.steps) == 1:
            continue
        if start not in steps:
            groups.append([])
        first = column_of.get(start, 0)
        for step in walk.steps:
            if step.account not in steps:
                steps[step.account] = step
                column_of[step.account] = first + step.depth
                columns = groups[-1]
                while len(columns) <= first + step.depth:
                    columns.append([])
                columns[first + step.depth].append(step)
    if not groups:
        return None
    boxes = {box.account: box for box in _placed(list(map(_untangled, groups)), listing, takedown)}
    wide = max(len(columns) for columns in groups)
    return Sketch(
        boxes=tuple(boxes.values()),
        lines=tuple(_lines(steps, boxes)),
        width=2 * MARGIN + wide * BOX_WIDTH + (wide - 1) * GUTTER,
        height=MARGIN + max(box.y for box in boxes.values()) + BOX_HEIGHT,
        left_out=left_out,
    )


def _is_followed(step: Step) -> bool:
    return step.edge is None or step.edge.joins


def _untangled(columns: list[list[Step]]) -> list[list[Step]]:
    """In each column accounts beside those that lead to them, so that few lines cross."""
    ordered: list[list[Step]] = []
    for column in columns:
        before = {step.account: at for at, step in enumerate(ordered[-1])} if ordered else {}
        ordered.append(sorted(column, key=lambda step: before.get(step.parent or "", len(before))))
    return ordered


def _placed(groups: list[list[list[Step]]], listing: str | None, takedown: str | None) -> Iterator[Box]:
    top = MARGIN
    for columns in groups:
        rows = max(map(len, columns))
        for number, column in enumerate(columns):
            # In the middle of the tallest column, in half rows: columns need no common rows, only places of their own.
            y = top + (rows - len(column)) * PITCH // 2
            for step in column:
                x = MARGIN + number * (BOX_WIDTH + GUTTER)
                yield Box(step.account, _role(step.account, listing, takedown), x, y, step.edge)
                y += PITCH
        top += rows * PITCH


def _role(account: str, listing: str | None, takedown: str | None) -> Role:
    if account == listing:
        return "both" if account == takedown else "listing"
    return "takedown" if account == takedown else "other"


def _lines(steps: dict[str, Step], boxes: dict[str, Box]) -> Iterator[Line]:
    drawn: set[tuple[str, str]] = set()
    for step in steps.values():
        for edge in (*((step.edge,) if step.edge else ()), *step.also):
            if edge.accounts not in drawn and all(account in boxes for account in edge.accounts):
                drawn.add(edge.accounts)
                yield Line(edge, _path(boxes[edge.other(step.account)], boxes[step.account]))


def _path(start: Box, end: Box) -> str:
    """From the right side of the box on the left to the left side of the other; in one column around its right side."""
    if start.x > end.x:
        start, end = end, start
    from_x, from_y, to_y = start.x + BOX_WIDTH, start.y + BOX_HEIGHT // 2, end.y + BOX_HEIGHT // 2
    if start.x == end.x:
        out = from_x + GUTTER // 3
        return f"M{from_x} {from_y}C{out} {from_y} {out} {to_y} {from_x} {to_y}"
    reach = round((end.x - from_x) * BEND)
    return f"M{from_x} {from_y}C{from_x + reach} {from_y} {end.x - reach} {to_y} {end.x} {to_y}"
