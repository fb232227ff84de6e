"""Workers as child processes: for the demo, the benchmarks and the fault tests."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from streams.die_with_parent import die_with_parent
from streams.settings import ENV_PREFIX, Settings, as_environment

READY_SECONDS = 60.0
STOP_SECONDS = 30.0


class WorkerError(RuntimeError):
    """The worker ended, or never got ready; the message carries the end of its log."""


class WorkerProcess:
    """One `relistwatch worker`, or another command with its options and a /readyz, by which it is watched.

    `prefix` stands before the command, as `ip netns exec NAME`; `environment` is added to its own.
    """

    def __init__(
        self,
        settings: Settings,
        log: Path,
        command: Sequence[str] = ("worker",),
        *,
        prefix: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.port = free_port()
        self._host = settings.web.host
        self.log = log
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(ENV_PREFIX)}
        with log.open("ab") as out:
            self.process = subprocess.Popen(  # noqa: S603  our own program, no shell
                [
                    *prefix,
                    sys.executable,
                    "-P",
                    "-m",
                    "streams",
                    *command,
                    "--log-json",
                    "--port",
                    str(self.port),
                ],
                env=inherited | as_environment(settings) | dict(environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                # A Ctrl-C at the terminal reaches the parent alone, which stops its workers in order.
                start_new_session=True,
                preexec_fn=partial(die_with_parent, os.getpid()),  # noqa: PLW1509  one prctl call
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.stop()

    def url(self, path: str) -> str:
        """The address of one of the worker's pages."""
        return f"http://{self._host}:{self.port}{path}"

    def is_ready(self) -> bool:
        """Whether /readyz says so now."""
        try:
            with urllib.request.urlopen(self.url("/readyz"), timeout=1) as answer:  # noqa: S310  loopback
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def wait_ready(self, seconds: float = READY_SECONDS) -> None:
        """Return when the worker is ready.

        Raises:
            WorkerError: it ended first, or took longer.
        """
        deadline = time.monotonic() + seconds
        while not self.is_ready():
            if self.process.poll() is not None:
                raise WorkerError(f"the worker ended with {self.process.returncode}:\n{self._tail()}")
            if time.monotonic() > deadline:
                raise WorkerError(f"the worker was not ready after {seconds:.0f} s:\n{self._tail()}")
            time.sleep(0.05)

    def metrics(self) -> str:
        """The worker's metrics as Prometheus text."""
        with urllib.request.urlopen(self.url("/metrics"), timeout=5) as answer:  # noqa: S310  loopback
            return bytes(answer.read()).decode()

    def kill(self) -> None:
        """End it with SIGKILL, as a machine that fails would."""
        self.process.kill()
        self.process.wait()

    def stop(self, seconds: float = STOP_SECONDS) -> int:
        """Ask it to finish what is in hand and end; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        return int(self.process.returncode)

    def _tail(self) -> str:
        return self.log.read_text(errors="replace")[-3000:]


def free_port() -> int:
    """A port of the loopback address that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
