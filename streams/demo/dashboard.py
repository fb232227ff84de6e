"""The demo's console: a `relistwatch dashboard` with an admin whose password is drawn for this demo alone."""

import contextlib
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from streams.console import accounts
from streams.console.audit import COMMAND
from streams.console.database import Database, database_url
from streams.console.passwords import hashed
from streams.settings import Settings
from streams.worker.worker_process import WorkerProcess

ADMIN = "demo"


@dataclass
class DemoDashboard:
    """Runs while it is entered."""

    settings: Settings
    log: Path
    name: str = ADMIN
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12), repr=False)

    def __enter__(self) -> Self:
        database = Database(database_url(self.settings))
        try:
            with database.write() as connection:
                accounts.add(connection, self.name, "admin", hashed(self.password), COMMAND)
        finally:
            database.close()
        with contextlib.ExitStack() as opening:
            self._process = opening.enter_context(WorkerProcess(self.settings, self.log, ("dashboard",)))
            self._process.wait_ready()
            self._open = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def url(self) -> str:
        """Where it answers."""
        return self._process.url("/")
