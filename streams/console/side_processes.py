"""Runs jobs in processes beside the console: their progress told as it comes, their answer at the end."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable

import msgspec
import structlog

from streams.console.side_jobs import Answer, Failed, Job, Line, Progress
from streams.photos.process import KEPT_VARIABLES

log = structlog.get_logger(__name__)

LONGEST_SECONDS = 900.0
"""A list of 65,000 links takes six seconds; one of a million, or of many short links, minutes."""
LONGEST_LINE = 4 * 1024 * 1024


class SideProcesses:
    """The processes that run now, so that all end with the console. Use it from threads."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._ended = False

    def run(self, job: Job, tell: Callable[[Progress], None], seconds: float = LONGEST_SECONDS) -> Answer:
        """The answer to the job; waits for it."""
        with self._lock:
            if self._ended:
                return Failed(why="the console is being stopped")
            process = subprocess.Popen(  # noqa: S603  our own program, nothing from outside in its arguments
                [sys.executable, "-P", "-m", "streams.console.side_child", str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=_environment(),
                start_new_session=True,
            )
            self._running.add(process)
        timer = threading.Timer(seconds, process.kill)
        timer.start()
        try:
            return self._answer(process, job, tell)
        finally:
            late = not timer.is_alive()
            timer.cancel()
            process.kill()
            process.wait()
            with self._lock:
                self._running.discard(process)
            if late:
                log.warning("a process beside the console was ended", after_seconds=seconds)

    def end(self) -> None:
        """End all, and begin none any more."""
        with self._lock:
            self._ended = True
            for process in self._running:
                process.kill()

    def _answer(self, process: subprocess.Popen[bytes], job: Job, tell: Callable[[Progress], None]) -> Answer:
        assert process.stdin is not None  # noqa: S101  as started above
        assert process.stdout is not None  # noqa: S101
        decoder: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)
        try:
            process.stdin.write(msgspec.json.encode(job))
            process.stdin.close()
            while line := process.stdout.readline(LONGEST_LINE):
                told = decoder.decode(line)
                if not isinstance(told, Progress):
                    return told
                tell(told)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            log.warning("a process beside the console broke off", error=str(error)[:300])
        return Failed(why="it took too long or too much memory, and was ended")


def _environment() -> dict[str, str]:
    """None of the console's secrets."""
    kept = {name: value for name in KEPT_VARIABLES if (value := os.environ.get(name)) is not None}
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
