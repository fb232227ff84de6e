"""A file that is only appended to: each write whole or not at all, and safe on the disk when flushed."""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from connectors.sdk import AbortError, RetryError

_NO_DISK = (errno.EINVAL, errno.EROFS, errno.ENOTSUP)
"""What fsync says of a pipe, a terminal or a device, which has no disk to be safe on."""


class AppendFile:
    """Appends to `path`, made if there is none. `sink` begins every message."""

    def __init__(self, path: str, sink: str) -> None:
        self._path = path
        self._sink = sink
        self._file: BinaryIO | None = None

    @property
    def file(self) -> BinaryIO:
        """The open file, to look at what an earlier run left.

        Raises:
            AbortError: it is not open.
        """
        if self._file is None:
            raise AbortError(f"{self._sink}: the sink is not open")
        return self._file

    def open(self) -> None:
        """Open the file.

        Raises:
            AbortError: it cannot be opened for writing.
        """
        try:
            self._file = Path(self._path).open("ab+", buffering=0)  # noqa: SIM115  close() closes it
        except OSError as error:
            raise AbortError(
                f"{self._sink}: option path: cannot write {self._path}: {error.strerror}"
            ) from None

    def ends_torn(self) -> bool:
        """Whether the last line, as after a crash, has no line end. A pipe or a device never has."""
        file = self.file
        try:
            if not file.seek(0, os.SEEK_END):
                return False
            file.seek(-1, os.SEEK_END)
            return file.read(1) != b"\n"
        except OSError:
            return False

    def append(self, data: bytes) -> None:
        """All of it in one go, so that a reader who follows sees whole lines.

        Raises:
            RetryError: nothing of it stays.
        """
        file = self.file
        start = self._end()
        try:
            written = 0
            while written < len(data):
                written += file.write(data[written:]) or 0
        except OSError as error:
            # A full disk leaves half a line; without it, the repetition starts on a clean one. A device
            # or a pipe cannot be cut back, and has its own reader to bear with that.
            with suppress(OSError):
                file.truncate(start)
            raise RetryError(f"{self._sink}: cannot write {self._path}: {error.strerror}") from None

    def _end(self) -> int:
        try:
            return self.file.seek(0, os.SEEK_END)
        except OSError:
            return 0

    def flush(self) -> None:
        """Return when what was appended is on the disk.

        Raises:
            RetryError: the disk did not take it.
        """
        if self._file is not None:
            try:
                os.fsync(self._file.fileno())
            except OSError as error:
                if error.errno in _NO_DISK and not stat.S_ISREG(os.fstat(self._file.fileno()).st_mode):
                    return
                raise RetryError(f"{self._sink}: cannot flush {self._path}: {error.strerror}") from None

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
