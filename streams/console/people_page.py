"""Who may use the console: people added, their roles, passwords, and who may no more. For admins."""

from collections.abc import Callable
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from streams.console import accounts
from streams.console.accounts import Account, AccountError
from streams.console.answers import asks_for_json, done, refused
from streams.console.asker import person_of
from streams.console.context import console_of
from streams.console.passwords import BusyError, PasswordError, check_rules, hashed, passwords_of
from streams.console.people import MAY, PERMISSIONS, ROLES, Role
from streams.console.rendering import page
from streams.console.routes import Route
from streams.console.sign_in_page import BUSY_SECONDS

DONE = ("people.added", "people.role_changed", "people.password_set", "people.disabled", "people.enabled")


async def show(request: web.Request) -> web.StreamResponse:
    """Everyone, by name."""
    return await _shown(request)


async def add(request: web.Request) -> web.StreamResponse:
    """A new person; with sign-in by the proxy, without a password."""
    form = await request.post()
    role, password = _role(str(form.get("role", ""))), str(form.get("password", ""))
    try:
        name = accounts.clean_name(str(form.get("name", "")))
        kept = None if console_of(request).by_proxy else await _hashed(request, name, password)
    except (AccountError, PasswordError) as error:
        return await _shown(request, error.word, 400)
    except BusyError:
        return await _shown(request, "sign_in.busy", 503, BUSY_SECONDS)
    return await _do(
        request, lambda connection: accounts.add(connection, name, role, kept, request), "people.added"
    )


async def change_role(request: web.Request) -> web.StreamResponse:
    """Another role for somebody else."""
    name, by_proxy = await _other(request), console_of(request).by_proxy
    role = _role(str((await request.post()).get("role", "")))
    return await _do(
        request,
        lambda connection: accounts.set_role(connection, name, role, request, by_proxy=by_proxy),
        "people.role_changed",
    )


async def disable(request: web.Request) -> web.StreamResponse:
    """Let somebody else sign in no more."""
    return await _switch(request, disabled=True)


async def enable(request: web.Request) -> web.StreamResponse:
    """Let somebody sign in again."""
    return await _switch(request, disabled=False)


async def reset_password(request: web.Request) -> web.StreamResponse:
    """Another password for somebody else; one's own needs the present one, on the account's page."""
    name = await _other(request)
    try:
        kept = await _hashed(request, name, str((await request.post()).get("password", "")))
    except PasswordError as error:
        return await _shown(request, error.word, 400)
    except BusyError:
        return await _shown(request, "sign_in.busy", 503, BUSY_SECONDS)
    return await _do(
        request,
        lambda connection: accounts.set_password(connection, name, kept, request),
        "people.password_set",
    )


async def _switch(request: web.Request, *, disabled: bool) -> web.Response:
    name, by_proxy = await _other(request), console_of(request).by_proxy
    return await _do(
        request,
        lambda connection: accounts.set_disabled(connection, name, disabled, request, by_proxy=by_proxy),
        "people.disabled" if disabled else "people.enabled",
    )


async def _do(request: web.Request, work: Callable[[Connection], None], key: str) -> web.Response:
    console = console_of(request)

    def write() -> None:
        with console.database.write() as connection:
            work(connection)

    try:
        await console.blocking(write)
    except AccountError as error:
        return await _shown(request, error.word, 409)
    return done(request, "/people", key)


async def _hashed(request: web.Request, name: str, password: str) -> str:
    check_rules(name, password)
    passwords = passwords_of(console_of(request))
    async with passwords.turn():
        return await passwords.work(hashed, password)


async def _other(request: web.Request) -> str:
    """The name in the form, which is not one's own: a slip, or a page left open, must not raise or remove oneself."""
    name = str((await request.post()).get("name", ""))
    if name == person_of(request).name:
        raise web.HTTPForbidden
    return name


def _role(text: str) -> Role:
    for role in ROLES:
        if role == text:
            return role
    raise web.HTTPBadRequest(text="role")


async def _shown(
    request: web.Request, problem: str | None = None, status: int = 200, seconds: int = 0
) -> web.Response:
    if problem is not None and asks_for_json(request):
        return refused(request, problem, status, seconds=seconds)
    console = console_of(request)

    def look() -> list[Account]:
        with console.database.read() as connection:
            return accounts.everyone(connection)

    said = request.query.get("done", "")
    values: dict[str, Any] = {
        "people": await console.blocking(look),
        "problem": problem,
        "seconds": seconds,
        "done": said if said in DONE and problem is None else None,
        "roles": ROLES,
        "may": {role: [each for each in PERMISSIONS if each in MAY[role]] for role in ROLES},
        "by_proxy": console_of(request).by_proxy,
    }
    return page(request, "people.html", values, status=status)


ROUTES = (
    Route("GET", "/people", show, needs="people"),
    Route("POST", "/people/add", add, needs="people"),
    Route("POST", "/people/role", change_role, needs="people"),
    Route("POST", "/people/disable", disable, needs="people"),
    Route("POST", "/people/enable", enable, needs="people"),
    Route("POST", "/people/password", reset_password, needs="people"),
)
