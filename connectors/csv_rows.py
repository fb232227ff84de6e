"""Rows of a CSV file with the very bytes of each, bounded, whatever the file holds.

UTF-8 with or without a byte order mark, or UTF-16 with one. Separated by comma, semicolon, tab or bar; quoted
as RFC 4180 says. Rows count from 1, the header's, as a spreadsheet shows them.
"""

import codecs
import csv
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

Delimiter = Literal["auto", ",", ";", "\t", "|"]
DELIMITERS = (",", ";", "\t", "|")
CHUNK_BYTES = 64 * 1024


class CsvError(ValueError):
    """The file cannot be read from here on; the message names the row."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row's cells, or why it has none. `raw`: its bytes, the line end too; as UTF-8 where the file is UTF-16."""

    number: int
    raw: bytes
    cells: tuple[str, ...]
    problem: str | None = None


class CsvRows:
    """Reads a file descriptor from where it stands, which is the beginning.

    `wanted`: names of columns that tell the delimiter, in small letters. `max_row`: bytes of a row, its
    quoted line ends included. `fallback`: the encoding of rows that are not UTF-8.
    """

    def __init__(
        self,
        descriptor: int,
        *,
        max_row: int,
        wanted: Collection[str] = (),
        delimiter: Delimiter = "auto",
        fallback: str | None = None,
    ) -> None:
        self._descriptor = descriptor
        self._max_row = max_row
        self._fallback = fallback
        # The rows are bounded here, before the csv module sees them; its own limit is one for the whole process.
        csv.field_size_limit(max(csv.field_size_limit(), max_row + 1))
        self._head = os.read(descriptor, CHUNK_BYTES)
        self._utf16 = self._head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        if not self._utf16 and b"\x00" in self._head.split(b"\n", 1)[0]:
            raise CsvError("row 1 has zero bytes: UTF-16 needs a byte order mark")
        head = self._decoder().decode(self._head)
        self._line_end = "\r" if "\r" in head and "\n" not in head else "\n"
        first_line = head.split(self._line_end, 1)[0]
        self._delimiter = delimiter if delimiter != "auto" else _likeliest(first_line, wanted)

    def rows(self) -> Iterator[Row]:
        """Every row that is not blank.

        Raises:
            CsvError: a row is longer than allowed, which it is too where a quote was never closed.
            OSError: reading fails.
        """
        lines = _Pulled(self._lines(), self._max_row)
        reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
        number = 0
        while True:
            number += 1
            lines.start(number)
            try:
                cells, problem = tuple(next(reader)), None
            except StopIteration:
                return
            except csv.Error as error:
                cells, problem = (), f"not CSV: {error}"
            row = self._row(number, lines.text(), cells, problem)
            if row.problem or any(cell.strip() for cell in row.cells):
                yield row

    def _row(self, number: int, text: str, cells: tuple[str, ...], problem: str | None) -> Row:
        if self._utf16:
            raw, is_text = text.encode("utf-8", "surrogatepass"), _is_text(text)
        else:
            raw, is_text = text.encode("utf-8", "surrogateescape"), _is_text(text)
            if not is_text and self._fallback and problem is None:
                try:
                    cells = tuple(
                        cell.encode("utf-8", "surrogateescape").decode(self._fallback) for cell in cells
                    )
                    is_text = True
                except UnicodeDecodeError:
                    problem = f"not UTF-8, and not {self._fallback}"
        if problem is None and not is_text:
            problem = "not UTF-16" if self._utf16 else "not UTF-8"
        if problem is None and "\x00" in text:
            problem = "has a zero byte"
        return Row(number, raw, () if problem else cells, problem)

    def _decoder(self) -> codecs.IncrementalDecoder:
        name, errors = ("utf-16", "surrogatepass") if self._utf16 else ("utf-8-sig", "surrogateescape")
        return codecs.getincrementaldecoder(name)(errors)

    def _lines(self) -> Iterator[str]:
        """Lines with their ends. What cannot be decoded becomes lone surrogates, which no text has."""
        decoder, chunk, rest = self._decoder(), self._head, ""
        while True:
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError:
                if chunk:
                    raise CsvError("the file is not UTF-16") from None
                text = "\udcff"  # it ends within a character
            *whole, last = text.split(self._line_end)
            for part in whole:
                yield rest + part + self._line_end
                rest = ""
            rest += last
            if utf8_size(rest) > self._max_row:
                yield rest
                return
            if not chunk:
                if rest:
                    yield rest
                return
            chunk = os.read(self._descriptor, CHUNK_BYTES)


class _Pulled:
    """Lines for the csv module, which takes as many as a row has, remembered so that the row's text is known."""

    def __init__(self, lines: Iterator[str], most: int) -> None:
        self._lines = lines
        self._most = most
        self._row = 0
        self._taken: list[str] = []
        self._size = 0

    def start(self, row: int) -> None:
        self._row, self._taken, self._size = row, [], 0

    def text(self) -> str:
        return "".join(self._taken)

    def __iter__(self) -> "_Pulled":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._taken.append(line)
        self._size += utf8_size(line)
        if self._size > self._most:
            raise CsvError(f"row {self._row} is longer than {self._most} bytes, or a quote is never closed")
        return line


def utf8_size(text: str) -> int:
    """Its bytes as UTF-8; at once for ASCII."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _likeliest(header: str, wanted: Collection[str]) -> str:
    """The delimiter that gives most of the wanted names, then most columns, then the commonest."""

    def score(delimiter: str) -> tuple[int, int]:
        try:
            cells = next(csv.reader([header], delimiter=delimiter), [])
        except csv.Error:
            return (0, 0)
        return sum(column_name(cell) in wanted for cell in cells), len(cells)

    return max(DELIMITERS, key=score)


def column_name(cell: str) -> str:
    """A header's cell as names are compared."""
    return " ".join(cell.split()).casefold()
