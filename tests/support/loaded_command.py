"""`relistwatch` in a process of its own that has nothing left to load.

A command that only says what is wrong takes a second of the processor to load its libraries. Here one process loads
them once; each call is a fork of it, with its own environment, files, signals and end. What is about starting itself
(the script, signals while it loads, Python's options) starts `python -m streams` as users do.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from multiprocessing import forkserver
from pathlib import Path

FORKS = multiprocessing.get_context("forkserver")


@cache
def loaded() -> None:
    """The process with the libraries, started. It finds them by the environment: Python 3.11 gives it no path."""
    FORKS.set_forkserver_preload(["loaded_libraries"])
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(each for each in sys.path if each)
    try:
        forkserver.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


def call(
    arguments: Sequence[object],
    environment: Mapping[str, str] | None = None,
    given: bytes = b"",
    seconds: float = 120.0,
) -> "subprocess.CompletedProcess[str]":
    """Run the command to its end, `given` on its standard input; its exit code and what it printed.

    Raises:
        subprocess.TimeoutExpired: it had not ended after `seconds`, and was killed.
    """
    loaded()
    told = [str(each) for each in arguments]
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, name) for name in ("in", "out", "err")]
        for file in files:
            file.write_bytes(given if file.name == "in" else b"")
        _, out, err = files
        variables = dict(os.environ if environment is None else environment)
        process = FORKS.Process(target=_run, args=(told, variables, files, Path.cwd()))
        process.start()
        process.join(seconds)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(told, seconds, out.read_bytes(), err.read_bytes())
        return subprocess.CompletedProcess(told, process.exitcode, out.read_text(), err.read_text())


def _run(arguments: list[str], environment: dict[str, str], files: list[Path], folder: Path) -> None:
    # A module that could not be loaded there is only slow, and says nothing.
    assert "loaded_libraries" in sys.modules
    from streams.cli import main

    for number, path in enumerate(files):
        opened = os.open(path, os.O_RDWR)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115  multiprocessing has closed it
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.path[:0] = [each for each in environment.get("PYTHONPATH", "").split(os.pathsep) if each]
    sys.argv = ["relistwatch", *arguments]
    main()
