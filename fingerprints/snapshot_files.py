"""Files of a snapshot: written once with their length and checksum, and read back only if both are right.

Writing and checking let other threads run: all that is large goes through calls that do not hold the
interpreter.
"""

import mmap
import os
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

CHUNK = 8 * 1024 * 1024
"""Bytes written, read or checked at a time."""

T = TypeVar("T", bound=Struct)


class SnapshotError(Exception):
    """The snapshot is of no use, and why: it is left aside and everything is made anew."""


DAMAGED = (
    msgspec.MsgspecError, ValueError, LookupError, TypeError, OverflowError, RecursionError, MemoryError,
)  # fmt: skip
"""What comes of reading files whose checksums are right and that no program of ours has written: a snapshot that keeps
a worker from starting would do so at every start."""


class Written(Struct, frozen=True):
    """What a file must be: its length in bytes, and the CRC-32 of them (as `zlib.crc32`)."""

    length: int
    crc: int


def write_file(path: Path, parts: Iterable[Any]) -> Written:
    """Write buffers one after another into a new file; not yet forced to the disk.

    Raises:
        OSError: such as a full disk.
    """
    length = crc = 0
    with path.open("xb", buffering=0) as file:
        for part in parts:
            whole = memoryview(part)
            if not whole.nbytes:
                continue
            whole = whole.cast("B")
            for start in range(0, len(whole), CHUNK):
                piece = whole[start : start + CHUNK]
                crc = zlib.crc32(piece, crc)
                length += len(piece)
                while len(piece):
                    piece = piece[file.write(piece) :]
    return Written(length, crc)


def read_file(path: Path, written: Written) -> bytes:
    """All bytes of the file.

    Raises:
        SnapshotError: the file is missing or is not what was written.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SnapshotError(f"{path.name}: {error.strerror}") from None
    if Written(len(raw), zlib.crc32(raw)) != written:
        raise SnapshotError(f"{path.name} has another length or checksum than was written")
    return raw


def map_file(path: Path, written: Written, room: int) -> mmap.mmap:
    """The file's bytes, then zeroes up to `room` bytes: a private copy, made page by page as it is written to.
    The file keeps its bytes and becomes longer by a hole. 0.1 s for 300 MB, where reading them into fresh
    memory took from 0.1 to 1.3 s.

    Raises:
        SnapshotError: the file is missing or is not what was written.
    """
    try:
        with path.open("r+b") as file:
            length = os.fstat(file.fileno()).st_size
            if length < written.length:
                raise SnapshotError(f"{path.name} is shorter than was written")
            if length < room:
                file.truncate(room)
            mapped = mmap.mmap(file.fileno(), room, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)
    except OSError as error:
        raise SnapshotError(f"{path.name}: {error.strerror}") from None
    crc = 0
    whole = memoryview(mapped)
    for start in range(0, written.length, CHUNK):
        crc = zlib.crc32(whole[start : min(start + CHUNK, written.length)], crc)
    if crc != written.crc:
        raise SnapshotError(f"{path.name} has another checksum than was written")
    return mapped


def write_struct(path: Path, record: Struct) -> Written:
    """Write a small record as MessagePack; raises as `write_file`."""
    return write_file(path, [msgspec.msgpack.encode(record)])


def read_struct(path: Path, written: Written, kind: type[T]) -> T:
    """The small record; raises as `read_file`."""
    try:
        return msgspec.msgpack.decode(read_file(path, written), type=kind)
    except DAMAGED as error:
        raise SnapshotError(f"{path.name}: {error}") from None


def force(path: Path) -> None:
    """Return when the file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def link_or_copy(source: Path, target: Path, length: int) -> None:
    """A second name for the file, or where the file system has none, a copy of its first `length` bytes."""
    try:
        target.hardlink_to(source)
    except OSError:
        with source.open("rb", buffering=0) as from_, target.open("xb", buffering=0) as to:
            copy_bytes(from_.fileno(), to.fileno(), length)


def copy_bytes(source: int, target: int, length: int) -> None:
    """Copy the first bytes of one descriptor's file to another's."""
    at = 0
    while at < length:
        got = os.pwrite(target, os.pread(source, min(CHUNK, length - at), at), at)
        if not got:
            raise OSError(f"only {at} of {length} bytes could be copied")
        at += got
