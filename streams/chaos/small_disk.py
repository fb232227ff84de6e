"""A disk of limited size that can be made full at once, and large again: a tmpfs whose limit is set anew. Root only."""

import contextlib
import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

SPARE_KB = (4, 64, 256, 1024, 4096)
"""Above what is used, tried in turn: a size below what is used is refused, and more may be written meanwhile."""


class DiskError(RuntimeError):
    """The disk cannot be mounted; the message says why."""


def available() -> str | None:
    """Why there is no small disk here, or None."""
    return None if os.geteuid() == 0 and shutil.which("mount") else "a small disk needs root and mount(8)"


class SmallDisk:
    """A tmpfs at `folder` while the context lasts."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.folder, self._megabytes = folder, megabytes

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        _run(
            "mount", "-t", "tmpfs", "-o", f"size={self._megabytes}m,mode=700", "relistwatch", str(self.folder)
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Lazily: a process that was just ended may still hold a file.
        _run("umount", "--lazy", str(self.folder))

    def fill(self) -> int:
        """Nothing fits any more; the bytes that are in use."""
        for spare in SPARE_KB:
            used = shutil.disk_usage(self.folder).used
            with contextlib.suppress(DiskError):
                _run("mount", "-o", f"remount,size={used // 1024 + spare}k", str(self.folder))
                return used
        raise DiskError(f"{self.folder} is written to faster than it can be made small")

    def empty(self) -> None:
        """There is room again."""
        _run("mount", "-o", f"remount,size={self._megabytes}m", str(self.folder))


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)  # noqa: S603
    if done.returncode:
        raise DiskError(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}")
