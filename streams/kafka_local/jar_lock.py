"""The lock of Kafka's jars: which ones, in which version, and the digest that each must have.

It names no host. `python -m streams.kafka_local.jar_lock` writes it anew after ENDPOINT has changed.
"""

import hashlib
import sys
import tempfile
from importlib import resources
from pathlib import Path

import msgspec

KAFKA_VERSION = "4.3.1"
ENDPOINT = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}+org.slf4j:slf4j-simple:1.7.36"
"""Kafka, and a logger for it: without one its errors are lost."""
LOCK_NAME = "kafka-jars.json"
CHECKOUT_LOCK = Path(__file__).parents[2] / "deploy" / LOCK_NAME


class LockedJar(msgspec.Struct, frozen=True):
    """One jar: its Maven group and artifact, version, file name and SHA-256 (hex)."""

    group: str
    artifact: str
    version: str
    file: str
    sha256: str


class JarLock(msgspec.Struct, frozen=True):
    """All jars that `endpoint` needs."""

    endpoint: str
    jars: tuple[LockedJar, ...]


def read_lock() -> tuple[LockedJar, ...]:
    """The locked jars, from the installed package or from the checkout's deploy/."""
    packaged = resources.files("streams.kafka_local") / LOCK_NAME
    raw = packaged.read_bytes() if packaged.is_file() else CHECKOUT_LOCK.read_bytes()
    return msgspec.json.decode(raw, type=JarLock).jars


def digest(path: Path) -> str:
    """SHA-256 of the file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_lock(path: Path) -> None:
    """Resolve ENDPOINT with all that it needs, and write its jars and digests.

    This alone trusts what the repository serves, so the change belongs under a reviewer's eyes.
    """
    import jgo  # noqa: PLC0415
    from jgo.maven import MavenContext  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="relistwatch-jars-") as work:
        context = MavenContext(repo_cache=Path(work))
        jars = []
        for found in jgo.resolve(ENDPOINT):
            artifact = context.project(found.groupId, found.artifactId).at_version(found.version).artifact()
            jar = artifact.resolve()
            jars.append(LockedJar(found.groupId, found.artifactId, found.version, jar.name, digest(jar)))
    jars.sort(key=lambda jar: jar.file)
    encoded = msgspec.json.encode(JarLock(ENDPOINT, tuple(jars)))
    path.write_bytes(msgspec.json.format(encoded, indent=1) + b"\n")


if __name__ == "__main__":
    write_lock(Path(sys.argv[1]) if len(sys.argv) > 1 else CHECKOUT_LOCK)
