"""One part as a process: its tables go to a file, its progress on to stderr, its last words into why it failed."""

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from streams.die_with_parent import die_with_parent

MOST_WORDS = 200
"""Characters of a failed part's last line."""


class Failed(RuntimeError):  # noqa: N818  what became of it
    """The part did not measure; the message says how it ended."""


def run_part(command: Sequence[str], report: Path, seconds: float) -> None:
    """Until it ends. Threads for matrix products are one a process, as `relistwatch` itself has it.

    Raises:
        Failed: it ended with another code than 0, or took longer than `seconds` and was ended.
        OSError: it cannot be started, or `report` not be written.
    """
    one_thread = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    with report.open("wb") as tables:
        process = subprocess.Popen(  # noqa: S603  our own program, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=tables,
            stderr=subprocess.PIPE,
            env=os.environ | one_thread,
            text=True,
            errors="replace",
            preexec_fn=partial(die_with_parent, os.getpid()),  # noqa: PLW1509  one prctl call
        )
        late = threading.Event()

        def end() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(seconds, end)
        timer.start()
        last = ""
        try:
            assert process.stderr is not None  # noqa: S101  a pipe was asked for
            for line in process.stderr:
                sys.stderr.write(f"    {line}")
                sys.stderr.flush()
                last = line.strip() or last
            code = process.wait()
        finally:
            timer.cancel()
            if process.poll() is None:
                process.kill()
                process.wait()
    if late.is_set():
        raise Failed(f"took more than {seconds / 60:.0f} min and was ended")
    if code:
        raise Failed(f"ended with {code}: {last[:MOST_WORDS]}")
