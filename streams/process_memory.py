"""How much memory a process has, of Linux's own count (proc(5)); what measures asks here.

Each function takes a process, or this one. OSError where it has ended, or is another user's.
"""

import os
import re
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")


def resident(pid: int | None = None) -> int:
    """Bytes in memory, pages of files among them."""
    return _pages(pid)[1] * PAGE


def resident_of_files(pid: int | None = None) -> int:
    """Bytes in memory that are pages of files, or shared."""
    return _pages(pid)[2] * PAGE


def private(pid: int | None = None) -> int:
    """Bytes in memory that are no file's."""
    found = re.search(r"RssAnon:\s+(\d+) kB", _proc(pid, "status"))
    return int(found[1]) * 1024 if found else 0


def _pages(pid: int | None) -> list[int]:
    """Of the address space, in memory, of files, and so on."""
    pages = [int(each) for each in _proc(pid, "statm").split()]
    if pages[0] == 0:  # a zombie
        raise ProcessLookupError(f"process {pid} has ended")
    return pages


def _proc(pid: int | None, name: str) -> str:
    return Path(f"/proc/{pid or 'self'}/{name}").read_text(encoding="utf-8")
