"""One process at a time changes a folder."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

LOCK_FILE = "changing.lock"


@contextlib.contextmanager
def changing(folder: Path) -> Iterator[None]:
    """Only one process at a time is in here with this folder, which is made if it is not there; others wait."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK_FILE).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
