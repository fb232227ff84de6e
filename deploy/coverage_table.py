"""Coverage by branch for each package, as a table: `python deploy/coverage_table.py build/coverage/coverage.json`."""

import json
import re
import sys
from collections import Counter
from pathlib import Path

PACKAGE = re.compile(r"(?:^|/)((?:connectors|fingerprints|streams)(?:/[a-z_0-9]+(?=/))?)")


def main() -> int:
    """Write it to stdout."""
    found = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    counts: dict[str, Counter[str]] = {}
    for path, file in found["files"].items():
        # Of the last of these names in a path: the environment's own may hold one of them too.
        if places := PACKAGE.findall(path):
            counts.setdefault(places[-1], Counter()).update(
                {name: value for name, value in file["summary"].items() if isinstance(value, int)}
            )
    counts["all"] = sum(counts.values(), Counter())
    sys.stdout.write(
        "| package | lines | branches | lines covered | branches covered |\n|---|---|---|---|---|\n"
    )
    for package, each in counts.items():
        lines, branches = each["num_statements"], each["num_branches"]
        sys.stdout.write(
            f"| {package} | {lines} | {branches} | {_share(each['covered_lines'], lines)} "
            f"| {_share(each['covered_branches'], branches)} |\n"
        )
    return 0


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "-"


if __name__ == "__main__":
    sys.exit(main())
