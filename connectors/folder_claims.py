"""A folder that files are dropped into: which are ready, and taking one so that nobody else has it.

A file is claimed by renaming it into `.taking/TOKEN/`, and belongs to whoever holds the lock (flock) on it. The
system lets go of the lock when a process dies, however it dies, so what it was reading is free for the next.
Everything goes through descriptors of the folders: a link put in their place leads nowhere.
"""

import errno
import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import suppress

from connectors.clock import Clock
from connectors.folder_files import Claim, Found
from connectors.sdk import AbortError

TAKING, DONE, FAILED = ".taking", "done", "failed"
UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart", "~")
"""What programs end the names of files that they are still writing with."""
MARKER = ".done"
_NO_LINK = (errno.EEXIST, errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS, errno.ENAMETOOLONG)
"""The name is taken, or the file system has no hard links."""


class DropFolder:
    """One folder. `endings`: of the names that are taken, in small letters."""

    def __init__(self, path: str, endings: tuple[str, ...]) -> None:
        self._path = path
        self._endings = endings
        self._folders: dict[str, int] = {}
        self._sightings: dict[str, tuple[Found, float]] = {}
        self._told: set[str] = set()

    def open(self) -> None:
        """Open the folder and those within, made if missing.

        Raises:
            AbortError: one is missing, no folder, a link, not writable, or on another file system.
        """
        place = self._path
        try:
            self._folders[""] = root = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
            for name in (TAKING, DONE, FAILED):
                place = f"{self._path}/{name}"
                with suppress(FileExistsError):
                    os.mkdir(name, dir_fd=root)
                self._folders[name] = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=root)
                if os.fstat(self._folders[name]).st_dev != os.fstat(root).st_dev:
                    raise AbortError(
                        f"folder: {place} is on another file system, where no file can be moved to"
                    )
        except OSError as error:
            raise AbortError(f"folder: option path: cannot use {place}: {error.strerror}") from None

    def close(self) -> None:
        """Close the folders."""
        while self._folders:
            os.close(self._folders.popitem()[1])

    def ready(self, clock: Clock, settle: float, *, markers: bool, unmarked: bool) -> tuple[list[Found], int]:
        """The files that may be taken, oldest first, and how many more are still settling.

        A file is ready when it has not changed for `settle` seconds (without `unmarked`: never so), or, with
        `markers`, at once when there is a NAME.done that is no older than it: an older one is another file's.
        """
        found, marked = self._look()
        moment = clock.monotonic()
        before, self._sightings = self._sightings, {}
        ready: list[Found] = []
        for each in found:
            seen, since = before.get(each.name, (each, moment))
            since = since if seen == each else moment
            self._sightings[each.name] = each, since
            is_marked = markers and marked.get(each.name + MARKER, -1) >= each.modified
            if is_marked or (unmarked and moment - since >= settle):
                ready.append(each)
        waiting = len(found) - len(ready) if unmarked else 0
        return sorted(ready, key=lambda each: each.order), waiting

    def odd(self) -> list[str]:
        """Names that would be taken if they were files, and are links, pipes or such; each is told once."""
        odd = {
            name
            for name, status in self._entries("")
            if self._is_wanted(name) and not stat.S_ISREG(status.st_mode)
        }
        new = sorted(odd - self._told)
        self._told = odd
        return new

    def claim(self, found: Found) -> Claim | None:
        """Take the file; None where somebody else has it.

        Raises:
            OSError: it cannot be moved.
        """
        if found.token is not None:
            return self._locked(Claim(found.token, found.name))
        claim = Claim(secrets.token_hex(8), found.name)
        taking = self._folders[TAKING]
        os.mkdir(claim.token, dir_fd=taking)
        try:
            os.rename(found.name, claim.path, src_dir_fd=self._folders[""], dst_dir_fd=taking)
        except FileNotFoundError:
            self._drop_token(claim.token)
            return None
        except OSError:
            self._drop_token(claim.token)
            raise
        # After the file: were it the other way round, a crash between the two would leave a file without a mark.
        with suppress(OSError):
            os.unlink(found.name + MARKER, dir_fd=self._folders[""])
        return self._locked(claim)

    def left_over(self) -> list[Found]:
        """What was taken and is not finished, oldest first. Some of it may be in work; `claim` finds out."""
        found: list[Found] = []
        for token, status in self._entries(TAKING):
            if not stat.S_ISDIR(status.st_mode):
                continue
            names = self._names_within(token)
            if not names:
                self._drop_token(token)
            for name in names:
                with suppress(OSError):
                    held = os.stat(f"{token}/{name}", dir_fd=self._folders[TAKING], follow_symlinks=False)
                    found.append(Found(name, held.st_size, held.st_mtime_ns, held.st_ino, token))
        return sorted(found, key=lambda each: each.order)

    def finish(self, claim: Claim, *, delete: bool) -> None:
        """Everything of it is acknowledged: to `done/`, or away.

        Raises:
            OSError: it cannot be moved; it stays claimed.
        """
        if delete:
            with suppress(FileNotFoundError):
                os.unlink(claim.path, dir_fd=self._folders[TAKING])
            self._drop_token(claim.token)
        else:
            self._move(claim, DONE)
        claim.release()

    def fail(self, claim: Claim, why: str) -> None:
        """It cannot be read to its end: to `failed/`, with `NAME.why` beside it.

        Raises:
            OSError: it cannot be moved; it stays claimed.
        """
        name = self._move(claim, FAILED)
        reason = f"{why}\n".encode(errors="backslashreplace")
        with suppress(OSError):
            try:
                self._write(f"{name}.why", reason)
            except OSError as error:
                if error.errno != errno.ENAMETOOLONG:
                    raise
                self._write(f"{claim.token}.why", os.fsencode(name) + b"\n" + reason)
        claim.release()

    def _write(self, name: str, text: bytes) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        descriptor = os.open(name, flags, 0o666, dir_fd=self._folders[FAILED])
        try:
            os.write(descriptor, text)
        finally:
            os.close(descriptor)

    def _move(self, claim: Claim, to: str) -> str:
        """Move it under its own name, or where that is taken under its token; the name that it has there."""
        taking, target = self._folders[TAKING], self._folders[to]
        try:
            # A rename would replace an earlier file of that name.
            os.link(claim.path, claim.name, src_dir_fd=taking, dst_dir_fd=target, follow_symlinks=False)
        except OSError as error:
            if error.errno == errno.ENOENT and not self._is_there(claim):
                return claim.name  # Somebody took it away by hand.
            if error.errno not in _NO_LINK:
                raise
            os.rename(claim.token, claim.token, src_dir_fd=taking, dst_dir_fd=target)
            return claim.token
        os.unlink(claim.path, dir_fd=taking)
        self._drop_token(claim.token)
        return claim.name

    def _is_there(self, claim: Claim) -> bool:
        try:
            os.stat(claim.path, dir_fd=self._folders[TAKING], follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def _locked(self, claim: Claim) -> Claim | None:
        taking = self._folders[TAKING]
        try:
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
            claim.descriptor = os.open(claim.path, flags, dir_fd=taking)
            held = os.fstat(claim.descriptor)
            if not stat.S_ISREG(held.st_mode):
                claim.problem = "not a regular file"
                return claim
            fcntl.flock(claim.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            there = os.stat(claim.path, dir_fd=taking, follow_symlinks=False)
        except (FileNotFoundError, BlockingIOError):
            claim.release()
            return None
        except OSError as error:
            claim.problem = f"cannot be opened: {error.strerror}"
            return claim
        if (there.st_dev, there.st_ino) != (held.st_dev, held.st_ino):
            claim.release()
            return None
        return claim

    def _look(self) -> tuple[list[Found], dict[str, int]]:
        """The files that may be taken, and the markers with their times."""
        found: list[Found] = []
        markers: dict[str, int] = {}
        for name, status in self._entries(""):
            if not stat.S_ISREG(status.st_mode):
                continue
            if name.endswith(MARKER):
                markers[name] = status.st_mtime_ns
            elif self._is_wanted(name):
                found.append(Found(name, status.st_size, status.st_mtime_ns, status.st_ino))
        return found, markers

    def _is_wanted(self, name: str) -> bool:
        return (
            not name.startswith(".")
            and not name.endswith(UNFINISHED)
            and name.lower().endswith(self._endings)
        )

    def _entries(self, folder: str) -> Iterator[tuple[str, os.stat_result]]:
        with os.scandir(self._folders[folder]) as entries:
            for entry in entries:
                # One that went away meanwhile is somebody else's.
                with suppress(FileNotFoundError):
                    yield entry.name, entry.stat(follow_symlinks=False)

    def _names_within(self, token: str) -> list[str]:
        try:
            descriptor = os.open(
                token, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=self._folders[TAKING]
            )
        except OSError:
            return []
        try:
            return sorted(os.listdir(descriptor), key=os.fsencode)  # noqa: PTH208  a Path has no descriptor
        finally:
            os.close(descriptor)

    def _drop_token(self, token: str) -> None:
        with suppress(OSError):
            os.rmdir(token, dir_fd=self._folders[TAKING])
