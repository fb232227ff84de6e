"""What every page of the console works with."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiohttp import web

from streams.console.database import Database
from streams.console.live import Live
from streams.settings import Settings

THREADS = 8
Result = TypeVar("Result")


@dataclass(slots=True)
class Console:
    """One running console. `services`: what a part offers to pages, by its type, such as the photo proxy."""

    settings: Settings
    database: Database
    live: Live = field(default_factory=Live)
    services: dict[type, Any] = field(default_factory=dict)
    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(THREADS, "console"))

    @property
    def by_proxy(self) -> bool:
        """Whether a proxy in front says who somebody is, and nobody has a password here."""
        return self.settings.dashboard.sign_in == "proxy"

    def service(self, kind: type[Result]) -> Result:
        """The part of this type."""
        found: Result = self.services[kind]
        return found

    async def blocking(self, work: Callable[..., Result], *args: Any) -> Result:
        """The result of what waits for the database, a disk or Kafka, awaited beside the other pages."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, work, *args)

    def close(self) -> None:
        """Let go of threads and database."""
        self.threads.shutdown(cancel_futures=True)
        self.database.close()


CONSOLE: web.AppKey[Console] = web.AppKey("console", Console)


def console_of(request: web.Request) -> Console:
    """The console that answers this request."""
    return request.app[CONSOLE]
