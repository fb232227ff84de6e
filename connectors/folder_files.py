"""Files in a drop folder: one that was found, one that is claimed."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """A regular file in the folder. It is the same, unchanged, while all of this is equal."""

    name: str
    size: int
    modified: int
    """Nanoseconds since 1970."""
    inode: int
    token: str | None = None
    """Where in `.taking` it lies, if it was taken before and not finished."""

    @property
    def order(self) -> tuple[int, bytes]:
        """Oldest first, then by name."""
        return self.modified, os.fsencode(self.name)


@dataclass(eq=False, slots=True)
class Claim:
    """A file that is ours: open and locked, or why it cannot be read."""

    token: str
    name: str
    descriptor: int = -1
    problem: str | None = None

    @property
    def path(self) -> str:
        """Within `.taking`."""
        return f"{self.token}/{self.name}"

    def state(self) -> tuple[int, int]:
        """Size, and time of the last change in nanoseconds."""
        held = os.fstat(self.descriptor)
        return held.st_size, held.st_mtime_ns

    def release(self) -> None:
        """Let others have it."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def shown(name: str) -> str:
    """A file's name as it may stand in a message: what cannot be printed, or is no text, is escaped."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in name)
