"""Signing in with a name and a password."""

from aiohttp import web
from msgspec import Struct
from sqlalchemy import Connection, update

from streams.console import accounts, sessions, throttle
from streams.console.asker import client_of, session_key_of
from streams.console.audit import NOBODY, record
from streams.console.context import Console, console_of
from streams.console.passwords import hashed, is_outdated, is_right, passwords_of
from streams.console.tables import PEOPLE
from streams.console.throttle import Attempt
from streams.epoch import now_ms


class SignIn(Struct, frozen=True):
    """How it went. `token`: the new session's, empty for a wrong name or password. `wait_ms`: not looked at, and when
    it will be."""

    token: str = ""
    wait_ms: int = 0


async def sign_in(request: web.Request, typed: str, password: str) -> SignIn:
    """Look at name and password. The session is a new one, whatever the browser brought.

    Raises:
        BusyError: too many are being looked at.
    """
    console, address = console_of(request), client_of(request)
    name = _name(typed)
    if wait := await console.blocking(_wait, console, name, address):
        return SignIn(wait_ms=wait)
    async with passwords_of(console).turn():
        wait, attempt, kept = await console.blocking(_begin, console, name, address)
        if wait:
            return SignIn(wait_ms=wait)
        right = await passwords_of(console).work(is_right, kept, password)
        better = None
        if right and kept and is_outdated(kept):
            better = await passwords_of(console).work(hashed, password)
    old, browser = session_key_of(request), request.headers.get("User-Agent", "")

    def end() -> SignIn:
        with console.database.write() as connection:
            # The person may have been disabled, or the password changed, while it was looked at.
            if not right or kept is None or accounts.password_of(connection, name) != kept:
                _record_failure(connection, name, address)
                return SignIn()
            throttle.succeeded(connection, attempt)
            changes = {"signed_in_ms": now_ms()} | ({"password": better} if better else {})
            connection.execute(update(PEOPLE).where(PEOPLE.c.name == name).values(**changes))
            sessions.end(connection, old)
            hours = console.settings.dashboard.session_hours
            token = sessions.begin(connection, name, address, browser, hours)
            record(connection, name, address, "sign-in", name)
            return SignIn(token)

    return await console.blocking(end)


def _name(typed: str) -> str:
    try:
        return accounts.clean_name(typed)
    except accounts.AccountError:
        return typed[: accounts.LONGEST_NAME + 1]  # nobody's, but attempts with it are counted like any


def _wait(console: Console, name: str, address: str) -> int:
    """Before anything is written: those who must wait cost a look."""
    with console.database.read() as connection:
        return throttle.wait_of(connection, throttle.sign_in_attempt(connection, name, address))


def _begin(console: Console, name: str, address: str) -> tuple[int, Attempt, str | None]:
    with console.database.write() as connection:
        attempt = throttle.sign_in_attempt(connection, name, address)
        wait = throttle.begin(connection, attempt)
        return wait, attempt, accounts.password_of(connection, name)


def _record_failure(connection: Connection, name: str, address: str) -> None:
    """With the name only where there is one: what was typed as a name may have been the password."""
    known = accounts.is_there(connection, name)
    record(
        connection, NOBODY, address, "sign-in failed", name if known else "", "" if known else "unknown name"
    )
