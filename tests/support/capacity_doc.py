"""The commands of docs/capacity.md and what they print. To write the document's outputs anew: `python -m capacity_doc`."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "capacity.md"
PAIR = re.compile(r"```shell\n(?P<command>.*?)```\n\n```text\n(?P<output>.*?)```", re.DOTALL)


def pairs(text: str) -> list[tuple[str, str]]:
    """Each command with the output that the document shows."""
    return [(found["command"], found["output"]) for found in PAIR.finditer(text)]


def printed(command: str) -> str:
    """What `relistwatch ...` prints, run in this environment's Python."""
    program, *arguments = shlex.split(command.replace("\\\n", " "))
    assert program == "relistwatch"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RELISTWATCH_")}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "streams", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


def renewed(text: str) -> str:
    """The document with what its commands print now."""
    return PAIR.sub(
        lambda found: f"```shell\n{found['command']}```\n\n```text\n{printed(found['command'])}```", text
    )


if __name__ == "__main__":
    DOCUMENT.write_text(renewed(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
