"""What stands behind a sheet's cells: links, merged ranges, hidden rows and columns; and where a cell is.

They come after the cells in a sheet's XML, or in attributes that matter to nothing else (ECMA-376 part 1, 18.3.1),
so a sheet that has such is read twice.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from connectors.takedown_lists.items import ListError
from connectors.takedown_lists.limits import ListLimits, over
from connectors.takedown_lists.xml_stream import XmlStream, attribute

LAST_ROW: Final = 1_048_576
LAST_COLUMN: Final = 16_384
RANGE_CELLS: Final = 1000
"""Cells of a range that one link is put behind; behind a larger one it is put once."""

_NAME = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})", re.ASCII)
_TRUE: Final = {"1", "true"}
_MARKS: Final = (b"mergeCell", b"hyperlink", b"hidden")


def position(name: str) -> tuple[int, int]:
    """Row from 1 and column from 0 of a cell's name such as C12. Raises ListError outside of a sheet."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise ListError(f"the workbook is damaged: {name[:20]!r} is no cell's name")
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    row = int(found[2])
    if not 1 <= row <= LAST_ROW or column > LAST_COLUMN:
        raise ListError(f"the workbook is damaged: {name[:20]!r} is outside of a sheet")
    return row, column - 1


def _range(name: str) -> tuple[int, int, int, int]:
    first, _, last = name.partition(":")
    row, column = position(first)
    last_row, last_column = position(last) if last else (row, column)
    return row, column, last_row, last_column


class SheetLayout:
    """What stands behind the cells: links, merged ranges, and what is hidden. The first pass."""

    def __init__(self, name: str, links: Mapping[str, str], limits: ListLimits) -> None:
        self._name = name
        self._targets = links
        self._limits = limits
        self.links: dict[tuple[int, int], str] = {}
        self.merged: dict[tuple[int, int], tuple[int, int]] = {}
        """A merged range's last row and column, by its first."""
        self.hidden_rows = 0
        self.hidden_columns = 0

    def read(self, chunks: Iterable[bytes]) -> None:
        """Read the sheet's XML. Raises ListError."""
        begins = {
            "row": self._begin_row,
            "col": self._begin_column,
            "mergeCell": self._merge,
            "hyperlink": self._link,
        }
        for _ in XmlStream(self._name, begins).feed(chunks):
            pass

    def _check(self) -> None:
        if max(len(self.links), len(self.merged)) > self._limits.max_rows:
            raise ListError(over("more links or merged cells", "max_rows", self._limits.max_rows))

    def _begin_row(self, attributes: dict[str, str]) -> None:
        self.hidden_rows += attributes.get("hidden") in _TRUE

    def _begin_column(self, attributes: dict[str, str]) -> None:
        self.hidden_columns += attributes.get("hidden") in _TRUE

    def _merge(self, attributes: dict[str, str]) -> None:
        row, column, *last = _range(attributes.get("ref", ""))
        self.merged[row, column] = last[0], last[1]
        self._check()

    def _link(self, attributes: dict[str, str]) -> None:
        target = self._targets.get(attribute(attributes, "id") or "")
        if not target:
            return
        row, column, last_row, last_column = _range(attributes.get("ref", ""))
        cells = (last_row - row + 1) * (last_column - column + 1)
        if self.merged.get((row, column)) == (last_row, last_column) or cells > RANGE_CELLS:
            last_row, last_column = row, column
        for each_row in range(row, last_row + 1):
            for each_column in range(column, last_column + 1):
                self.links[each_row, each_column] = target
        self._check()


def has_layout(chunks: Iterable[bytes]) -> bool:
    """Whether the sheet may have anything for `SheetLayout`: a search in its bytes is ten times as fast as a pass.

    All chunks are taken, so that they count against the limits.
    """
    found, before, first = False, b"", True
    for chunk in chunks:
        # In UTF-16 the words would look different; no program writes it, and then the pass is made.
        found = found or (
            first and not chunk.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<?xml ", b"<worksheet", b"<x:"))
        )
        first = False
        if not found:
            joined = before + chunk
            found = any(mark in joined for mark in _MARKS)
            before = chunk[-16:]
    return found
