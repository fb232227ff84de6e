"""A backup of topics as a file: gzip, one JSON object a line, the last with a digest of all before it.

The lines, by their `kind`: one `backup`, which says what it is of; then `place`s, how far groups were; then `record`s,
their key, value and headers byte for byte (base64); then one `end`. A file without that is a backup that was cut off.
"""

import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import msgspec
from msgspec import Struct

FORMAT = 1
LEVEL = 3
"""Of gzip: base64 of photos and fingerprints hardly gets smaller with more."""
LONGEST_LINE = 64 * 1024 * 1024


class BackupError(RuntimeError):
    """The file is no whole backup, or cannot be used here; the message says which and what to do."""


class About(Struct, frozen=True, kw_only=True, tag_field="kind", tag="backup"):
    """What the file is of. `partitions`: of each topic in it, by its name without prefix and generation."""

    format: int
    taken_at: datetime
    version: str
    cluster_id: str
    prefix: str
    generation: int
    partitions: Mapping[str, int]


class GroupPlace(Struct, frozen=True, tag_field="kind", tag="place"):
    """The next offset of a group. `group`: what follows `kafka.group` in its name."""

    group: str
    topic: str
    partition: int
    offset: int


class KeptRecord(Struct, frozen=True, tag_field="kind", tag="record", omit_defaults=True):
    """A record as Kafka gave it. `timestamp`: in milliseconds since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None = None
    value: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()


class End(Struct, frozen=True, tag_field="kind", tag="end"):
    """`sha256`: of all lines before, each with its line feed, as they were before gzip."""

    records: int
    sha256: str


Line = About | GroupPlace | KeptRecord | End
_decoder = msgspec.json.Decoder(Line)


class BackupWriter:
    """Writes a backup beside `path` and renames it when it is whole; readable for its owner alone, since it holds all
    that the topics do. A context manager; `end` makes it whole.

    Raises:
        OSError: such as a full disk.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._partial = path, path.with_name(path.name + ".partial")
        self._digest = hashlib.sha256()
        self.records = 0

    def __enter__(self) -> Self:
        self._raw: IO[bytes] = os.fdopen(
            os.open(self._partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb"
        )
        self._file = gzip.GzipFile(fileobj=self._raw, mode="wb", compresslevel=LEVEL, mtime=0, filename="")
        return self

    def write(self, line: About | GroupPlace | KeptRecord) -> None:
        """Put one line at the end."""
        raw = msgspec.json.encode(line) + b"\n"
        self._digest.update(raw)
        self._file.write(raw)
        self.records += isinstance(line, KeptRecord)

    def end(self) -> End:
        """Finish: from here on the file is there under its name, and on the disk."""
        end = End(self.records, self._digest.hexdigest())
        self._file.write(msgspec.json.encode(end) + b"\n")
        self._file.close()
        self._raw.flush()
        os.fsync(self._raw.fileno())
        self._raw.close()
        self._partial.replace(self._path)
        return end

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Before what it writes to; a disk that is full has been told of already.
        with suppress(OSError):
            self._file.close()
        self._raw.close()
        self._partial.unlink(missing_ok=True)


def verified(path: Path) -> tuple[About, End]:
    """What the file says of itself, when all of it was read and is as it was written.

    Raises:
        BackupError: it is damaged, cut off, or something else.
        OSError: it cannot be read.
    """
    about: About | None = None
    digest, records = hashlib.sha256(), 0
    for raw, line in _lines(path):
        if isinstance(line, End):
            if about is None or (line.records, line.sha256) != (records, digest.hexdigest()):
                raise BackupError(f"{path}: damaged, its digest is another")
            return about, line
        if about is None:
            if not isinstance(line, About):
                raise BackupError(f"{path}: no backup of topics")
            if line.format != FORMAT:
                raise BackupError(f"{path}: of format {line.format}, which this program does not know")
            about = line
        digest.update(raw)
        records += isinstance(line, KeptRecord)
    raise BackupError(f"{path}: cut off, its last line is missing")


def read_lines(path: Path) -> Iterator[Line]:
    """The lines of a file that was verified.

    Raises:
        BackupError: it is damaged.
        OSError: it cannot be read.
    """
    return (line for _, line in _lines(path))


def _lines(path: Path) -> Iterator[tuple[bytes, Line]]:
    try:
        with gzip.open(path, "rb") as file:
            while raw := file.readline(LONGEST_LINE):
                yield raw, _decoder.decode(raw)
    except (EOFError, zlib.error, gzip.BadGzipFile, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BackupError(f"{path}: damaged or no backup of topics ({error})") from None
