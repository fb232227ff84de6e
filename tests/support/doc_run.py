"""Runs a page: its files are written, its shell blocks run in order, and what it says of their output is looked for.

A block with a title is the file of that name; `NAME, continued` goes on with it. A `text` block is what the shell block
before it prints: `...` is anything within a line, and alone any lines.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from doc_blocks import Block, blocks

SHELLS = {"shell", "sh", "bash"}
CONTINUED = ", continued"
PATIENCE_SECONDS = 600.0
"""For a page, on a machine that is busy with much else; on a quiet one it takes 20."""


def script(parts: Sequence[Block]) -> str:
    """The blocks as one shell script, which says before each which one it is."""
    lines = ["set -euo pipefail", "exec 2>&1", "trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT"]
    for number, block in enumerate(parts):
        lines.append(f"echo '@@ {number}'")
        if block.title:
            more = block.title.endswith(CONTINUED)
            name = shlex.quote(block.title.removesuffix(CONTINUED))
            # A blank line or two stands between the parts of a file.
            separator = "\n\n" if more else ""
            lines.append(
                f"cat {'>>' if more else '>'} {name} <<'END OF FILE'\n{separator}{block.text}END OF FILE"
            )
        elif block.language in SHELLS and block.kind != "not run":
            lines.append(block.text)
    return "\n".join([*lines, f"echo '@@ {len(parts)}'", ""])


def pattern(expected: str) -> "re.Pattern[str]":
    """A regular expression of an expected output."""
    lines = []
    for line in expected.splitlines():
        if line == "...":
            lines.append("(?:.*\n)*?")
        else:
            lines.append(".*".join(re.escape(part) for part in line.split("...")) + "\n")
    return re.compile("^" + "".join(lines), re.MULTILINE)


def programs(folder: Path) -> Path:
    """A folder for the path, whose `python` and `relistwatch` are this environment's."""
    folder.mkdir()
    for name, call in {"python": "", "relistwatch": ' -c "from streams.cli import main; main()"'}.items():
        command = folder / name
        command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)}{call} "$@"\n')
        command.chmod(0o755)
    return folder


def outputs(
    page: Path, folder: Path, environment: Mapping[str, str], ports: Mapping[str, int] | None = None
) -> list[str]:
    """What each block of the page printed, run in `folder`/work. `ports`: the page's, and those to take instead.

    Raises:
        AssertionError: a command failed; the message is the end of what was printed.
    """
    commands, work = programs(folder / "bin"), folder / "work"
    work.mkdir()
    text = script(blocks(page))
    for written, free in (ports or {}).items():
        text = re.sub(rf"\b{written}\b", str(free), text)
    surroundings = {
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        "RELISTWATCH_WORKER__DATA_DIR": str(folder / "data"),
    }
    with subprocess.Popen(
        ["bash", "-c", text], cwd=work, env={**os.environ, **environment, **surroundings},
        stdout=subprocess.PIPE, text=True, start_new_session=True,
    ) as running:  # fmt: skip
        try:
            printed, _ = running.communicate(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            # What the page started in the background must not outlive it.
            os.killpg(running.pid, signal.SIGKILL)
            printed, _ = running.communicate()
    assert running.returncode == 0, printed[-5000:]
    found = re.split(r"^@@ (?=\d+$)", printed, flags=re.MULTILINE)[1:]
    return [part.partition("\n")[2] for part in found]


def assert_it_says_what_is_printed(page: Path, printed: Sequence[str]) -> int:
    """Hold the page's `text` blocks against what their commands printed; how many there are."""
    parts = blocks(page)
    said, otherwise = 0, []
    for number, block in enumerate(parts):
        if block.language == "text" and block.kind == "run by" and not block.title:
            assert parts[number - 1].language in SHELLS, block.place
            if not pattern(block.text).search(printed[number - 1]):
                otherwise.append(f"{block.place}:\n{printed[number - 1]}")
            said += 1
    assert not otherwise, "\n\n".join(otherwise)
    return said
