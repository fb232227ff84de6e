"""`python -m fuzzing.all FOLDER SECONDS [TARGET...]`: each target in a process of its own, and a table of what came of it."""

import re
import subprocess
import sys
from pathlib import Path

from fuzzing.registry import TARGETS


def main() -> int:
    """1 where something was found."""
    folder, seconds = Path(sys.argv[1]), sys.argv[2]
    names = sys.argv[3:] or list(TARGETS)
    if unknown := set(names) - TARGETS.keys():
        print(f"no such target: {', '.join(unknown)}; there are {', '.join(TARGETS)}", file=sys.stderr)
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    print(f"{'target':20} {'executions':>12} {'a second':>10} {'edges':>8}  found")
    failed = 0
    for name in names:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "fuzzing", name, seconds, str(folder)],
            capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip
        log = done.stdout + done.stderr
        (folder / f"{name}.log").write_text(log)
        runs, rate = (
            _figure(log, r"number_of_executed_units:\s*(\d+)"),
            _figure(log, r"average_exec_per_sec:\s*(\d+)"),
        )
        edges = re.findall(r"cov: (\d+)", log)
        found = re.findall(r"Test unit written to (\S+)", log)
        failed += done.returncode != 0
        said = " ".join(found) or (
            "nothing" if not done.returncode else f"exit {done.returncode}: see {name}.log"
        )
        print(f"{name:20} {runs:>12} {rate:>10} {edges[-1] if edges else '?':>8}  {said}", flush=True)
    return int(failed > 0)


def _figure(log: str, pattern: str) -> str:
    found = re.search(pattern, log)
    return found[1] if found else "?"


if __name__ == "__main__":
    sys.exit(main())
