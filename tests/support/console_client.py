"""A console that answers in the test's own process, and browsers' requests to it."""

import asyncio
import re
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
from aiohttp import web
from sqlalchemy import insert

from connectors.web_trust import web_trust
from streams.console.app import ROUTES, build_app
from streams.console.context import Console
from streams.console.database import Database
from streams.console.guard import SESSION_COOKIE, token_key
from streams.console.people import Role
from streams.console.routes import Route
from streams.console.tables import PEOPLE, SESSIONS
from streams.settings import Settings


def session_for(console: Console, role: Role, name: str | None = None) -> tuple[str, str]:
    """A person of this role signed in: the session's token and its CSRF token."""
    name = name or f"{role}-7"
    token, csrf, now = secrets.token_urlsafe(32), secrets.token_urlsafe(32), int(time.time() * 1000)
    with console.database.write() as connection:
        connection.execute(PEOPLE.delete().where(PEOPLE.c.name == name))
        connection.execute(
            insert(PEOPLE).values(name=name, role=role, disabled=False, created_ms=now, changed_ms=now)
        )
        connection.execute(
            insert(SESSIONS).values(token=token_key(token), person=name, csrf=csrf, made_ms=now, seen_ms=now)
        )
    return token, csrf


class Visitor:
    """A browser without a screen. `role` None: not signed in."""

    def __init__(self, base: str, console: Console, role: Role | None, name: str | None = None) -> None:
        self.csrf = ""
        cookies = {}
        if role is not None:
            cookies[SESSION_COOKIE], self.csrf = session_for(console, role, name)
        self.client = httpx.Client(
            base_url=base, cookies=cookies, timeout=30, verify=web_trust(), trust_env=False
        )

    def get(self, path: str, **headers: str) -> httpx.Response:
        """A page."""
        return self.client.get(path, headers={"Accept": "text/html", **headers})

    def post(self, path: str, accept: str = "application/json", **fields: str) -> httpx.Response:
        """An action, with the token of the session."""
        return self.client.post(path, data=fields, headers={"Accept": accept, "X-CSRF-Token": self.csrf})


class Served:
    """A console and where it answers."""

    def __init__(self, console: Console, base: str) -> None:
        self.console, self.base = console, base

    def visitor(self, role: Role | None = "viewer", name: str | None = None) -> Visitor:
        """One who comes by."""
        return Visitor(self.base, self.console, role, name)


@contextmanager
def served(console: Console, routes: Sequence[Route] = ROUTES) -> Iterator[Served]:
    """The console's pages on a free port, in a thread; its parts do not run."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start() -> tuple[web.AppRunner, int]:
        runner = web.AppRunner(build_app(console, routes), access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner, int(runner.addresses[0][1])

    runner, port = asyncio.run_coroutine_threadsafe(start(), loop).result(30)
    try:
        yield Served(console, f"http://127.0.0.1:{port}")
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def console_in(folder: Path, settings: Settings | None = None) -> Iterator[Console]:
    """A console with an empty SQLite database."""
    console = Console(settings or Settings(), Database(f"sqlite:///{folder / 'console.sqlite'}"))
    try:
        yield console
    finally:
        console.close()


def text_of(html: str) -> str:
    """What a reader sees, roughly."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()
