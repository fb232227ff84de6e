"""Listings and takedowns as lines of JSON: a file, a growing file or standard input in, a file out.

What becomes of a line is said in `connectors.json_records`.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, BinaryIO

import msgspec
from msgspec import Meta, Struct

from connectors.append_file import AppendFile
from connectors.json_records import MAX_RECORD_BYTES, RECORD_ROOM, JsonRecords, RecordKind
from connectors.line_reader import Line, LineReader, TooLong, Truncated
from connectors.sdk import AbortError, Context, Event, Item, Notice, RawRecord, Sink, Skipped, Source, Stop


class JsonLinesSourceOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of the source `jsonlines`."""

    path: str
    """The file, or `-` for standard input."""
    records: RecordKind = "listings"
    """What the lines are."""
    follow: bool = False
    """Stay at the end of the file and read what is appended."""
    max_line_bytes: Annotated[int, Meta(ge=2)] = MAX_RECORD_BYTES
    """Longer lines are skipped, and reported."""
    max_record_bytes: Annotated[int, Meta(ge=2)] = MAX_RECORD_BYTES - RECORD_ROOM
    """Photos given by path are taken into the record up to this size."""


class JsonLinesSource(Source[JsonLinesSourceOptions]):
    """A file of JSON lines, or standard input: a record a line."""

    name = "jsonlines"
    options_type = JsonLinesSourceOptions

    def __init__(self, options: JsonLinesSourceOptions) -> None:
        super().__init__(options)
        self._file: BinaryIO | None = None
        self._reader: LineReader | None = None
        self._records = JsonRecords(options.records, None, options.max_record_bytes)

    def open(self, _context: Context) -> None:
        """Open the file."""
        path = self.options.path
        try:
            self._file = open(0 if path == "-" else path, "rb", buffering=0, closefd=path != "-")  # noqa: SIM115
            self._reader = LineReader(
                self._file.fileno(), max_bytes=self.options.max_line_bytes, follow=self.options.follow
            )
        except OSError as error:
            raise AbortError(f"jsonlines: option path: cannot read {path}: {error.strerror}") from None
        folder = None if path == "-" else Path(path).resolve().parent
        self._records = JsonRecords(self.options.records, folder, self.options.max_record_bytes)

    def close(self) -> None:
        """Close the file; standard input stays open."""
        self._reader = None
        if self._file is not None:
            self._file.close()

    def events(self, stop: Stop) -> Iterator[Item]:
        """A record a line; blank lines are passed over."""
        if self._reader is None:
            raise AbortError("jsonlines: the source is not open")
        try:
            for line in self._reader.lines(stop):
                match line:
                    case Line(number, raw):
                        if raw.strip():
                            yield from self._records.items(f"line {number}", raw)
                    case TooLong(number):
                        limit = self.options.max_line_bytes
                        yield Skipped(f"line {number}: longer than max_line_bytes ({limit})")
                    case Truncated():
                        yield Notice("the file became shorter and is read from its beginning again")
                    case idle:
                        yield idle
        except OSError as error:
            raise AbortError(f"jsonlines: cannot read {self.options.path}: {error.strerror}") from None


class JsonLinesSinkOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of the sink `jsonlines`."""

    path: str
    """The file, appended to."""


class JsonLinesSink(Sink[JsonLinesSinkOptions]):
    """A file of JSON lines, appended to; `flush` returns when the disk has them."""

    name = "jsonlines"
    options_type = JsonLinesSinkOptions

    def __init__(self, options: JsonLinesSinkOptions) -> None:
        super().__init__(options)
        self._file = AppendFile(options.path, self.name)

    def open(self) -> None:
        """Open the file, made if there is none. A torn last line, left by a crash, is ended first."""
        self._file.open()
        if self._file.ends_torn():
            self._file.append(b"\n")

    def write(self, batch: Sequence[Event]) -> None:
        """All lines in one write, so that a reader who follows sees whole lines; all stay or none."""
        self._file.append(b"".join(_line(event) + b"\n" for event in batch))

    def flush(self) -> None:
        """Return when the lines are on the disk."""
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _line(event: Event) -> bytes:
    if isinstance(event, RawRecord):
        # Pretty-printed JSON would break into several lines.
        return event.value.replace(b"\r", b" ").replace(b"\n", b" ")
    return msgspec.json.encode(event)
