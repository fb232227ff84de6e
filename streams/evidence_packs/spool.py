"""Bytes put aside in one temporary file without a name, each piece with its digests: gone when the process ends."""

import hashlib
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Piece:
    """Where it is, and what it must be."""

    offset: int
    size: int
    crc: int
    sha256: str


class Spool:
    """A context manager; `folder` is where the file is, which should have room for all that is put."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._end = 0

    def __enter__(self) -> Self:
        """Make the file. Raises OSError."""
        self._file = tempfile.TemporaryFile(dir=self._folder)
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def put(self, raw: bytes) -> Piece:
        """Put it aside. Raises OSError where the disk is full."""
        self._file.seek(self._end)
        self._file.write(raw)
        piece = Piece(self._end, len(raw), zlib.crc32(raw), hashlib.sha256(raw).hexdigest())
        self._end += len(raw)
        return piece

    def get(self, piece: Piece) -> bytes:
        """All of a piece."""
        return b"".join(self.parts(piece))

    def parts(self, piece: Piece) -> Iterator[bytes]:
        """The piece in parts, so that a large one is never whole in memory."""
        at, end = piece.offset, piece.offset + piece.size
        while at < end:
            self._file.seek(at)
            part = self._file.read(min(CHUNK, end - at))
            at += len(part)
            yield part
