"""ZIP archives in one form only: every archive of the same files is the same bytes, and any other byte is an error.

The files are stored, not compressed, in the order of their names, without comments, extra fields, times or data
descriptors (APPNOTE 6.3.10; ZIP64 where more than 65,534 files or 4 GiB ask for it). So a reader can say of every
byte what it must be; nothing can unfold, be there twice, or lie between two files. Any unzip program opens it.

The usual library writes archives in forms that differ between its versions, and reads whatever it can make sense of:
what a proof needs is the opposite of both.
"""

import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO

CHUNK = 1024 * 1024
LONGEST_NAME = 200
MOST_FILES = 1_500_000
LARGEST_FILE = 0xFFFF_FFFE
"""Bytes of one file, so that its own header needs no ZIP64."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*", re.ASCII)
"""No part begins with a dot, so none leads upwards; nothing that any system reads otherwise."""

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR64 = struct.Struct("<4sIQI")
_EXTRA64 = struct.Struct("<2HQ")
_LOCAL_SIGN, _CENTRAL_SIGN, _END_SIGN = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_VERSION, _VERSION64 = 20, 45

_MADE_BY = (3 << 8) | _VERSION64
"""Unix, so that the mode below is read."""
_MODE = 0o100644 << 16
_DATE = (0 << 9) | (1 << 5) | 1
"""1 January 1980, the first that there is: when the pack was made is in its manifest."""


class ZipFormError(ValueError):
    """The archive is not in that form; the message says where."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of the archive. `offset`: of its header."""

    name: str
    size: int
    crc: int
    offset: int


def check_name(name: str) -> str:
    """The name, if the form allows it. Raises ZipFormError."""
    if len(name) > LONGEST_NAME or not NAME.fullmatch(name):
        raise ZipFormError(f"a file may not be called {name[:LONGEST_NAME]!r}")
    return name


class PlainZipWriter:
    """Writes files in the order of their names to `out`, which need not be seekable; then `finish`."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._entries: list[Entry] = []
        self._at = 0

    def add(self, name: str, parts: Iterable[bytes], *, size: int, crc: int) -> None:
        """Add a file of that size and CRC-32.

        Raises:
            ZipFormError: the name is not allowed or not after the last one, or the parts are not what was said.
        """
        check_name(name)
        if self._entries and name <= self._entries[-1].name:
            raise ZipFormError(f"{name} does not come after {self._entries[-1].name}")
        if size > LARGEST_FILE:
            raise ZipFormError(f"{name} has {size} bytes, more than the {LARGEST_FILE} allowed")
        entry = Entry(name, size, crc, self._at)
        self._write(_local_header(entry))
        written, checksum = 0, 0
        for part in parts:
            self._write(part)
            written += len(part)
            checksum = zlib.crc32(part, checksum)
        if (written, checksum) != (size, crc):
            raise ZipFormError(f"{name} changed while it was packed")
        self._entries.append(entry)

    def add_bytes(self, name: str, raw: bytes) -> None:
        """Add a file that is at hand."""
        self.add(name, (raw,), size=len(raw), crc=zlib.crc32(raw))

    def finish(self) -> None:
        """Write the directory. Nothing can be added afterwards."""
        for part in _directory(self._entries, self._at):
            self._write(part)

    def _write(self, part: bytes) -> None:
        self._out.write(part)
        self._at += len(part)


class PlainZipReader:
    """Reads such an archive from its start to its end, once, and holds every byte against what it must be."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._entries: list[Entry] = []
        self._at = 0

    def files(self) -> Iterator[tuple[str, int, Iterator[bytes]]]:
        """Each file's name, size and parts, in order; parts that were not taken are read over. Ends after the
        archive's last byte was seen to be right.

        Raises:
            ZipFormError: a byte is not what it must be.
            OSError: the source cannot be read.
        """
        while (sign := self._read(4, "a header")) == _LOCAL_SIGN:
            entry = self._header(sign)
            parts = self._parts(entry)
            yield entry.name, entry.size, parts
            for _ in parts:
                pass
            self._entries.append(entry)
        self._check_directory(sign)

    def _header(self, sign: bytes) -> Entry:
        start = self._at - len(sign)
        raw = sign + self._read(_LOCAL.size - len(sign), "a header")
        crc, size, length = (_LOCAL.unpack(raw)[number] for number in (6, 7, 9))
        if length > LONGEST_NAME or size > LARGEST_FILE or len(self._entries) >= MOST_FILES:
            raise ZipFormError(f"byte {start}: a header that no pack has")
        raw_name = self._read(length, "a name")
        entry = Entry(check_name(raw_name.decode("ascii", "replace")), size, crc, start)
        if raw + raw_name != _local_header(entry):
            raise ZipFormError(f"{entry.name}: its header at byte {start} was changed")
        if self._entries and entry.name <= self._entries[-1].name:
            raise ZipFormError(f"{entry.name} comes after {self._entries[-1].name}: not in order, or twice")
        return entry

    def _parts(self, entry: Entry) -> Iterator[bytes]:
        left, crc = entry.size, 0
        while left:
            part = self._read(min(left, CHUNK), entry.name)
            left -= len(part)
            crc = zlib.crc32(part, crc)
            yield part
        if crc != entry.crc:
            raise ZipFormError(f"{entry.name} was changed: its checksum is another")

    def _check_directory(self, sign: bytes) -> None:
        if not self._entries:
            raise ZipFormError("it does not begin as a pack does")
        wanted = _directory(self._entries, self._at - len(sign))
        begun = sign
        for part in wanted:
            found = begun + self._read(len(part) - len(begun), "the directory")
            begun = b""
            if found != part:
                raise ZipFormError(f"the directory before byte {self._at} was changed")
        if self._source.read(1):
            raise ZipFormError(f"there is more after the archive's end at byte {self._at}")

    def _read(self, size: int, what: str) -> bytes:
        raw = b""
        while len(raw) < size:
            part = self._source.read(size - len(raw))
            if not part:
                raise ZipFormError(f"the archive ends at byte {self._at + len(raw)}, within {what}")
            raw += part
        self._at += size
        return raw


def _local_header(entry: Entry) -> bytes:
    name = entry.name.encode("ascii", "replace")
    return (
        _LOCAL.pack(_LOCAL_SIGN, _VERSION, 0, 0, 0, _DATE, entry.crc, entry.size, entry.size, len(name), 0)
        + name
    )


def _directory(entries: list[Entry], start: int) -> Iterator[bytes]:
    """The central directory and the end of the archive, in parts."""
    at = start
    for entry in entries:
        name = entry.name.encode("ascii", "replace")
        far = entry.offset >= 0xFFFF_FFFF
        extra = _EXTRA64.pack(1, 8, entry.offset) if far else b""
        part = (
            _CENTRAL.pack(
                _CENTRAL_SIGN, _MADE_BY, _VERSION64 if far else _VERSION, 0, 0, 0, _DATE, entry.crc, entry.size,
                entry.size, len(name), len(extra), 0, 0, 0, _MODE, 0xFFFF_FFFF if far else entry.offset,
            )
            + name
            + extra
        )  # fmt: skip
        at += len(part)
        yield part
    count, length = len(entries), at - start
    if count >= 0xFFFF or length >= 0xFFFF_FFFF or start >= 0xFFFF_FFFF:
        yield _END64.pack(
            b"PK\x06\x06", _END64.size - 12, _MADE_BY, _VERSION64, 0, 0, count, count, length, start
        )
        yield _LOCATOR64.pack(b"PK\x06\x07", 0, at, 1)
    shown, at_most = min(count, 0xFFFF), 0xFFFF_FFFF
    yield _END.pack(_END_SIGN, 0, 0, shown, shown, min(length, at_most), min(start, at_most), 0)
