"""A workbook's zip file, judged before anything is unpacked and watched while it is.

Nothing of it is run: macros, formulas and external data are not even read. A zip that lies about its sizes,
names a part twice, is encrypted, or unpacks past the limits is refused as a whole (ECMA-376 part 2 is what a
workbook's package must be; PKWARE's APPNOTE what a zip is).
"""

import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from posixpath import normpath
from typing import BinaryIO, Final

from connectors.takedown_lists.items import ListError
from connectors.takedown_lists.limits import MB, ListLimits, over

DIRECTORY_BYTES: Final = 1024 * 1024
"""Of the zip's directory, some 10,000 parts: `zipfile` holds all of it before it can be asked anything."""
CHUNK: Final = 64 * 1024
RATIO_FROM: Final = 1024 * 1024
"""Unpacked bytes from which a part's ratio is judged: small parts may be mere repetition."""

_END: Final = b"PK\x05\x06"
_END_64_PLACE: Final = b"PK\x06\x07"


class Package:
    """The parts of a workbook by name, unpacked in chunks. Raises ListError where the file is none that is read."""

    def __init__(self, file: BinaryIO, limits: ListLimits) -> None:
        self._limits = limits
        _check_directory(file)
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error) as error:
            raise ListError(f"no workbook that can be opened: {error}") from None
        self._parts: dict[str, zipfile.ZipInfo] = {}
        for part in self._zip.infolist():
            name = part.filename.replace("\\", "/").lstrip("/").casefold()
            if name in self._parts:
                raise ListError("no workbook: its zip file has two parts of one name")
            self._parts[name] = part
        self._left = limits.max_unpacked_mb * MB

    @property
    def names(self) -> tuple[str, ...]:
        """The parts' names in small letters."""
        return tuple(self._parts)

    def has(self, name: str) -> bool:
        """Whether there is such a part."""
        return name.casefold() in self._parts

    def check(self, names: list[str]) -> None:
        """Judge the parts that will be read, by what the zip says of them.

        Raises:
            ListError: together they unpack to more than is allowed, or one is packed like a bomb.
        """
        whole = 0
        for name in names:
            part = self._part(name)
            whole += part.file_size
            ratio = part.file_size / max(part.compress_size, 1)
            if part.file_size > RATIO_FROM and ratio > self._limits.max_ratio:
                raise ListError(
                    over(
                        f"{name} unpacks {ratio:,.0f} times its size, more",
                        "max_ratio",
                        self._limits.max_ratio,
                    )
                )
        if whole > self._limits.max_unpacked_mb * MB:
            raise ListError(
                over(
                    f"the workbook unpacks to {whole / MB:,.0f} MiB, more",
                    "max_unpacked_mb",
                    self._limits.max_unpacked_mb,
                )
            )

    def chunks(self, name: str, *, again: bool = False) -> Iterator[bytes]:
        """A part's bytes. `again`: it was read before, and is not counted a second time.

        Raises:
            ListError: it cannot be unpacked, or what was unpacked in all is past the limit.
        """
        part = self._part(name)
        if part.flag_bits & 0x1:
            raise ListError("the workbook is encrypted: save it without a password")
        try:
            with self._zip.open(part) as unpacked:
                while chunk := unpacked.read(CHUNK):
                    if not again:
                        self._left -= len(chunk)
                    if self._left < 0:
                        limit = self._limits.max_unpacked_mb
                        raise ListError(over("the workbook unpacks to more", "max_unpacked_mb", limit))
                    yield chunk
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            NotImplementedError,
            RuntimeError,
            UnicodeDecodeError,  # the name in front of the part's bytes
            struct.error,
        ) as error:
            raise ListError(f"the workbook is damaged: {name}: {error}") from None

    def _part(self, name: str) -> zipfile.ZipInfo:
        part = self._parts.get(name.casefold())
        if part is None:
            raise ListError(f"no workbook: it has no part {name[:100]!r}")
        return part


def resolved(base: str, target: str) -> str:
    """A relationship's target as a part's name; `base` is the part that it belongs to."""
    if target.startswith("/"):
        return normpath(target).lstrip("/")
    return normpath(f"{base.rpartition('/')[0]}/{target}").lstrip("/")


def relationships_of(name: str) -> str:
    """The name of the part that holds this part's relationships."""
    folder, _, file = name.rpartition("/")
    return f"{folder}/_rels/{file}.rels".lstrip("/")


def _check_directory(file: BinaryIO) -> None:
    """Refuse a directory that would fill the memory when `zipfile` opens it (APPNOTE 4.3.14 to 4.3.16)."""
    size = file.seek(0, os.SEEK_END)
    begin = max(0, size - (1 << 16) - 22 - 20 - 56)
    file.seek(begin)
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or at + 22 > len(tail):
        raise ListError("no workbook: its zip file has no end, it may have been cut off")
    (directory,) = struct.unpack_from("<L", tail, at + 12)
    if at >= 20 and tail.startswith(_END_64_PLACE, at - 20):
        place = at - 20 - 56
        if place < 0:
            raise ListError("no workbook: its zip file has no directory")
        directory = max(
            directory if directory != 0xFFFFFFFF else 0, struct.unpack_from("<Q", tail, place + 40)[0]
        )
    if directory > DIRECTORY_BYTES:
        raise ListError("no workbook: its zip file has more parts than any")
    file.seek(0)
