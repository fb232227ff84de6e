"""A runbook of docs/runbooks carried out: its shell blocks in one shell, its text blocks what they print."""

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from installed_entry_points import ROOT

from streams.settings import Settings, as_environment

FENCE = re.compile(r"^```(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FOLDER = ROOT / "docs" / "runbooks"


def command(folder: Path, packages: Path = ROOT) -> Path:
    """A folder with a `relistwatch` that runs these packages."""
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "relistwatch"
    run = f'{shlex.quote(sys.executable)} -c "from streams.cli import main; main()"'
    script.write_text(f'#!/bin/sh\nexport PYTHONPATH={shlex.quote(str(packages))}\nexec {run} "$@"\n')
    script.chmod(0o755)
    return folder


def pattern(expected: str) -> "re.Pattern[str]":
    """A regular expression of an expected output: `...` is anything in a line, and alone any lines; spaces are as wide
    as they are."""
    lines = []
    for line in expected.splitlines():
        if line == "...":
            lines.append("(?:.*\n)*?")
        else:
            parts = (re.escape(part).replace(r"\ ", " +") for part in re.sub(" +", " ", line).split("..."))
            lines.append(".*".join(parts) + "\n")
    return re.compile("^" + "".join(lines), re.MULTILINE)


class Runbook:
    """Runs a runbook's shell blocks one after another in one bash, which ends at the first command that fails, in a
    folder of its own. What it started in the background is ended with it."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        folder: Path,
        variables: Mapping[str, str],
        seconds: float = 240.0,
    ) -> None:
        text = (FOLDER / name).read_text(encoding="utf-8")
        self._blocks = [(language, block) for language, block in FENCE.findall(text) if language != "toml"]
        assert {language for language, _ in self._blocks} <= {"shell", "text"}, name
        self._at, self._seconds = 0, seconds
        folder.mkdir(parents=True, exist_ok=True)
        path = f"{command(folder / 'bin')}{os.pathsep}{os.environ['PATH']}"
        surroundings = os.environ | as_environment(settings) | {"PATH": path, "PYTHON": sys.executable}
        surroundings |= {"OPENBLAS_NUM_THREADS": "1"} | dict(variables)
        self._bash = subprocess.Popen(
            ["bash", "-u"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=surroundings,
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        self._tell("set -e -o pipefail; trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT\n")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._bash.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._bash.stdin.close()
        try:
            self._bash.wait(40)
        except subprocess.TimeoutExpired:
            self._bash.kill()
            self._bash.wait()
        # What a block started in a shell of its own is no job of this one.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._bash.pid, signal.SIGKILL)

    def step(self) -> str:
        """Run the next shell block and hold what it prints against the text block behind it; what it printed."""
        while self._blocks[self._at][0] != "shell":
            self._at += 1
        block = self._blocks[self._at][1]
        output = self.run(block)
        self._at += 1
        if self._at < len(self._blocks) and self._blocks[self._at][0] == "text":
            expected = self._blocks[self._at][1]
            assert pattern(expected).search(output), f"{block}printed\n{output}and not\n{expected}"
        return output

    def run(self, block: str) -> str:
        """Run these lines, in the runbook's own shell; what they printed."""
        began = time.monotonic()
        # Nothing that is started may read the shell's own input.
        self._tell(f"{{\n{block}\n}} < /dev/null\necho '@@ done'\n")
        output = self._read(block)
        print(f"{time.monotonic() - began:5.1f} s  {block.strip().splitlines()[-1]}")
        return output

    def steps(self, count: int) -> None:
        """The next so many."""
        for _ in range(count):
            self.step()

    @property
    def is_over(self) -> bool:
        """Whether no shell block is left."""
        return all(language != "shell" for language, _ in self._blocks[self._at :])

    def _tell(self, text: str) -> None:
        assert self._bash.stdin is not None
        self._bash.stdin.write(text)
        self._bash.stdin.flush()

    def _read(self, block: str) -> str:
        assert self._bash.stdout is not None
        # With what it has started: that holds the shell's output open, and would be waited for.
        timer = threading.Timer(self._seconds, os.killpg, (self._bash.pid, signal.SIGKILL))
        timer.start()
        lines: list[str] = []
        try:
            for line in self._bash.stdout:
                if line == "@@ done\n":
                    return "".join(lines)
                lines.append(line)
        finally:
            timer.cancel()
        raise AssertionError(f"{block}failed, having printed\n{''.join(lines)}")
