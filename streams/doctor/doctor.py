"""Is everything that relistwatch needs there and right? One check a function, each with what to do."""

import os
import platform
import re
import shutil
import time
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from streams.doctor.broker_health import broker_findings
from streams.doctor.finding import Finding
from streams.settings import Settings

PINNED = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0"}
"""What FAUST's behaviour was measured with; another version may lose events."""
LEAST = {
    "kafka-python": "3.0.12",
    "numpy": "2.1",
    "opencv-python-headless": "5.0",
    "pillow": "12",
    "rapidfuzz": "3.12",
    "msgspec": "0.21",
}
"""Lowest versions that are known to do; the same as in pyproject.toml."""
FREE_BYTES = 1024**3
PLAUSIBLE = (1_767_225_600, 4_102_444_800)
"""2026 to 2100, in seconds since 1970: a machine without a clock starts in 1970."""


def examine(settings: Settings) -> Iterator[Finding]:
    """All checks, in order; those that need the broker are left out where it does not answer."""
    yield from _versions()
    yield _clock()
    yield _disk(settings)
    yield from broker_findings(settings)


def _versions() -> Iterator[Finding]:
    yield Finding("python", "ok", platform.python_version())
    for package, wanted in (PINNED | LEAST).items():
        pinned = package in PINNED
        advice = f"pip install '{package}{'==' if pinned else '>='}{wanted}'"
        try:
            found = version(package)
        except PackageNotFoundError:
            yield Finding(package, "fail", "not installed", advice)
            continue
        right = found == wanted if pinned else _release(found) >= _release(wanted)
        yield Finding(package, "ok", found) if right else Finding(package, "fail", found, advice)


def _release(text: str) -> tuple[int, ...]:
    """The numbers that a version begins with: (4, 3, 2) of 4.3.2rc1."""
    numbers = re.match(r"\d+(\.\d+)*", text)
    return tuple(map(int, numbers[0].split("."))) if numbers else ()


def _clock(now: Callable[[], float] = time.time) -> Finding:
    seconds = now()
    shown = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
    if PLAUSIBLE[0] < seconds < PLAUSIBLE[1]:
        return Finding("clock", "ok", shown)
    return Finding("clock", "fail", shown, "set this machine's clock (NTP)")


def _disk(settings: Settings) -> Finding:
    path = Path(settings.worker.data_dir).expanduser().absolute()
    existing = next(folder for folder in (path, *path.parents) if folder.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        advice = "set worker.data_dir to a folder that this user may write to"
        return Finding("disk", "fail", f"{existing} is not a folder that can be written to", advice)
    free = shutil.disk_usage(existing).free
    detail = f"{free / 1024**3:.1f} GiB free at {existing}"
    if free < FREE_BYTES:
        return Finding("disk", "warn", detail, "free some space, or set worker.data_dir to a larger disk")
    return Finding("disk", "ok", detail)
