"""The processes that a supervisor keeps running: workers and connectors. One that ends is started again."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import msgspec
import structlog

from streams.die_with_parent import die_with_parent
from streams.settings import Settings, as_environment
from streams.worker.worker_process import WorkerProcess

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.2
RESTART_SECONDS = 0.5
"""Between an end and the next start, as a supervisor that backs off a little."""


LAST_WORDS = 200
"""Characters of a log that say why a process ended."""


class Connector:
    """One `relistwatch connect`, which has no pages by which it could be watched."""

    def __init__(self, settings: Settings, log: Path, command: tuple[str, ...]) -> None:
        with log.open("ab") as out:
            self.process = subprocess.Popen(  # noqa: S603  our own program, no shell
                [sys.executable, "-P", "-m", "streams", *command],
                env=os.environ | as_environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=partial(die_with_parent, os.getpid()),  # noqa: PLW1509  one prctl call
            )

    def stop(self, seconds: float = 20.0) -> None:
        """Ask it to end, and end it where it does not."""
        self.process.terminate()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass
class Post:
    """One place that must be filled. `expected`: the next end is a fault's doing or a rollout's, not a surprise."""

    name: str
    settings: Settings
    log: Path
    command: tuple[str, ...] = ("worker",)
    prefix: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    process: WorkerProcess | Connector | None = None
    expected: bool = False
    free_at: float = 0.0

    @property
    def pid(self) -> int:
        """Of the process that runs, or ran last."""
        assert self.process is not None, "the post was never filled"  # noqa: S101
        return self.process.process.pid

    def metrics(self) -> str:
        """Its metrics; empty where it cannot be asked."""
        if not isinstance(self.process, WorkerProcess):
            return ""
        try:
            return self.process.metrics()
        except OSError:
            return ""

    @property
    def is_worker(self) -> bool:
        """Whether it takes part in the workers' group."""
        return self.command[0] == "worker"

    def is_ready(self) -> bool:
        """Whether its process runs and says that it is ready; a connector has no way to say so."""
        return isinstance(self.process, WorkerProcess) and self.process.is_ready()


class Crew(threading.Thread):
    """Fills the posts. Its thread lives as long as the processes do: they end with it, whatever becomes of us."""

    def __init__(self) -> None:
        super().__init__(name="supervisor", daemon=True)
        self.posts: list[Post] = []
        self.restarts: list[str] = []
        """Ends that nothing explained, and those of faults."""
        self.phase = "start"
        """What is being done, for `restarts`."""
        self._ending = threading.Event()
        self._lock = threading.RLock()

    @property
    def workers(self) -> list[Post]:
        """The posts of workers."""
        return [post for post in self.posts if post.is_worker]

    def add(self, post: Post) -> Post:
        """A further post, filled by the supervisor's next look."""
        with self._lock:
            self.posts.append(post)
        return post

    def run(self) -> None:
        """Look after the posts until `dismiss`."""
        while not self._ending.is_set():
            with self._lock:
                for post in self.posts:
                    self._tend(post)
            time.sleep(LOOK_SECONDS)
        with self._lock:
            for post in self.posts:
                if post.process is not None:
                    post.process.stop()

    def _tend(self, post: Post) -> None:
        now = time.monotonic()
        if post.process is not None and post.process.process.poll() is not None:
            code = post.process.process.returncode
            why = "by the fault" if post.expected else last_words(post.log)
            self.restarts.append(f"{self.phase}: {post.name} ended with {code} ({why})")
            log.info("ended, is started again", post=post.name, code=code, expected=post.expected)
            post.process, post.expected, post.free_at = None, False, now + RESTART_SECONDS
        if post.process is None and now >= post.free_at:
            if post.command[0] == "connect":
                post.process = Connector(post.settings, post.log, post.command)
                return
            post.process = WorkerProcess(
                post.settings, post.log, post.command, prefix=post.prefix, environment=post.environment
            )

    def signal(self, post: Post, number: int, *, ends: bool) -> int:
        """Send the post's process a signal; `ends`: it will end of it, by the fault's doing. Gives its id."""
        with self._lock:
            post.expected = ends
            os.kill(post.pid, number)
            return post.pid

    def dismiss(self) -> None:
        """Stop all in order; returns when they have ended."""
        self._ending.set()
        self.join()

    def wait_ready(self, wait: Callable[[float, Callable[[], bool]], bool], seconds: float = 90.0) -> None:
        """Return when every worker says that it is ready.

        Raises:
            RuntimeError: one does not get ready.
        """

        def ready() -> bool:
            return all(post.is_ready() for post in self.workers)

        if not wait(seconds, ready):
            tails = "\n".join(post.log.read_text(errors="replace")[-1500:] for post in self.workers)
            raise RuntimeError(f"the workers were not ready after {seconds:.0f} s:\n{tails}")


def last_words(log: Path) -> str:
    """The end of the last error of a worker's log, or of its last line; for a person."""
    lines = log.read_bytes()[-50_000:].decode(errors="replace").splitlines() if log.exists() else []
    if not lines:
        return "no word"
    grave = [line for line in lines if '"level": "critical"' in line or '"level": "error"' in line]
    line = (grave or lines)[-1]
    try:
        said = msgspec.json.decode(line.encode(), type=dict[str, object])
    except msgspec.MsgspecError:
        return line[-LAST_WORDS:]
    cause = str(said.get("error") or said.get("exception") or "").strip().rpartition("\n")[2]
    return f"{said.get('event')}: {cause}"[:LAST_WORDS]
