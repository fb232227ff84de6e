"""From a table's rows to mentions: links in any cell, other columns by the header, and nothing passed over."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from connectors.link_text import Found, find_links, may_have_link
from connectors.links import RefusedLink
from connectors.takedown_lists.headers import header_of, told_by
from connectors.takedown_lists.items import (
    Cell,
    Item,
    Mention,
    Place,
    Reject,
    Remark,
    Row,
    Told,
    cell_name,
)
from connectors.takedown_lists.limits import ListLimits

REMEMBERED: Final = 1024
SHOWN: Final = 200
"""Characters of a row that are shown in a reject."""

NO_LINK: Final = "no link in this row"


class Table:
    """One sheet or file. Rows before the first link and before any header are the list's heading."""

    def __init__(self, limits: ListLimits, *, from_1904: bool = False) -> None:
        self._limits = limits
        self._from_1904 = from_1904
        self._header: dict[int, str] = {}
        self._has_links = False
        self._find = lru_cache(REMEMBERED)(_links)

    def items(self, rows: Iterable[Row | Remark]) -> Iterator[Item]:
        """What each row gives, in the rows' order."""
        for row in rows:
            if isinstance(row, Remark):
                yield row
            else:
                yield from self._of_row(row)

    def _of_row(self, row: Row) -> Iterator[Item]:
        if row.problem:
            yield Reject(row.problem, Place(row.number, row.part), row.raw[:SHOWN])
        most = self._limits.max_cell_chars
        cells, too_long = row.cells, False
        found: list[tuple[Cell, tuple[Found, ...]]] = []
        for cell in row.cells:
            if len(cell.text) > most:
                too_long = True
                why = f"a cell of more characters than takedown_lists.max_cell_chars ({most:,})"
                yield Reject(why, _place(row, cell), cell.text[:SHOWN])
            elif links := self._of_cell(cell):
                found.append((cell, links))
        if too_long:
            cells = tuple(cell for cell in row.cells if len(cell.text) <= most)
        if found:
            self._has_links = True
            linked = frozenset(
                cell.column for cell, links in found if any(one.link in cell.text for one in links)
            )
            told = told_by(self._header, cells, linked, from_1904=self._from_1904)
            yield from _mentions(row, found, told)
        elif cells and not too_long:
            yield from self._without_link(row)
        for cell in cells:
            if cell.problem:
                yield Reject(cell.problem, _place(row, cell), cell.text[:SHOWN])

    def _of_cell(self, cell: Cell) -> tuple[Found, ...]:
        links = self._find(cell.text) if may_have_link(cell.text) else ()
        return links if cell.target is None else (*self._find(cell.target), *links)

    def _without_link(self, row: Row) -> Iterator[Item]:
        header = header_of(row.cells)
        # A header has two names at least, or it is the first thing that names anything: "Link" alone.
        if len(header) > 1 or (header and not self._header and not self._has_links):
            self._header = header
        elif (len(self._header) > 1 or self._has_links) and not any(cell.problem for cell in row.cells):
            text = " | ".join(cell.text[:SHOWN] for cell in row.cells)
            yield Reject(NO_LINK, Place(row.number, row.part), text[:SHOWN])


def _links(text: str) -> tuple[Found, ...]:
    return tuple(find_links(text))


def _place(row: Row, cell: Cell) -> Place:
    return Place(row.number, row.part, cell_name(row.number, cell.column))


def _mentions(row: Row, found: list[tuple[Cell, tuple[Found, ...]]], told: Told) -> Iterator[Item]:
    """Each listing of a row once: a link and the text it stands behind are one mention."""
    seen: set[str] = set()
    for cell, links in found:
        if cell.spread:
            # A merged cell was told in its first row.
            continue
        for one in links:
            same = one.link if isinstance(one.target, RefusedLink) else one.target.url
            if same in seen:
                continue
            seen.add(same)
            if isinstance(one.target, RefusedLink):
                yield Reject(one.target.why, _place(row, cell), one.link)
            else:
                yield Mention(one.link, one.target, _place(row, cell), told)
