"""A real PostgreSQL of the tests' own, from the distribution's package: in memory speed, nothing kept."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from streams.die_with_parent import die_with_parent

USER = "postgres"
"""PostgreSQL refuses to run as root; the package brings this user."""
PREFIX = "rw-pg-"
OLD_SECONDS = 3600.0
FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "listen_addresses=",
    "max_connections=60",
)


def programs() -> Path | None:
    """Where `initdb` and `postgres` are, the newest version; None where they are not installed."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(
        installed, key=lambda path: int(path.parts[-3]) if path.parts[-3].isdigit() else 0, default=None
    )
    return None if newest is None else newest.parent


def sweep() -> None:
    """Take away what runs left that were killed: folders of an hour ago and more, whose server is gone."""
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > OLD_SECONDS and not runs(
                left / "data" / "postmaster.pid"
            ):
                shutil.rmtree(left, ignore_errors=True)


def runs(pid_file: Path) -> bool:
    """Whether the server that wrote it is there."""
    try:
        return Path(f"/proc/{pid_file.read_text().split()[0]}").exists()
    except (OSError, IndexError):
        return False


class PostgresServer:
    """Runs until it is left. Reached through a socket in a folder of its own, so no port can be taken."""

    def __init__(self, bin_folder: Path) -> None:
        self._bin = bin_folder
        # Not pytest's own folder: another user must be able to get there.
        sweep()
        self._folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._as: dict[str, object] = {}
        if os.geteuid() == 0:
            owner = pwd.getpwnam(USER)
            os.chown(self._folder, owner.pw_uid, owner.pw_gid)
            self._as = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        self._process: subprocess.Popen[bytes] | None = None
        self._made = 0

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if self._process is not None:
            self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def stop(self) -> None:
        """End it at once, with all its connections (PostgreSQL's 'fast shutdown')."""
        assert self._process is not None
        self._process.send_signal(2)
        self._process.wait(30)

    def start_again(self) -> None:
        """The same databases, after `stop`."""
        self._run()

    def database(self) -> str:
        """The URL of a new, empty database."""
        self._made += 1
        name = f"console_{self._made}"
        with self._connected() as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
        return f"postgresql://{USER}@/{name}?host={self._folder}"

    def _start(self) -> None:
        made = subprocess.run(
            [self._bin / "initdb", "-D", self._folder / "data", "-U", USER, "-A", "trust", "-E", "UTF8",
             "--locale=C.UTF-8", "--no-sync"],
            capture_output=True, text=True, cwd=self._folder, check=False, **self._as,
        )  # fmt: skip
        if made.returncode != 0:
            raise RuntimeError(f"initdb: {made.stderr}")
        self._run()

    def _run(self) -> None:
        options = [part for each in FAST for part in ("-c", each)]
        log = self._folder / "log"
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", self._folder / "data", "-k", self._folder, *options],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=self._folder,
                preexec_fn=partial(die_with_parent, os.getpid()),  # noqa: PLW1509  one prctl call
                **self._as,  # type: ignore[arg-type]
            )
        deadline = time.monotonic() + 60
        while True:
            try:
                self._connected().close()
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"postgres: {log.read_text(errors='replace')[-3000:]}") from None
                time.sleep(0.05)
            else:
                return

    def _connected(self) -> psycopg.Connection:
        return psycopg.connect(host=str(self._folder), user=USER, dbname="postgres", autocommit=True)
