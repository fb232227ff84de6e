"""Photos in a local folder: `ab/cd/abcd...`, written whole or not at all, and checked whenever they are read.

Only the owner may read it: it holds what people published and took back. Below the root no symbolic link is
followed: each folder is opened from the one above it.
"""

import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

from streams.photos.store import (
    PhotoStore,
    StoredPhoto,
    StoreError,
    StoreFullError,
    checked_digest,
    digest_of,
)

FOLDER_MODE = 0o700
FILE_MODE = 0o600
RECOUNT_SECONDS = 3600.0
"""Between two counts of what is there: other processes put and prune too."""
STALE_SECONDS = 3600.0
"""An unfinished file of this age was left by a process that was killed."""
_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: a pipe that somebody put there must not hold us up.
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_PAIR = re.compile(r"[0-9a-f]{2}", re.ASCII)
_UNFINISHED = ".unfinished-"


class FolderStore(PhotoStore):
    """Photos below `root`, which is made when the first is put. `max_bytes`: all together, 0 for no limit;
    `max_photo`: a file that is larger is no photo of ours.

    A photo survives the end of the process at any byte; a power failure may take those of the last seconds, since
    the disk is not waited for. What is torn by it is not given out, and mended when it is put again.
    """

    def __init__(self, root: Path, *, max_bytes: int = 0, max_photo: int) -> None:
        self._root = root
        self.place = str(root)
        self._max_bytes = max_bytes
        self._max_photo = max_photo
        self._held = 0
        self._count_due = 0.0

    def put(self, raw: bytes) -> str:
        """Keep it; known photos cost a read."""
        sha256 = digest_of(raw)
        try:
            with self._folder_of(sha256, make=True) as folder:
                if not self._refreshed(folder, sha256, raw):
                    self._check_room(len(raw))
                    self._write(folder, sha256, raw)
                    self._held += len(raw)
        except OSError as error:
            raise StoreError(f"cannot keep a photo in {self.place}: {error.strerror}") from error
        return sha256

    def get(self, sha256: str) -> bytes | None:
        """The photo, if its bytes are still those it was named for."""
        checked_digest(sha256)
        try:
            with self._folder_of(sha256, make=False) as folder:
                raw = self._read(folder, sha256)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise StoreError(f"cannot read {self.place}: {error.strerror}") from error
        return raw if raw is not None and digest_of(raw) == sha256 else None

    def entries(self) -> Iterator[StoredPhoto]:
        """All files that are named like photos; unfinished ones of long ago are removed on the way."""
        try:
            root = os.open(self._root, _OPEN_FOLDER & ~os.O_NOFOLLOW)
        except FileNotFoundError:
            return
        except OSError as error:
            raise StoreError(f"cannot read {self.place}: {error.strerror}") from error
        try:
            for first in _pairs(root):
                with _below(root, first) as upper:
                    for second in _pairs(upper) if upper is not None else ():
                        with _below(upper or -1, second) as folder:
                            if folder is not None:
                                yield from _photos_in(folder, first + second)
        except OSError as error:
            raise StoreError(f"cannot read {self.place}: {error.strerror}") from error
        finally:
            os.close(root)

    def delete(self, sha256: str, *, kept_before: datetime) -> bool:
        """Remove it, if nobody put it again since."""
        checked_digest(sha256)
        try:
            with self._folder_of(sha256, make=False) as folder:
                found = os.stat(sha256, dir_fd=folder, follow_symlinks=False)
                if found.st_mtime >= kept_before.timestamp():
                    return False
                os.unlink(sha256, dir_fd=folder)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise StoreError(f"cannot remove a photo from {self.place}: {error.strerror}") from error
        return True

    @contextmanager
    def _folder_of(self, sha256: str, *, make: bool) -> Iterator[int]:
        """The folder of a photo, opened step by step from the root."""
        if make:
            self._root.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        # The root itself may be a link: an operator's choice of disk.
        opened = [os.open(self._root, _OPEN_FOLDER & ~os.O_NOFOLLOW)]
        try:
            for name in (sha256[:2], sha256[2:4]):
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(name, FOLDER_MODE, dir_fd=opened[-1])
                opened.append(os.open(name, _OPEN_FOLDER, dir_fd=opened[-1]))
            yield opened[-1]
        finally:
            for descriptor in opened:
                os.close(descriptor)

    def _refreshed(self, folder: int, sha256: str, raw: bytes) -> bool:
        """Whether it is there unchanged; then it counts as put now."""
        if self._read(folder, sha256) != raw:
            return False
        os.utime(sha256, dir_fd=folder, follow_symlinks=False)
        return True

    def _read(self, folder: int, sha256: str) -> bytes | None:
        try:
            descriptor = os.open(sha256, _READ, dir_fd=folder)
        except FileNotFoundError:
            return None
        except OSError:
            # A symbolic link (ELOOP), a file we may not read: not the photo.
            return None
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode) or found.st_size > self._max_photo:
                return None
            return file.read(self._max_photo + 1)

    @staticmethod
    def _write(folder: int, sha256: str, raw: bytes) -> None:
        unfinished = f"{_UNFINISHED}{secrets.token_hex(8)}"
        try:
            with os.fdopen(os.open(unfinished, _WRITE, FILE_MODE, dir_fd=folder), "wb") as file:
                file.write(raw)
            # Replaces whatever bears the name, a link itself and not what it points to.
            os.rename(unfinished, sha256, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with suppress(OSError):
                os.unlink(unfinished, dir_fd=folder)
            raise

    def count(self) -> int:
        """The bytes of all photos, counted now: a million photos take some seconds."""
        self._held = sum(entry.size for entry in self.entries())
        return self._held

    def _check_room(self, wanted: int) -> None:
        if not self._max_bytes:
            return
        if time.monotonic() >= self._count_due:
            self._count_due = time.monotonic() + RECOUNT_SECONDS
            # Beside the work: until it is done, the last count and what was put since are gone by.
            Thread(target=self._recount, name="photo-count", daemon=True).start()
        if self._held + wanted > self._max_bytes:
            raise StoreFullError(f"{self.place} holds {self._held} bytes of the {self._max_bytes} allowed")

    def _recount(self) -> None:
        # Unreadable now: whoever puts will be told so, and the next count is due in a while.
        with suppress(StoreError):
            self.count()


def _pairs(folder: int) -> list[str]:
    return sorted(name for name in os.listdir(folder) if _PAIR.fullmatch(name))


@contextmanager
def _below(folder: int, name: str) -> Iterator[int | None]:
    """The folder of that name; None where it is none, or is gone."""
    try:
        descriptor = os.open(name, _OPEN_FOLDER, dir_fd=folder)
    except (FileNotFoundError, NotADirectoryError):
        descriptor = None
    except OSError:
        # A link where a folder should be.
        descriptor = None
    try:
        yield descriptor
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _photos_in(folder: int, prefix: str) -> Iterator[StoredPhoto]:
    for name in os.listdir(folder):
        try:
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            continue
        if name.startswith(_UNFINISHED):
            if time.time() - found.st_mtime > STALE_SECONDS:
                with suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=folder)
        elif len(name) == 64 and name.startswith(prefix) and stat.S_ISREG(found.st_mode):
            yield StoredPhoto(name, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))
