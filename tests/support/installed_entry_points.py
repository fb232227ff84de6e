"""The project's entry points as an installation has them, whether or not it is installed here."""

import os
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def environment(folder: Path, *more: Path) -> dict[str, str]:
    """Variables for a process that finds the project's sources and sinks, and packages in the folders `more`."""
    info = folder / "site" / "relistwatch-0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: relistwatch\nVersion: 0\n")
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    lines = [
        line
        for group, points in groups.items()
        for line in (f"[{group}]", *(f"{name} = {place}" for name, place in points.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines))
    places = [ROOT, info.parent, *more]
    return dict(os.environ) | {"PYTHONPATH": os.pathsep.join(map(str, places)), "OPENBLAS_NUM_THREADS": "1"}
