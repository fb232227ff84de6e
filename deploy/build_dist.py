"""Builds the sdist, and of it the wheel, twice over, and says whether both times gave the same bytes.

Run with hatchling alone, in the repository's folder: `python deploy/build_dist.py --out dist`. The time that stands in
the files is SOURCE_DATE_EPOCH, by default that of the newest commit (https://reproducible-builds.org/docs/source-date-epoch/).
Exit codes: 0 built, 1 two builds differ.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

BUILD = "from hatchling.build import build_{kind} as build; import sys; print(build(sys.argv[1]))"


def build_once(source: Path, out: Path) -> list[Path]:
    """The sdist of the folder `source`, and the wheel of what is in that sdist, as pip would make it."""
    sdist = _build("sdist", source, out)
    with tempfile.TemporaryDirectory() as work, tarfile.open(sdist) as archive:
        archive.extractall(work, filter="data")
        (unpacked,) = Path(work).iterdir()
        return [sdist, _build("wheel", unpacked, out)]


def _build(kind: str, source: Path, out: Path) -> Path:
    command = [sys.executable, "-P", "-c", BUILD.format(kind=kind), str(out.absolute())]
    ran = subprocess.run(command, cwd=source, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603  our own
    return out / ran.stdout.split()[-1]


def newest_commit(source: Path) -> str:
    """Its time in seconds; of a folder that is no checkout, 1980, the earliest that a zip can say."""
    command = ["git", "-C", str(source), "log", "-1", "--format=%ct"]
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603  git
    except (OSError, subprocess.CalledProcessError):
        return "315532800"


def digests(files: Sequence[Path]) -> dict[str, str]:
    """SHA-256 by a file's name."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def main(arguments: Sequence[str] | None = None) -> int:
    """Build and compare; see the module."""
    parser = argparse.ArgumentParser(prog="deploy/build_dist.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--source", type=Path, default=Path())
    parser.add_argument("--out", type=Path, default=Path("dist"))
    given = parser.parse_args(arguments)
    os.environ.setdefault("SOURCE_DATE_EPOCH", newest_commit(given.source))
    given.out.mkdir(parents=True, exist_ok=True)
    made = build_once(given.source, given.out)
    with tempfile.TemporaryDirectory() as again:
        same = digests(build_once(given.source, Path(again))) == digests(made)
    for path, sha256 in zip(made, digests(made).values(), strict=True):
        sys.stdout.write(f"{sha256}  {path}  {path.stat().st_size:,} bytes\n")
    if not same:
        sys.stderr.write("two builds of one source differ\n")
        return 1
    sys.stdout.write(f"built twice, the same bytes (SOURCE_DATE_EPOCH={os.environ['SOURCE_DATE_EPOCH']})\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
