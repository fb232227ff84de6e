"""A folder of one worker's own, though several share `data_dir`, and in it at most one snapshot that counts.

`<data_dir>/takedown-bank/<topic>/<number>/`
- `lock`: held (flock) as long as the worker lives; each worker takes the lowest number that is free.
- `store/`: the files of the running worker; made anew at each start.
- `snapshot-<n>/`: the newest counts. Written as `writing/`, forced to the disk, then renamed.
"""

import fcntl
import itertools
import os
import shutil
import time
from pathlib import Path
from typing import IO, Self
from urllib.parse import quote

from fingerprints.snapshot_files import force

LEFT_SECONDS = 24 * 3600.0
"""After this long the files of a worker that did not come back are removed."""


class SnapshotFolder:
    """Taken from `take` until `close`.

    Raises:
        OSError: from every method: the folder cannot be written to, or the disk is full.
    """

    def __init__(self, folder: Path, lock: IO[bytes]) -> None:
        self.folder = folder
        self._lock = lock

    @classmethod
    def take(cls, data_dir: str, topic: str) -> Self:
        """The first folder that no other worker holds, without what a killed one left half written."""
        root = Path(data_dir).expanduser() / "takedown-bank" / quote(topic, safe="")
        for number in itertools.count():
            taken = cls._try(root / str(number))
            if taken is not None:
                os.utime(taken.folder / "lock")
                taken._remove("writing")
                cls._tidy(root, number)
                return taken
        raise AssertionError  # pragma: no cover  numbers do not end

    @classmethod
    def _try(cls, folder: Path) -> Self | None:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return None
        return cls(folder, lock)

    @classmethod
    def _tidy(cls, root: Path, own: int) -> None:
        """Remove the files of workers that are gone for good; there were more of them once."""
        for path in root.iterdir():
            if not path.name.isdecimal() or path.name == str(own):
                continue
            if time.time() - (path / "lock").stat().st_mtime < LEFT_SECONDS:
                continue
            left = cls._try(path)
            if left is not None:
                for name in ("store", "writing", *left._snapshots()):
                    left._remove(name)
                left._lock.close()

    @property
    def store(self) -> Path:
        """Where the running worker's own files are."""
        return self.folder / "store"

    def empty_store(self) -> None:
        """A folder `store` without anything in it."""
        self._remove("store")
        self.store.mkdir()

    def newest(self) -> Path | None:
        """The snapshot that counts. An older one that a crash left beside it does not: its rows may have been
        written over."""
        names = self._snapshots()
        return self.folder / names[-1] if names else None

    def begin(self) -> Path:
        """An empty folder to write the next snapshot into."""
        self._remove("writing")
        path = self.folder / "writing"
        path.mkdir()
        return path

    def finish(self) -> Path:
        """What was written is the newest snapshot from now on, and the only one."""
        before = self._snapshots()
        number = int(before[-1].removeprefix("snapshot-")) + 1 if before else 1
        path = self.folder / f"snapshot-{number:06}"
        force(self.folder / "writing")
        (self.folder / "writing").rename(path)
        force(self.folder)
        for name in before:
            self._remove(name)
        return path

    def give_up(self) -> None:
        """Remove what was written so far."""
        self._remove("writing")

    def close(self) -> None:
        """Let another worker have the folder; the snapshot stays."""
        os.utime(self.folder / "lock")
        self._lock.close()

    def _snapshots(self) -> list[str]:
        """Names, the newest last."""
        return sorted(path.name for path in self.folder.glob("snapshot-??????"))

    def _remove(self, name: str) -> None:
        shutil.rmtree(self.folder / name, ignore_errors=True)
