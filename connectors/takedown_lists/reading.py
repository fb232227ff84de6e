"""A list from a file or standard input: copied once with its digest, then read as what its bytes are."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, Final, Literal, cast

from msgspec import Struct

from connectors.takedown_lists.csv_list import CsvError, csv_rows
from connectors.takedown_lists.email_list import email_items
from connectors.takedown_lists.headers import tidy
from connectors.takedown_lists.items import Item, ListError, Remark
from connectors.takedown_lists.limits import MB, ListLimits, over
from connectors.takedown_lists.list_kinds import REFUSED, Kind, kind_of
from connectors.takedown_lists.table import Table
from connectors.takedown_lists.text_list import decoded, text_items
from connectors.takedown_lists.xlsx_list import xlsx_items

CHUNK: Final = 1 << 20
NAME_CHARS: Final = 200


class TakedownList(Struct):
    """A list that is open for reading. `sha256` is of its bytes as they came, in hex."""

    name: str
    sha256: str
    kind: Kind
    file: BinaryIO
    limits: ListLimits

    def items(self) -> Iterator[Item]:
        """Its mentions, rejects and remarks, in its order.

        Raises:
            ListError: it cannot be read, or is past a limit; what came before may not be taken for all of it.
        """
        yield from _items(self.file, self.kind, self.limits, depth=0)


@contextmanager
def open_list(path: str, limits: ListLimits, kind: Kind | Literal["auto"] = "auto") -> Iterator[TakedownList]:
    """Open the list at `path`, or standard input for `-`.

    Raises:
        ListError: it is past the limit, or of a kind that is not read.
        OSError: the file cannot be read.
    """
    with TemporaryFile() as copy:
        digest = _copied(path, copy, limits)
        copy.seek(0)
        name = "standard input" if path == "-" else tidy(Path(path).name)[:NAME_CHARS] or "unnamed"
        known = kind_of(copy.read(4096), name) if kind == "auto" else kind
        if known in REFUSED:
            raise ListError(REFUSED[known])
        yield TakedownList(name, digest, cast("Kind", known), copy, limits)


def _copied(path: str, copy: BinaryIO, limits: ListLimits) -> str:
    """A copy, so that what was digested is what is read, whatever happens to the file meanwhile."""
    most = limits.max_file_mb * MB
    if path != "-" and Path(path).is_dir():
        raise ListError("a folder is no list")
    descriptor = os.dup(0) if path == "-" else os.open(path, os.O_RDONLY)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        told = os.fstat(descriptor)
        if stat.S_ISREG(told.st_mode) and told.st_size > most:
            size = f"a file of {told.st_size / MB:,.0f} MiB, more"
            raise ListError(over(size, "max_file_mb", limits.max_file_mb, " MiB"))
        digest = hashlib.sha256()
        size_read = 0
        while chunk := file.read(CHUNK):
            size_read += len(chunk)
            if size_read > most:
                raise ListError(over("a larger file", "max_file_mb", limits.max_file_mb, " MiB"))
            digest.update(chunk)
            copy.write(chunk)
    copy.flush()
    return digest.hexdigest()


def _items(file: BinaryIO, kind: Kind, limits: ListLimits, *, depth: int) -> Iterator[Item]:
    file.seek(0)
    if kind == "xlsx":
        yield from xlsx_items(file, limits)
    elif kind == "csv":
        try:
            yield from Table(limits).items(csv_rows(file, limits))
        except CsvError as error:
            yield Remark(f"no CSV ({error}): read as plain text")
            yield from _items(file, "text", limits, depth=depth)
    elif kind == "email":
        yield from email_items(file.read(), limits, lambda raw, name: _attached(raw, name, limits, depth + 1))
    else:
        yield from text_items(decoded(file.read()), limits)


def _attached(raw: bytes, name: str, limits: ListLimits, depth: int) -> Iterator[Item]:
    kind = kind_of(raw[:4096], name)
    if kind in REFUSED or depth > 1 or not _is_list(kind, name):
        yield Remark(f"attachment {name[:NAME_CHARS]}: not read")
        return
    yield Remark(f"attachment {name[:NAME_CHARS]}: read as {kind}")
    with TemporaryFile() as copy:
        copy.write(raw)
        copy.flush()
        yield from _items(copy, cast("Kind", kind), limits, depth=depth)


def _is_list(kind: str, name: str) -> bool:
    """Text is what most things are not: it goes by the name."""
    return kind in {"xlsx", "csv", "email"} or name.casefold().endswith((".txt", ".text", ".htm", ".html"))
