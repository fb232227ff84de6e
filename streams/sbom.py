"""The bill of materials of a release: every package of the lock and every jar of Kafka, as CycloneDX 1.6 (ECMA-424).

`python -m streams.sbom` writes it from what the release is installed from, the hashed lock and the jars' lock; so a
package that is not in it cannot get in (`pip install --require-hashes`). Licences are what the installed packages say
of themselves; a package of the lock that this machine does not need has none. The same locks give the same bytes.
"""

import argparse
import os
import re
import sys
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, metadata, requires
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

from streams.kafka_local.jar_lock import JarLock, LockedJar
from streams.program_version import UNKNOWN, program_version

NAME = "relistwatch"
SPEC_VERSION = "1.6"
LONGEST_LICENCE = 60
"""Characters of a field `License`; longer ones are the licence's whole text."""
_PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)(?:\s*;\s*(?P<marker>[^\\]+?))?\s*\\?")
_HASH = re.compile(r"\s+--hash=sha256:(?P<sha256>[0-9a-f]{64})\s*\\?")


class LockError(ValueError):
    """A line of the lock is no pin and no hash, or a pin has no hash."""


class Pin(Struct, frozen=True):
    """One package of the lock, as one kind of machine has it."""

    name: str
    version: str
    marker: str
    sha256: tuple[str, ...]

    @property
    def purl(self) -> str:
        """https://github.com/package-url/purl-spec, type pypi."""
        return f"pkg:pypi/{normal(self.name)}@{quote(self.version)}"


def normal(name: str) -> str:
    """A package's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_lock(text: str) -> list[Pin]:
    """The pins of a lock, in order.

    Raises:
        LockError: it has a line of another form, or a package without a hash.
    """
    pins: list[Pin] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if found := _HASH.fullmatch(line):
            if not pins:
                raise LockError(f"line {number}: a hash of nothing")
            pins[-1] = msgspec.structs.replace(pins[-1], sha256=(*pins[-1].sha256, found["sha256"]))
        elif found := _PIN.fullmatch(line):
            pins.append(Pin(found["name"], found["version"], found["marker"] or "", ()))
        else:
            raise LockError(f"line {number}: neither NAME==VERSION nor a hash")
    if bare := [pin.name for pin in pins if not pin.sha256]:
        raise LockError(f"without a hash: {', '.join(bare)}")
    return pins


def bill_of(
    version: str, pins: Sequence[Pin], jars: Sequence[LockedJar], made_at: datetime | None
) -> dict[str, Any]:
    """The document. `made_at`: said in it, and no part of what makes its serial number."""
    root = f"pkg:pypi/{NAME}@{version}"
    components = [*map(_package, pins), *map(_jar, jars)]
    known: dict[str, list[str]] = {}
    for pin in pins:
        known.setdefault(normal(pin.name), []).append(_ref(pin))
    edges = {_ref(pin): sorted(_needs(pin.name, known)) for pin in pins}
    edges |= {_jar_purl(jar): [] for jar in jars}
    kafka = [_jar_purl(jar) for jar in jars]
    document: dict[str, Any] = {
        "$schema": f"http://cyclonedx.org/schema/bom-{SPEC_VERSION}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": SPEC_VERSION,
        "version": 1,
        "metadata": {
            "component": {
                "type": "application", "bom-ref": root, "name": NAME, "version": version, "purl": root,
            },
        },
        "components": components,
        "dependencies": [
            {"ref": root, "dependsOn": sorted({*_needs(NAME, known), *kafka})},
            *({"ref": ref, "dependsOn": needed} for ref, needed in sorted(edges.items())),
        ],
    }  # fmt: skip
    serial = uuid.uuid5(uuid.NAMESPACE_URL, msgspec.json.encode(document, order="sorted").decode())
    document["serialNumber"] = f"urn:uuid:{serial}"
    if made_at is not None:
        document["metadata"]["timestamp"] = made_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return document


def licences_of(name: str) -> list[dict[str, Any]]:
    """What the installed package says of its licence; nothing where it is not installed or says nothing."""
    try:
        told = metadata(name)
    except PackageNotFoundError:
        return []
    if "License-Expression" in told:
        return [{"expression": told["License-Expression"]}]
    plain = told["License"].strip() if "License" in told else ""
    if plain and len(plain) <= LONGEST_LICENCE and "\n" not in plain:
        return [{"license": {"name": plain}}]
    classifiers = [each for each in told.get_all("Classifier") or [] if each.startswith("License ::")]
    return [{"license": {"name": each.rpartition(" :: ")[2]}} for each in classifiers]


def _package(pin: Pin) -> dict[str, Any]:
    component: dict[str, Any] = {
        "type": "library", "bom-ref": _ref(pin), "name": pin.name, "version": pin.version, "purl": pin.purl,
        # Of each file that pip may install for it; only one is.
        "hashes": [{"alg": "SHA-256", "content": each} for each in sorted(pin.sha256)],
    }  # fmt: skip
    if licences := licences_of(pin.name):
        component["licenses"] = licences
    if pin.marker:
        component["properties"] = [{"name": f"{NAME}:marker", "value": pin.marker}]
    return component


def _jar(jar: LockedJar) -> dict[str, Any]:
    purl = _jar_purl(jar)
    return {
        "type": "library", "bom-ref": purl, "group": jar.group, "name": jar.artifact, "version": jar.version,
        "purl": purl, "hashes": [{"alg": "SHA-256", "content": jar.sha256}],
        "properties": [{"name": f"{NAME}:for", "value": "a local Kafka (extra kafka)"}],
    }  # fmt: skip


def _jar_purl(jar: LockedJar) -> str:
    # One artifact may come as several files, such as a native library for each processor.
    tail = jar.file.removeprefix(f"{jar.artifact}-{jar.version}").removesuffix(".jar").lstrip("-")
    qualifier = f"?classifier={quote(tail)}" if tail else ""
    return f"pkg:maven/{quote(jar.group)}/{quote(jar.artifact)}@{quote(jar.version)}{qualifier}"


def _ref(pin: Pin) -> str:
    return pin.purl


def _needs(name: str, known: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Refs of the packages of the lock that the installed package asks for, its extras' too where they are there."""
    try:
        asked: Iterable[str] = requires(name) or ()
    except PackageNotFoundError:
        return
    seen = set()
    for each in asked:
        found = re.match(r"[A-Za-z0-9._-]+", each)
        for ref in known.get(normal(found[0]), ()) if found else ():
            if ref not in seen:
                seen.add(ref)
                yield ref


def main(arguments: Sequence[str] | None = None) -> int:
    """Write it to the file, or to stdout; 2 where a lock cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m streams.sbom", description=__doc__.partition("\n")[0])
    parser.add_argument("--lock", type=Path, default=Path("deploy/requirements.lock"))
    parser.add_argument("--jars", type=Path, default=Path("deploy/kafka-jars.json"))
    parser.add_argument("--out", type=Path, help="the file to write; without it, stdout")
    given = parser.parse_args(arguments)
    try:
        pins = read_lock(given.lock.read_text(encoding="utf-8"))
        jars = msgspec.json.decode(given.jars.read_bytes(), type=JarLock).jars
    except (OSError, LockError, msgspec.MsgspecError) as error:
        sys.stderr.write(f"sbom: {error}\n")
        return 2
    if (version := program_version()) == UNKNOWN:
        sys.stderr.write(f"sbom: {NAME} itself is not installed here\n")
        return 2
    # https://reproducible-builds.org/specs/source-date-epoch/
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    made_at = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else None
    raw = msgspec.json.format(msgspec.json.encode(bill_of(version, pins, jars, made_at)), indent=1) + b"\n"
    if given.out is None:
        sys.stdout.buffer.write(raw)
        return 0
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_bytes(raw)
    licensed = sum(bool(licences_of(pin.name)) for pin in pins)
    sys.stderr.write(f"{given.out}: {len(pins)} packages, {licensed} with a licence, and {len(jars)} jars\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
