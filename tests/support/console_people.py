"""People with passwords, and browsers without a screen that know only what a page shows them."""

import re
from typing import Any

import httpx
from console_client import Served

from connectors.web_trust import web_trust
from streams.console import accounts
from streams.console.audit import COMMAND, Entry, Filter, entries
from streams.console.context import Console
from streams.console.passwords import hashed
from streams.console.people import Role

PASSWORD = "seven blue herons"
OTHER_PASSWORD = "eight green herons"


def add_person(console: Console, name: str, role: Role = "viewer", password: str | None = PASSWORD) -> None:
    """Somebody who may sign in."""
    kept = None if password is None else hashed(password)
    with console.database.write() as connection:
        accounts.add(connection, name, role, kept, COMMAND)


def log_of(console: Console, **wanted: Any) -> list[Entry]:
    """The audit log, the newest first."""
    with console.database.read() as connection:
        return entries(connection, Filter(**wanted), 1000)


class Browser:
    """Keeps cookies, follows no redirect, and takes tokens from pages as a form would."""

    def __init__(self, site: Served, **headers: str) -> None:
        self.client = httpx.Client(
            base_url=site.base, timeout=30, verify=web_trust(), trust_env=False, headers=headers
        )

    def get(self, path: str, **headers: str) -> httpx.Response:
        """A page."""
        return self.client.get(path, headers={"Accept": "text/html", **headers})

    def csrf(self, path: str = "/account") -> str:
        """The token of this page's forms."""
        found = re.search(r'name="csrf" content="([^"]*)"', self.get(path).text)
        assert found is not None
        return found.group(1)

    def post(
        self, path: str, fields: dict[str, str] | None = None, token: str | None = None, **headers: str
    ) -> httpx.Response:
        """A form sent from a page, with the token that pages show now, or another one."""
        sent = {"csrf": self.csrf() if token is None else token} | (fields or {})
        return self.client.post(path, data=sent, headers={"Accept": "text/html", **headers})

    def sign_in(
        self, name: str, password: str = PASSWORD, goal: str = "/account", **headers: str
    ) -> httpx.Response:
        """The sign-in form, filled in and sent."""
        fields = {"name": name, "password": password, "next": goal}
        return self.post("/sign-in", fields, token=self.csrf("/sign-in"), **headers)

    @property
    def session(self) -> str | None:
        """The session's cookie."""
        return self.client.cookies.get("rw_session") or None
