"""One sheet of a workbook, row by row: values as they are saved, links behind cells, merged cells; formulas not run.

Memory grows with a sheet's links and merged ranges, not with its rows.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from connectors.takedown_lists.items import Cell, ListError, Remark, Row
from connectors.takedown_lists.limits import MB, ListLimits, over
from connectors.takedown_lists.xlsx_layout import SheetLayout, position
from connectors.takedown_lists.xml_stream import Begin, End, XmlStream

SPREAD_COLUMNS: Final = 64
"""Columns whose merged cells are repeated in each of their rows."""
FORMULA_CHARS: Final = 8_192
"""Of a formula at most (Excel's own limit)."""
NO_VALUE: Final = "a formula whose result is not in the file: open the list in a spreadsheet and save it"
BUILT: Final = "a formula that puts its link together: save the list as values or as CSV"

_HYPERLINK = re.compile(r'HYPERLINK\(\s*"([^"]{1,4096})"\s*[,)]', re.IGNORECASE)


class SheetRows:
    """The rows, one at a time. The second pass."""

    def __init__(self, label: str, strings: Sequence[str], layout: SheetLayout, limits: ListLimits) -> None:
        self._label = label
        self._strings = strings
        self._layout = layout
        self._limits = limits
        self._ready: list[Row] = []
        self._cells: list[Cell] = []
        self._row, self._column = 0, -1
        self._columns: dict[str, int] = {}
        self._kind: str | None = None
        self._parts: list[str] = []
        self._size = 0
        self._is_taking = self._is_phonetic = False
        self._value = self._formula = ""
        self._has_formula = False
        self._open_spreads: dict[int, tuple[int, Cell]] = {}
        self._text_left = limits.max_unpacked_mb * MB
        self._count = 0

    def rows(self, name: str, chunks: Iterable[bytes]) -> Iterator[Row | Remark]:
        """Rows that have a cell with anything in it; links of cells without one come last. Raises ListError."""
        if self._layout.hidden_rows:
            yield Remark(f"sheet {self._label}: {self._layout.hidden_rows:,} hidden rows; they are read too")
        if self._layout.hidden_columns:
            yield Remark(f"sheet {self._label}: hidden columns; they are read too")
        begins: dict[str, Begin] = {
            "row": self._begin_row,
            "c": self._begin_cell,
            "v": self._begin_value,
            "t": self._begin_text,
            "f": self._begin_formula,
            "rPh": self._begin_phonetic,
        }
        ends: dict[str, End] = {
            "row": self._end_row,
            "c": self._end_cell,
            "v": self._end_value,
            "t": self._end_value,
            "f": self._end_formula,
            "rPh": self._end_phonetic,
        }
        for _ in XmlStream(name, begins, ends, self._say).feed(chunks):
            yield from self._ready
            self._ready.clear()
        left: dict[int, list[Cell]] = {}
        for (row, column), target in sorted(self._layout.links.items()):
            left.setdefault(row, []).append(Cell(column, "", target))
        for row, cells in left.items():
            yield Row(row, tuple(cells), self._label)

    def _begin_row(self, attributes: dict[str, str]) -> None:
        number = attributes.get("r")
        self._row = position(f"A{number}")[0] if number else self._row + 1
        self._column = -1

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        place = attributes.get("r")
        if place:
            letters = place.rstrip("0123456789")
            column = self._columns.get(letters)
            if column is None:
                column = self._columns[letters] = position(place)[1]
            self._column = column
        else:
            self._column += 1
        self._kind = attributes.get("t")
        self._value = self._formula = ""
        self._has_formula = False

    def _begin_value(self, _: dict[str, str]) -> None:
        self._is_taking, self._size = True, 0
        self._parts.clear()

    def _begin_text(self, attributes: dict[str, str]) -> None:
        if not self._is_phonetic:
            self._begin_value(attributes)

    def _begin_formula(self, attributes: dict[str, str]) -> None:
        self._has_formula = True
        self._begin_value(attributes)

    def _begin_phonetic(self, _: dict[str, str]) -> None:
        # How a name is pronounced; no part of the text.
        self._is_phonetic = True

    def _say(self, text: str) -> None:
        if self._is_taking and self._size <= self._limits.max_cell_chars:
            self._parts.append(text)
            self._size += len(text)

    def _end_value(self) -> None:
        # A text in several styles comes in parts.
        if self._is_taking:
            self._value += "".join(self._parts)
            self._is_taking = False

    def _end_formula(self) -> None:
        self._formula = "".join(self._parts)[:FORMULA_CHARS]
        self._is_taking = False

    def _end_phonetic(self) -> None:
        self._is_phonetic = False

    def _end_cell(self) -> None:
        text, problem = self._value, None
        if self._kind == "s" and text:
            try:
                text = self._strings[int(text)]
            except (ValueError, IndexError):
                raise ListError("the workbook is damaged: a cell's text is not among its strings") from None
        links = self._layout.links
        target = links.pop((self._row, self._column), None) if links else None
        if self._has_formula:
            target, problem = self._judge_formula(text, target)
        if text or target or problem:
            cell = Cell(self._column, text, target, False, problem)
            self._cells.append(cell)
            self._text_left -= len(text)
            last = self._layout.merged.get((self._row, self._column)) if self._layout.merged else None
            if last is not None and last[0] > self._row and self._column < SPREAD_COLUMNS:
                self._open_spreads[self._column] = last[0], cell

    def _judge_formula(self, text: str, target: str | None) -> tuple[str | None, str | None]:
        """The link that a formula names, and what is wrong with the formula; it is never run."""
        problem = None
        if "HYPERLINK" in self._formula.upper():
            found = _HYPERLINK.search(self._formula)
            if found:
                target = found[1]
            elif "://" in self._formula:
                problem = BUILT
        if not text and target is None and problem is None:
            problem = NO_VALUE
        return target, problem

    def _end_row(self) -> None:
        self._count += 1
        if self._count > self._limits.max_rows:
            raise ListError(over("more rows", "max_rows", self._limits.max_rows))
        if self._text_left < 0:
            raise ListError(
                over("cells with more text", "max_unpacked_mb", self._limits.max_unpacked_mb, " MiB")
            )
        if self._open_spreads:
            self._spread()
        if self._cells:
            self._ready.append(Row(self._row, tuple(self._cells), self._label))
            self._cells = []

    def _spread(self) -> None:
        """Put merged cells' values into the rows that they reach over."""
        own = {cell.column for cell in self._cells}
        for column, (last, cell) in list(self._open_spreads.items()):
            if self._row > last:
                del self._open_spreads[column]
            elif column not in own and self._cells:
                self._cells.append(Cell(column, cell.text, cell.target, spread=True))
