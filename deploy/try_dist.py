"""Installs what was built as a user would, on each Python, and runs the demo there.

`python deploy/try_dist.py --dist dist python3.11 python3.12`. For each Python: the wheel with the newest packages that
it allows, and the sdist with the packages of the lock, each in an empty environment; both say their version and read an
installed connector, and the wheel's plays one round of the demo, which must catch every planted relist.
Exit codes: 0 all did, 1 one did not, 2 a Python cannot be had.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

DEPLOY = Path(__file__).parent.resolve()
DEMO_SECONDS = 900
"""Kafka's jars may be on their way, on a slow line."""


class FailedError(Exception):
    """A step did not do what it must; the message says which and what it said."""


def run(folder: Path, *command: str | Path, seconds: float = DEMO_SECONDS) -> str:
    """What it wrote to stdout, run in `folder` and without anything of the caller's checkout."""
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "RELISTWATCH_"))
    }
    ran = subprocess.run(  # noqa: S603  what this file asks for
        list(map(str, command)),
        cwd=folder,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
    if ran.returncode:
        said = "\n".join((ran.stdout + ran.stderr).splitlines()[-15:])
        raise FailedError(f"{' '.join(map(str, command))}: exit code {ran.returncode}\n{said}")
    return ran.stdout


def environment(python: str, folder: Path) -> Path:
    """A new environment's folder of programs."""
    run(folder.parent, python, "-m", "venv", folder)
    return folder / "bin"


def look(programs: Path, folder: Path, version: str) -> None:
    """What is quickly seen: its version, its parts, and that its packages fit each other."""
    if (said := run(folder, programs / "relistwatch", "--version")) != f"relistwatch {version}\n":
        raise FailedError(f"--version says {said!r} instead of {version}")
    run(folder, programs / "python", "-m", "pip", "check")
    if "shopee" not in run(folder, programs / "relistwatch", "connectors", "list"):
        raise FailedError("no connector is installed")


def try_wheel(python: str, wheel: Path, folder: Path, version: str) -> str:
    """Install it with the extra `kafka`, and play one round.

    Raises:
        FailedError: a step failed, or a planted relist was missed.
    """
    programs = environment(python, folder / "wheel")
    run(folder, programs / "python", "-m", "pip", "install", "--quiet", f"{wheel}[kafka]")
    look(programs, folder, version)
    begun = time.monotonic()
    told = json.loads(run(folder, programs / "relistwatch", "demo", "--once", "--json").splitlines()[-1])
    return f"demo in {time.monotonic() - begun:.0f} s: {json.dumps(told)}"


def try_sdist(python: str, sdist: Path, folder: Path, version: str) -> str:
    """Install it with the hashed lock, building it without the network.

    Raises:
        FailedError: a step failed.
    """
    programs = environment(python, folder / "sdist")
    pip = (programs / "python", "-m", "pip", "install", "--quiet")
    run(folder, *pip, "--require-hashes", "-r", DEPLOY / "requirements.lock")
    run(folder, *pip, "--no-deps", "--no-build-isolation", sdist)
    look(programs, folder, version)
    return "installed with the lock"


def only(folder: Path, pattern: str) -> Path:
    """The one file of that form."""
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise FailedError(f"{folder} must have one {pattern}, and has {len(found)}: make dist")
    return found[0].resolve()


def main(arguments: Sequence[str] | None = None) -> int:
    """Try all; see the module."""
    parser = argparse.ArgumentParser(prog="deploy/try_dist.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--dist", type=Path, default=Path("dist"))
    parser.add_argument("pythons", nargs="+", metavar="PYTHON")
    given = parser.parse_args(arguments)
    if missing := [each for each in given.pythons if not shutil.which(each)]:
        sys.stderr.write(f"cannot be had: {', '.join(missing)}\n")
        return 2
    failed = False
    for python in given.pythons:
        named = run(Path.cwd(), python, "--version").strip()
        with tempfile.TemporaryDirectory(prefix="relistwatch-try-") as work:
            try:
                wheel = only(given.dist, "relistwatch-*.whl")
                version = wheel.name.split("-")[1]
                for attempt, path in (
                    (try_wheel, wheel),
                    (try_sdist, only(given.dist, "relistwatch-*.tar.gz")),
                ):
                    sys.stdout.write(f"{named}: {path.name}: {attempt(python, path, Path(work), version)}\n")
                    sys.stdout.flush()
            except (FailedError, subprocess.TimeoutExpired) as error:
                sys.stderr.write(f"{named}: {error}\n")
                failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
