"""Starting Kafka in half the time: Java's classes loaded and linked once, and kept in a file.

JEP 514 and JEP 483 (Java 25): a training run writes an ahead-of-time cache that later starts map into
memory. Java itself checks that the cache fits its own version, the flags and each jar's time and size,
and goes on without it where it does not.
"""

import contextlib
import hashlib
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from streams.kafka_local.changing import changing
from streams.kafka_local.jars import Progress, cache_folder, java

JVM_FLAGS = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:+UnlockDiagnosticVMOptions",
    "-XX:-AOTAdapterCaching",  # Java 25 confuses some cached adapters, sees it, and fills the log with it
)
"""For starting fast rather than running long: the demo's and the tests' broker lives for minutes."""

TRIED_SECONDS = 24 * 3600.0

Train = Callable[[Sequence[str]], None]
"""Starts a node with these JVM flags, and stops it in order."""


def jvm_flags(jars: Sequence[Path], train: Train, progress: Progress) -> tuple[str, ...]:
    """The flags to start Kafka with; the first time on a machine one process trains, which takes some ten seconds.

    A training that fails, as on a machine that is very busy, is tried again after a day: until then Kafka starts as
    fast as it does without.
    """
    cache = cache_folder() / f"start-{_key(jars)}.aot"
    if _wanted(cache):
        with changing(cache.parent):
            if _wanted(cache):  # by now another process may have made it
                progress("preparing Kafka to start faster, once for this machine")
                for outdated in cache.parent.glob("start-*"):
                    outdated.unlink(missing_ok=True)
                _make(cache, train)
    return (*JVM_FLAGS, f"-XX:AOTCache={cache}") if _made(cache) else JVM_FLAGS


def _wanted(cache: Path) -> bool:
    try:
        tried = cache.stat()
    except FileNotFoundError:
        return True
    return not tried.st_size and time.time() - tried.st_mtime > TRIED_SECONDS


def _made(cache: Path) -> bool:
    """Not if it is another version's, which has unlinked ours since."""
    with contextlib.suppress(FileNotFoundError):
        return cache.stat().st_size > 0
    return False


def _make(cache: Path, train: Train) -> None:
    partial = cache.with_suffix(".partial")
    try:
        train((*JVM_FLAGS, f"-XX:AOTCacheOutput={partial}"))
    except (OSError, RuntimeError, subprocess.SubprocessError):
        partial.unlink(missing_ok=True)
    if not partial.exists():
        partial.touch()  # an empty file says that training was tried
    partial.replace(cache)


def _key(jars: Sequence[Path]) -> str:
    """Whatever makes an earlier cache useless: another Java, other flags, other jars."""
    release = java().parents[1] / "release"
    parts = [release.read_text() if release.exists() else str(java()), *JVM_FLAGS]
    for jar in jars:
        stat = jar.stat()
        parts += [str(jar), str(stat.st_size), str(stat.st_mtime_ns)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
