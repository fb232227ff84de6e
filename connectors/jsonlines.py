"""Listings and takedowns as lines of JSON: a file, a growing file or standard input in, a file out.

A line that is no such record, or has fields unknown here, is passed on byte for byte as a `RawRecord`: the
worker decodes again, counts the fields, and keeps what it cannot decode on `dead-letters`. So a wrong line
is seen where all others are, can be replayed once the code understands it, and nothing is lost on the way.
A listing's key is read from the line if it has one. A takedown's is not: `takedowns` is compacted, and a
broken line under a good takedown's id would replace it.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, BinaryIO, Literal

import msgspec
from msgspec import Meta, Struct

from connectors.codec import Codec, RecordError
from connectors.events import ListingEvent, Takedown
from connectors.field_types import Key, Marketplace
from connectors.line_reader import Line, LineReader, TooLong, Truncated
from connectors.photo_paths import inline_photos
from connectors.sdk import (
    AbortError,
    Context,
    Event,
    Item,
    Notice,
    RawRecord,
    RetryError,
    Sink,
    Skipped,
    Source,
    Stop,
    Withdrawal,
)

MAX_LINE_BYTES = 8 * 1024 * 1024
"""As the topics' own default limit of a record."""
RECORD_ROOM = 64 * 1024
"""Left free of a record's limit for its key, its headers and the batch around it."""


class JsonLinesSourceOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of the source `jsonlines`."""

    path: str
    """The file, or `-` for standard input."""
    records: Literal["listings", "takedowns"] = "listings"
    """What the lines are."""
    follow: bool = False
    """Stay at the end of the file and read what is appended."""
    max_line_bytes: Annotated[int, Meta(ge=2)] = MAX_LINE_BYTES
    """Longer lines are skipped, and reported."""
    max_record_bytes: Annotated[int, Meta(ge=2)] = MAX_LINE_BYTES - RECORD_ROOM
    """Photos given by path are taken into the record up to this size."""


class JsonLinesSource(Source[JsonLinesSourceOptions]):
    """Reads one record a line."""

    name = "jsonlines"
    options_type = JsonLinesSourceOptions

    def __init__(self, options: JsonLinesSourceOptions) -> None:
        super().__init__(options)
        self._file: BinaryIO | None = None
        self._reader: LineReader | None = None
        self._folder: Path | None = None
        self._listings = Codec(ListingEvent)
        self._takedowns = Codec(Takedown)

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
        self._folder = None if path == "-" else Path(path).resolve().parent

    def close(self) -> None:
        """Close the file; standard input stays open."""
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
                            yield from self._items(number, raw)
                    case TooLong(number):
                        limit = self.options.max_line_bytes
                        yield Skipped(f"line {number}: longer than max_line_bytes ({limit})")
                    case Truncated():
                        yield Notice("the file became shorter and is read from its beginning again")
                    case idle:
                        yield idle
        except OSError as error:
            raise AbortError(f"jsonlines: cannot read {self.options.path}: {error.strerror}") from None

    def _items(self, number: int, raw: bytes) -> Iterator[Item]:
        event, problems = self._decode(raw)
        for problem in problems:
            yield Notice(f"line {number}: {problem}")
        yield event

    def _decode(self, raw: bytes) -> tuple[Event, tuple[str, ...]]:
        is_takedown = self.options.records == "takedowns"
        if is_takedown and (withdrawal := _withdrawal(raw)):
            return withdrawal, ()
        try:
            decoded = (self._takedowns if is_takedown else self._listings).decode(raw)
        except RecordError:
            return RawRecord(raw, _unreadable_key(raw) if is_takedown else listing_key(raw)), ()
        record = decoded.record
        listing = record.listing if isinstance(record, Takedown) else record
        if any(image.path is not None for image in listing.images):
            inlined = inline_photos(listing.images, self._folder, self.options.max_record_bytes - len(raw))
            whole = msgspec.structs.replace(listing, images=inlined.images)
            if isinstance(record, Takedown):
                return msgspec.structs.replace(record, listing=whole), inlined.problems
            assert isinstance(whole, ListingEvent)  # noqa: S101  what a takedown holds was handled above
            return whole, inlined.problems
        if decoded.unknown_fields:
            return RawRecord(raw, record.takedown_id if isinstance(record, Takedown) else record.key), ()
        return record, ()


class _Identity(Struct):
    marketplace: Marketplace
    listing_id: Key


def listing_key(raw: bytes) -> str | None:
    """The listing's key, if that much of the line can be read."""
    try:
        identity = msgspec.json.decode(raw, type=_Identity)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return f"{identity.marketplace}:{identity.listing_id}"


def _unreadable_key(raw: bytes) -> str:
    """A key of its own for each broken takedown line: the compacted topic refuses records without one."""
    return f"unreadable:{hashlib.sha256(raw).hexdigest()[:32]}"


def _withdrawal(raw: bytes) -> Withdrawal | None:
    if b'"withdrawn"' not in raw:
        return None
    try:
        return msgspec.json.decode(raw, type=Withdrawal)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


class JsonLinesSinkOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of the sink `jsonlines`."""

    path: str


class JsonLinesSink(Sink[JsonLinesSinkOptions]):
    """Appends one record a line; `flush` returns when the disk has them."""

    name = "jsonlines"
    options_type = JsonLinesSinkOptions

    def __init__(self, options: JsonLinesSinkOptions) -> None:
        super().__init__(options)
        self._file: BinaryIO | None = None

    def open(self) -> None:
        """Open the file, made if there is none. A torn last line, left by a crash, is ended first."""
        path = Path(self.options.path)
        try:
            self._file = path.open("ab+", buffering=0)
            if self._file.seek(0, os.SEEK_END) and self._file.seek(-1, os.SEEK_END) is not None:
                last = self._file.read(1)
                if last != b"\n":
                    self._file.write(b"\n")
        except OSError as error:
            raise AbortError(f"jsonlines: option path: cannot write {path}: {error.strerror}") from None

    def write(self, batch: Sequence[Event]) -> None:
        """All lines in one write, so that a reader who follows sees whole lines; all stay or none."""
        if self._file is None:
            raise AbortError("jsonlines: the sink is not open")
        lines = b"".join(_line(event) + b"\n" for event in batch)
        start = self._file.seek(0, os.SEEK_END)
        try:
            written = 0
            while written < len(lines):
                written += self._file.write(lines[written:]) or 0
        except OSError as error:
            # A full disk leaves half a line; without it, the repetition starts on a clean one. A device
            # or a pipe cannot be cut back, and has its own reader to bear with that.
            with suppress(OSError):
                self._file.truncate(start)
            raise RetryError(f"jsonlines: cannot write {self.options.path}: {error.strerror}") from None

    def flush(self) -> None:
        """Return when the lines are on the disk."""
        if self._file is not None:
            try:
                os.fsync(self._file.fileno())
            except OSError as error:
                raise RetryError(f"jsonlines: cannot flush {self.options.path}: {error.strerror}") from None

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


def _line(event: Event) -> bytes:
    if isinstance(event, RawRecord):
        # Pretty-printed JSON would break into several lines.
        return event.value.replace(b"\r", b" ").replace(b"\n", b" ")
    return msgspec.json.encode(event)
