"""docs/connectors.md from top to bottom: its files are written, its commands run, its outputs come; its tables are true.

To make the tables anew: `PYTHONPATH=.:tests/support python -m connector_tables`.
"""

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass

import pytest
from connector_tables import DOCUMENT, TABLES, parts
from installed_entry_points import environment

FENCE = re.compile(r"^```(\S*)[ ]?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, what stands behind it on the first line, and its text."""

    language: str
    words: tuple[str, ...]
    text: str


def blocks() -> list[Block]:
    found = FENCE.findall(DOCUMENT.read_text(encoding="utf-8"))
    return [Block(language, tuple(words.split()), text) for language, words, text in found]


def test_every_block_is_one_that_is_run() -> None:
    assert DOCUMENT.read_text(encoding="utf-8").count("\n```") == 2 * len(blocks())
    assert {each.language for each in blocks()} == {"python", "shell", "text"}
    for each in blocks():
        assert len(each.words) in ({1, 2} if each.language == "python" else {0}), each


def script() -> str:
    """The document as one shell script, which says before each block which one it is."""
    lines = ["set -euo pipefail", "exec 2>&1", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT"]
    for number, block in enumerate(blocks()):
        lines.append(f"echo '@@ {number}'")
        if block.language == "python":
            into = ">>" if block.words[1:] == ("append",) else ">"
            # A blank line or two stands between the parts of a file.
            separator = "\n\n" if into == ">>" else ""
            lines.append(
                f"cat {into} {shlex.quote(block.words[0])} <<'END OF FILE'\n{separator}{block.text}END OF FILE"
            )
        elif block.language == "shell":
            lines.append(block.text)
    return "\n".join([*lines, f"echo '@@ {len(blocks())}'", ""])


def pattern(expected: str) -> "re.Pattern[str]":
    """A regular expression of an expected output: `...` is anything in a line, and alone any lines."""
    lines = []
    for line in expected.splitlines():
        if line == "...":
            lines.append("(?:.*\n)*?")
        else:
            lines.append(".*".join(re.escape(part) for part in line.split("...")) + "\n")
    return re.compile("^" + "".join(lines), re.MULTILINE)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each block of the document printed, run in a folder of its own, in this environment's Python."""
    folder = tmp_path_factory.mktemp("doc")
    target, commands, work = folder / "packages", folder / "bin", folder / "work"
    commands.mkdir()
    work.mkdir()
    for name, call in {"python": "", "relistwatch": ' -c "from streams.cli import main; main()"'}.items():
        command = commands / name
        command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)}{call} "$@"\n')
        command.chmod(0o755)
    # pip installs into a folder on the path: the environment that runs the tests stays as it is.
    surroundings = environment(folder, target) | {
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        "PIP_TARGET": str(target),
        "PIP_UPGRADE": "1",
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "RELISTWATCH_WORKER__DATA_DIR": str(folder / "data"),
    }
    result = subprocess.run(
        ["bash", "-c", script()],
        cwd=work,
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-5000:]
    return [
        part.partition("\n")[2] for part in re.split(r"^@@ (?=\d+$)", result.stdout, flags=re.MULTILINE)[1:]
    ]


def test_the_document_runs_and_says_what_it_prints(outputs: list[str]) -> None:
    said = 0
    for number, block in enumerate(blocks()):
        if block.language == "text":
            assert blocks()[number - 1].language == "shell"
            assert pattern(block.text).search(outputs[number - 1]), outputs[number - 1]
            said += 1
    assert said >= 6


def test_no_check_is_left_out_for_the_documents_connector(outputs: list[str]) -> None:
    tested = [number for number, block in enumerate(blocks()) if "connectors test" in block.text]
    assert "18 passed, 0 failed, 0 not applicable" in outputs[tested[-1]]


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_as_the_code_says(name: str) -> None:
    assert parts(name, DOCUMENT.read_text(encoding="utf-8"))[1].splitlines() == TABLES[name]()
