"""A drop folder: files of JSON lines and CSV, each taken once it is whole, and kept until all of it is delivered.

A file is moved to `done/` only when the sink has acknowledged everything in it; after a crash it is read again
from its beginning, and gives the same events with the same ids. What cannot be read to its end goes to `failed/`
with the reason beside it, once what could be read is delivered.
"""

import os
from collections.abc import Generator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from connectors.csv_options import CsvOptions, check
from connectors.csv_records import CsvRecords
from connectors.csv_rows import CsvError
from connectors.folder_claims import FAILED, DropFolder
from connectors.folder_files import Claim, Found, shown
from connectors.json_records import MAX_RECORD_BYTES, RECORD_ROOM, JsonRecords, RecordKind
from connectors.line_reader import Line, LineReader, TooLong
from connectors.moments import EPOCH
from connectors.sdk import IDLE, AbortError, Context, Item, Notice, RetryError, Skipped, Source, Stop

JSON_ENDINGS = (".jsonl", ".ndjson")
CSV_ENDINGS = (".csv", ".tsv")
BOM = b"\xef\xbb\xbf"
UNMOVED = 64
"""Files that are read and not yet acknowledged; each holds a descriptor."""
ATTEMPTS = 4
"""Readings of a file that keeps changing while it is read."""


class FolderSourceOptions(CsvOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of the source `folder`."""

    path: str
    """The folder. Files ending in .jsonl, .ndjson, .csv and .tsv are taken; others, as photos, are left alone."""
    records: RecordKind = "listings"
    """What the files hold."""
    settle_seconds: Annotated[float, Meta(ge=0)] = 5.0
    """A file is taken when its size and time have not changed for so long."""
    markers: bool = False
    """Take a file at once where a file NAME.done, made after it, stands beside it."""
    markers_only: bool = False
    """Take only files that have such a marker."""
    poll_seconds: Annotated[float, Meta(gt=0)] = 1.0
    """Between two looks at the folder."""
    when_done: Literal["move", "delete"] = "move"
    """What becomes of a file all of which is delivered: to `done/`, or away."""
    once: bool = False
    """End when nothing is left to take."""
    max_record_bytes: Annotated[int, Meta(ge=2)] = MAX_RECORD_BYTES - RECORD_ROOM
    """The longest line or row; photos given by path are taken into the record up to this size."""


class FolderSource(Source[FolderSourceOptions]):
    """A drop folder of JSON-lines and CSV files: the oldest first, each read to its end before the next."""

    name = "folder"
    options_type = FolderSourceOptions

    def __init__(self, options: FolderSourceOptions) -> None:
        super().__init__(options)
        self._folder = DropFolder(options.path, (*JSON_ENDINGS, *CSV_ENDINGS))
        self._read: list[tuple[Claim, str | None]] = []
        """Read to the end and not yet moved, with what was wrong."""
        self._open: Claim | None = None
        self._unmovable: str | None = None
        self._is_open = False
        self._untakable: set[str] = set()

    def open(self, context: Context) -> None:
        """Open the folder; `.taking`, `done` and `failed` are made in it."""
        self.context = context
        check(self.options, self.name)
        self._folder.open()
        self._is_open = True
        self._home = Path(self.options.path).resolve()

    def close(self) -> None:
        """Leave what is not delivered to the next run."""
        self._is_open = False
        for claim, _ in self._read:
            claim.release()
        if self._open is not None:
            self._open.release()
        self._folder.close()

    def acknowledged(self) -> None:
        """Move what was read to its end: all of it is delivered."""
        left: list[tuple[Claim, str | None]] = []
        for claim, why in self._read:
            try:
                if why is None:
                    self._folder.finish(claim, delete=self.options.when_done == "delete")
                else:
                    self._folder.fail(claim, why)
            except OSError as error:
                self._unmovable = f"folder: cannot move {shown(claim.name)}: {error.strerror}"
                left.append((claim, why))
        self._read = left

    def events(self, stop: Stop) -> Iterator[Item]:
        """The files' records, and a look at the folder every `poll_seconds`."""
        if not self._is_open:
            raise AbortError("folder: the source is not open")
        while not stop.is_set():
            options = self.options
            ready, settling = self._folder.ready(
                self.context.clock,
                options.settle_seconds,
                markers=options.markers or options.markers_only,
                unmarked=not options.markers_only,
            )
            for name in self._folder.odd():
                yield Notice(f"{shown(name)} is a link, a pipe or another thing than a file: left alone")
            for found in (*self._folder.left_over(), *ready):
                yield from self._file(found, stop)
                if stop.is_set():
                    return
            yield IDLE
            if self._unmovable:
                message, self._unmovable = self._unmovable, None
                raise RetryError(message)
            if options.once and not settling:
                return
            self.context.clock.wait(stop, options.poll_seconds)

    def _file(self, found: Found, stop: Stop) -> Iterator[Item]:
        """One file, if it is ours to read."""
        try:
            claim = self._folder.claim(found)
        except OSError as error:
            if found.name not in self._untakable:
                self._untakable.add(found.name)
                yield Notice(f"cannot take {shown(found.name)}: {error.strerror}")
            return
        if claim is None:
            return
        self._open = claim
        try:
            why = claim.problem or (yield from self._whole(claim, found, stop))
            if stop.is_set():
                return
            if why is not None:
                yield Skipped(f"{shown(claim.name)}: {why}; the file goes to {FAILED}/")
            self._read.append((claim, why))
            self._open = None
        finally:
            if self._open is claim:
                claim.release()
                self._open = None
        if len(self._read) >= UNMOVED:
            yield IDLE

    def _whole(self, claim: Claim, found: Found, stop: Stop) -> Generator[Item, None, str | None]:
        """The file's items, again where it changes meanwhile: the same events have the same ids."""
        unchanged = found.size, found.modified
        for _ in range(ATTEMPTS):
            if claim.state() != unchanged:
                yield Notice(f"{shown(claim.name)} is still being written to")
                yield IDLE
                self.context.clock.wait(stop, self.options.settle_seconds)
                unchanged = claim.state()
            os.lseek(claim.descriptor, 0, os.SEEK_SET)
            why = yield from self._records(claim, stop)
            if stop.is_set() or claim.state() == unchanged:
                return why
        return f"it changed each of the {ATTEMPTS} times it was read"

    def _records(self, claim: Claim, stop: Stop) -> Generator[Item, None, str | None]:
        """The file's items once; at the end why it could not be read whole, if so."""
        place = shown(claim.name)
        try:
            if claim.name.lower().endswith(CSV_ENDINGS):
                for item in self._csv(claim, place):
                    yield item
                    if stop.is_set():
                        break
                return None
            return (yield from self._lines(claim, place, stop))
        except (CsvError, OverflowError) as error:
            return str(error)
        except OSError as error:
            return f"cannot be read: {error.strerror}"

    def _csv(self, claim: Claim, place: str) -> Iterator[Item]:
        options = self.options
        records = CsvRecords(
            options,
            options.records,
            folder=self._home,
            max_record=options.max_record_bytes,
            file_time=EPOCH + timedelta(microseconds=claim.state()[1] // 1000),
            place=place,
        )
        return records.items(claim.descriptor)

    def _lines(self, claim: Claim, place: str, stop: Stop) -> Generator[Item, None, str | None]:
        records = JsonRecords(self.options.records, self._home, self.options.max_record_bytes)
        too_long: int | None = None
        most = self.options.max_record_bytes
        for line in LineReader(claim.descriptor, max_bytes=most, follow=False).lines(stop):
            match line:
                case Line(number, raw):
                    text = raw.removeprefix(BOM) if number == 1 else raw
                    if text.strip():
                        yield from records.items(f"{place}: line {number}", text)
                case TooLong(number):
                    too_long = too_long or number
        return None if too_long is None else f"line {too_long} is longer than max_record_bytes ({most})"
