"""Listings, takedowns or alerts as a CSV file that a spreadsheet opens and a program appends to.

UTF-8, separated by commas, line ends as RFC 4180 says, one header. Cells that a spreadsheet would run are made
text by an apostrophe in front (`connectors.csv_cells`). Bytes that no source could decode have no columns: they
go as lines of JSON to a file beside it, base64, with the reason.
"""

import base64
import codecs
import csv
import io
from collections.abc import Sequence
from typing import BinaryIO

import msgspec
from msgspec import Struct

from connectors.append_file import AppendFile
from connectors.csv_cells import defuse
from connectors.csv_tables import COLUMNS, TableKind, cells, kind_of
from connectors.sdk import AbortError, Event, RawRecord, Sink

CHUNK = 1 << 20
LONGEST_HEADER = 4096


class CsvSinkOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of the sink `csv`."""

    path: str
    """The file; appended to if it is there and has the same columns."""
    records: TableKind | None = None
    """What the rows are; anything else ends the run. Without it, what the file holds, or the first record is."""
    raw_path: str | None = None
    """Where undecoded records go. Without it, PATH.raw.jsonl."""
    byte_order_mark: bool = False
    """Begin the file with one, by which Excel knows UTF-8."""


class CsvSink(Sink[CsvSinkOptions]):
    """A CSV file, a row for each record; `flush` returns when the disk has them."""

    name = "csv"
    options_type = CsvSinkOptions

    def __init__(self, options: CsvSinkOptions) -> None:
        super().__init__(options)
        self._kind = options.records
        self._table = AppendFile(options.path, self.name)
        self._raw = AppendFile(options.raw_path or f"{options.path}.raw.jsonl", self.name)
        self._raw_is_open = False

    def open(self) -> None:
        """Open the file: a header that is there is checked, and what a crash left torn is ended.

        Raises:
            AbortError: the file has other columns, or cannot be written.
        """
        self._table.open()
        file = self._table.file
        try:
            file.seek(0)
            begin = file.read(LONGEST_HEADER).removeprefix(codecs.BOM_UTF8)
        except OSError:
            begin = b""  # A pipe or a device is always at its beginning.
        kinds = [self._kind] if self._kind else list(COLUMNS)
        there = next((kind for kind in kinds if begin.startswith(_row(COLUMNS[kind]))), None)
        if there is not None:
            self._kind = there
            self._end_torn_row(file)
        elif not begin or any(_row(COLUMNS[kind]).startswith(begin) for kind in kinds):
            if begin:
                file.truncate(0)  # A header that a crash has torn.
            if self._kind is not None:
                self._begin(self._kind)
        else:
            wanted = self._kind or " or ".join(kinds)
            raise AbortError(f"csv: option path: {self.options.path} has other columns than {wanted}")

    def _begin(self, kind: TableKind) -> None:
        self._table.append((codecs.BOM_UTF8 if self.options.byte_order_mark else b"") + _row(COLUMNS[kind]))

    def _end_torn_row(self, file: BinaryIO) -> None:
        """End the last row where a crash has torn it: half a character goes, the open quote and line are closed.

        Quotes in cells are doubled, so within a quoted cell their number is odd; torn between the two of a pair,
        the cell only ends early.
        """
        quotes, last, size = 0, b"", 0
        file.seek(0)
        while chunk := file.read(CHUNK):
            quotes += chunk.count(b'"')
            size += len(chunk)
            last = (last + chunk)[-4:]
        half = _half_character(last)
        if half:
            file.truncate(size - len(half))
        if quotes % 2:
            self._table.append(b'"\r\n')
        elif not last.endswith(b"\n"):
            self._table.append(b"\n" if last.endswith(b"\r") else b"\r\n")

    def write(self, batch: Sequence[Event]) -> None:
        """All rows in one write, so that a reader who follows sees whole rows; all stay or none."""
        records = [event for event in batch if not isinstance(event, RawRecord)]
        kind = self._kind or (kind_of(records[0]) if records else None)
        for event in records:
            if kind_of(event) != kind:
                raise AbortError(
                    f"csv: a {type(event).__name__} does not belong among {kind}; see option records"
                )
        raw = [_raw_line(event) for event in batch if isinstance(event, RawRecord)]
        if raw:
            self._open_raw()
            self._raw.append(b"".join(raw))
        if kind is not None:
            if self._kind is None:
                self._begin(kind)
                self._kind = kind
            rows = ([given.get(column, "") for column in COLUMNS[kind]] for given in map(cells, records))
            self._table.append(b"".join(map(_row, rows)))

    def flush(self) -> None:
        """Return when rows and undecoded records are on the disk."""
        if self._raw_is_open:
            self._raw.flush()
        self._table.flush()

    def close(self) -> None:
        """Close the files."""
        self._table.close()
        self._raw.close()

    def _open_raw(self) -> None:
        """Only once there is something for it: most exports have nothing undecoded."""
        if not self._raw_is_open:
            self._raw.open()
            self._raw_is_open = True
            if self._raw.ends_torn():
                self._raw.append(b"\n")


def _row(given: Sequence[str]) -> bytes:
    out = io.StringIO(newline="")
    # A zero byte ends the text for many a program, and is an error to others.
    csv.writer(out, lineterminator="\r\n").writerow(
        [defuse(cell.replace("\x00", "\ufffd")) for cell in given]
    )
    return out.getvalue().encode(errors="replace")


def _raw_line(record: RawRecord) -> bytes:
    line = {"key": record.key, "why": record.why, "value": base64.b64encode(record.value).decode()}
    return msgspec.json.encode(line) + b"\n"


def _half_character(end: bytes) -> bytes:
    """The bytes at the end that are only the beginning of a character in UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    decoder.decode(end)
    return decoder.getstate()[0]
