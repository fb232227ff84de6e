"""`relistwatch takedowns resolve` as a process of its own, to be stopped or killed."""

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from streams.die_with_parent import die_with_parent
from streams.settings import ENV_PREFIX, Settings, as_environment


class ResolverProcess:
    """Runs until it is stopped; its log is at `log`."""

    def __init__(self, settings: Settings, log: Path, *options: str) -> None:
        self.log = log
        environment = {name: value for name, value in os.environ.items() if not name.startswith(ENV_PREFIX)}
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "streams", "takedowns", "resolve", "--log-json", *options],
                env=environment | as_environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                preexec_fn=partial(die_with_parent, os.getpid()),  # noqa: PLW1509  one prctl call
            )

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
