"""A CSV file's rows for a table: any delimiter, any encoding whose ASCII is ASCII, UTF-16 with or without a mark.

`connectors.csv_rows` reads; what is told here is what a list from anybody's spreadsheet may be beyond it.
"""

import codecs
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import BinaryIO, Final

from connectors.csv_rows import CsvError, CsvRows, Delimiter
from connectors.csv_rows import Row as CsvRow
from connectors.takedown_lists.headers import WANTED
from connectors.takedown_lists.items import Cell, ListError, Remark, Row
from connectors.takedown_lists.limits import ListLimits, over

FALLBACK: Final = "cp1252"
"""What a western Windows writes where a file is not UTF-8."""
ROW_BYTES: Final = 1024 * 1024
SAMPLE_BYTES: Final = 64 * 1024
_DELIMITERS: Final[tuple[Delimiter, ...]] = (",", ";", "\t", "|")


def csv_rows(file: BinaryIO, limits: ListLimits) -> Iterator[Row | Remark]:
    """The rows with their cells. `file` is open for reading in binary, with a descriptor.

    Raises:
        CsvError: it is no CSV from some row on; found before the first row is given.
        ListError: it has more rows than allowed.
    """
    with _with_mark(file) as readable:
        delimiter = _delimiter(_sample(readable))
        for _ in _rows(readable, delimiter):
            pass
        told_encoding = False
        for count, row in enumerate(_rows(readable, delimiter), 1):
            if count > limits.max_rows:
                raise ListError(over("more rows", "max_rows", limits.max_rows))
            if row.problem:
                # Whatever the encoding is, a link is ASCII.
                cells: tuple[str, ...] = (row.raw.decode("latin-1"),)
            else:
                cells = row.cells
            if not told_encoding and not _is_utf8(row.raw):
                told_encoding = True
                yield Remark(
                    f"row {row.number} and perhaps more are not UTF-8; they are read as Windows-1252"
                )
            yield Row(
                row.number,
                tuple(Cell(column, text) for column, text in enumerate(cells) if text and not text.isspace()),
            )


def _rows(file: BinaryIO, delimiter: Delimiter) -> Iterator[CsvRow]:
    os.lseek(file.fileno(), 0, os.SEEK_SET)
    reader = CsvRows(file.fileno(), max_row=ROW_BYTES, wanted=WANTED, delimiter=delimiter, fallback=FALLBACK)
    yield from reader.rows()


@contextmanager
def _with_mark(file: BinaryIO) -> Iterator[BinaryIO]:
    """The file, or a copy with a byte order mark where it is UTF-16 without one."""
    file.seek(0)
    mark = _missing_mark(file.read(4096))
    if not mark:
        yield file
        return
    with TemporaryFile() as copy:
        copy.write(mark)
        file.seek(0)
        shutil.copyfileobj(file, copy)
        copy.flush()
        yield copy


def _missing_mark(head: bytes) -> bytes:
    """ASCII as UTF-16 has a zero in every second byte."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or len(head) < 4:
        return b""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > 0.4 * len(head[1::2]) and even < odd / 4:
        return codecs.BOM_UTF16_LE
    if even > 0.4 * len(head[0::2]) and odd < even / 4:
        return codecs.BOM_UTF16_BE
    return b""


def _sample(file: BinaryIO) -> str:
    raw = os.pread(file.fileno(), SAMPLE_BYTES, 0)
    name = "utf-16" if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "latin-1"
    return raw.decode(name, "replace")


def _delimiter(sample: str) -> Delimiter:
    """The one by which most lines have equally many columns; a list's first lines are often its heading."""
    first, _, rest = sample.partition("\n")
    for delimiter in _DELIMITERS:
        if first.startswith(f"sep={delimiter}"):
            return delimiter
    lines = [line for line in (first + "\n" + rest).replace("\r", "\n").split("\n") if line.strip()]

    def score(delimiter: Delimiter) -> tuple[int, int]:
        counts = Counter(number for line in lines if (number := line.count(delimiter)))
        if not counts:
            return (0, 0)
        columns, times = max(counts.items(), key=lambda pair: (pair[1], pair[0]))
        return times, columns

    return max(_DELIMITERS, key=score)


def _is_utf8(raw: bytes) -> bool:
    if raw.isascii():
        return True
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


__all__ = ["CsvError", "csv_rows"]
