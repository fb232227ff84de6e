"""A photo child whose photos hang it, crash it, fill its memory or make it lie: run by the pool's tests."""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable

from fingerprints.photo_print import PhotoPrint, print_of_bytes
from streams.photos.child import main
from streams.photos.process import LONGEST_REPLY


def busy() -> None:
    while True:
        pass


def prints() -> None:
    os.write(1, b"chatter of some library\n" * 1000)
    sys.stdout.write("more of it")


def environment() -> None:
    assert not [name for name in os.environ if "SECRET" in name or name.startswith("RELISTWATCH")]


def bug() -> None:
    raise KeyError("a mistake of ours")


def killed_once(marker: bytes) -> None:
    if not os.path.exists(marker):  # noqa: PTH110  bytes
        os.close(os.open(marker, os.O_CREAT))
        os.kill(os.getpid(), signal.SIGKILL)


DEEDS: dict[bytes, Callable[[], object]] = {
    b"hang": lambda: time.sleep(3600),
    b"slow": lambda: time.sleep(0.4),
    b"busy": busy,
    b"segfault": lambda: ctypes.string_at(0),
    b"killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    b"exit": lambda: sys.exit(0),
    b"bug": bug,
    b"memory": lambda: bytes(1 << 40),
    b"prints": prints,
    b"environment": environment,
}
LIES = {
    b"lies": PhotoPrint(b"too short", bytes(32)),
    b"too many points": PhotoPrint(bytes(32), bytes(32), points=bytes(100_000)),
    b"a huge thumbnail": PhotoPrint(bytes(32), bytes(32), thumbnail=bytes(100_000)),
    b"no size": PhotoPrint(bytes(32), bytes(32), width=0),
    b"floods": PhotoPrint(bytes(32), bytes(32), thumbnail=bytes(2 * LONGEST_REPLY)),
}
KILLED_ONCE = b"killed once "


def hostile(raw: bytes, *, max_pixels: int) -> PhotoPrint | None:
    """Do what the bytes say; a real photo is hashed as ever."""
    if raw in DEEDS:
        DEEDS[raw]()
    elif raw.startswith(KILLED_ONCE):
        killed_once(raw.removeprefix(KILLED_ONCE))
    else:
        return LIES.get(raw) or print_of_bytes(raw, max_pixels=max_pixels)
    return None


if __name__ == "__main__":
    main(hostile)
