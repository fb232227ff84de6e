"""Known vulnerabilities of what a release is installed from: pip-audit over the hashed locks, and a clear word where it
could not ask. Run by `make audit` in the environment of deploy/requirements-audit.txt.

Exit code 0: asked, and none known. 1: some are known; they are listed. 3: the vulnerability service could not be
reached, or knew nothing of some of them, so nothing is known of those either way.
"""

import json
import subprocess
import sys
from pathlib import Path

SECONDS = 600
LOCKS = ("deploy/requirements.lock",)


def audited(lock: str) -> tuple[dict[str, object] | None, str]:
    """What pip-audit found, or None and why it could not look."""
    command = [
        sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format",
        "json", "--timeout", "30", "--requirement", lock,
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        return None, f"no answer within {SECONDS} s"
    try:
        return json.loads(done.stdout), ""
    except ValueError:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        return None, lines[-1] if lines else f"pip-audit ended with {done.returncode} and said nothing"


def main(locks: tuple[str, ...]) -> int:
    """Look through the locks and tell; the exit code."""
    known, unseen = 0, 0
    for lock in locks:
        if not Path(lock).is_file():
            sys.stderr.write(f"audit: there is no {lock}\n")
            return 2
        found, why = audited(lock)
        if found is None:
            return _not_checked(f"{lock}: {why}")
        packages = found["dependencies"]
        assert isinstance(packages, list)  # noqa: S101  pip-audit's format
        for each in packages:
            for fault in each.get("vulns", ()):
                known += 1
                fixed = ", ".join(fault["fix_versions"]) or "no version yet"
                sys.stdout.write(f"{each['name']} {each['version']}: {fault['id']}, mended in {fixed}\n")
        # A service that knows nothing of a package is no service that knows no fault of it; pip-audit ends with 0.
        skipped = [each for each in packages if "skip_reason" in each]
        for each in skipped[:5]:
            sys.stdout.write(f"not looked at: {each['name']}: {each['skip_reason']}\n")
        unseen += len(skipped)
        sys.stdout.write(
            f"{lock}: {len(packages) - len(skipped)} of {len(packages)} packages looked at, {known} known faults\n"
        )
    if known:
        return 1
    return _not_checked(f"{unseen} packages are unknown to it") if unseen else 0


def _not_checked(why: str) -> int:
    sys.stderr.write(f"audit: NOT CHECKED: the vulnerability service did not answer for all: {why}\n")
    return 3


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:]) or LOCKS))
