"""Lines of a file, a pipe or a growing file, none longer than allowed and none torn in two."""

import os
import select
import stat
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from connectors.sdk import IDLE, Idle, Stop

CHUNK_BYTES = 256 * 1024
POLL_SECONDS = 0.2
"""How often a growing file or a silent pipe is looked at; also the longest delay of a clean stop."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its line end; `number` counts from 1."""

    number: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class TooLong:
    """A line of more bytes than allowed, which was passed over."""

    number: int


@dataclass(frozen=True, slots=True)
class Truncated:
    """The file that is followed became shorter, and is read from its beginning again."""


class LineReader:
    """Reads a file descriptor. Holds its place, so `lines` may be started again.

    With `follow`, the end of a file is waited at, and an unfinished last line stays unread until it is
    finished; without, the end ends, and a last line needs no line end.
    """

    def __init__(self, descriptor: int, *, max_bytes: int, follow: bool) -> None:
        self._descriptor = descriptor
        self._max_bytes = max_bytes
        self._follow = follow
        self._regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
        self._ready: deque[Line | TooLong | Truncated] = deque()
        self._parts: list[bytes] = []
        self._size = 0
        self._number = 0

    def lines(self, stop: Stop) -> Iterator[Line | TooLong | Truncated | Idle]:
        """The lines from where the reader stands; `IDLE` before every wait. OSError where reading fails."""
        while not stop.is_set():
            while self._ready:
                yield self._ready.popleft()
                if stop.is_set():
                    return
            if not self._regular and not self._has_input(0):
                yield IDLE
                while not stop.is_set() and not self._has_input(POLL_SECONDS):
                    pass
                if stop.is_set():
                    return
            chunk = os.read(self._descriptor, CHUNK_BYTES)
            if chunk:
                self._take(chunk)
            elif self._follow and self._regular:
                yield IDLE
                stop.wait(POLL_SECONDS)
                self._notice_truncation()
            else:
                if self._size:
                    self._end_line()
                    yield self._ready.popleft()
                return

    def _has_input(self, seconds: float) -> bool:
        return bool(select.select([self._descriptor], [], [], seconds)[0])

    def _take(self, chunk: bytes) -> None:
        first, *rest = chunk.split(b"\n")
        self._grow(first)
        for part in rest:
            self._end_line()
            self._grow(part)

    def _grow(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > self._max_bytes:
            # What is too long is counted on, not kept: memory stays bounded whatever the line's length.
            self._parts.clear()
        elif part:
            self._parts.append(part)

    def _end_line(self) -> None:
        self._number += 1
        if self._size > self._max_bytes:
            self._ready.append(TooLong(self._number))
        else:
            self._ready.append(Line(self._number, b"".join(self._parts).removesuffix(b"\r")))
        self._parts.clear()
        self._size = 0

    def _notice_truncation(self) -> None:
        position = os.lseek(self._descriptor, 0, os.SEEK_CUR)
        if os.fstat(self._descriptor).st_size < position:
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            self._parts.clear()
            self._size = self._number = 0
            self._ready.append(Truncated())
