"""One's own account: another password, and where one is signed in."""

from aiohttp import web

from streams.console import accounts, sessions, throttle
from streams.console.answers import asks_for_json, done, refused
from streams.console.asker import client_of, person_of, session_key_of
from streams.console.audit import record
from streams.console.context import Console, console_of
from streams.console.passwords import (
    BusyError,
    PasswordError,
    check_rules,
    hashed,
    is_right,
    passwords_of,
)
from streams.console.rendering import page
from streams.console.routes import Route
from streams.console.session_cookie import keep_token
from streams.console.sessions import OwnSession
from streams.console.sign_in_page import BUSY_SECONDS

DONE = ("account.password_changed", "account.others_ended")


async def show(request: web.Request) -> web.StreamResponse:
    """The account."""
    return await _shown(request)


async def change_password(request: web.Request) -> web.StreamResponse:
    """Another password for one who knows the present one: an open browser is not enough. All sessions end; the one
    that asks goes on with a new token."""
    console, name, form = console_of(request), person_of(request).name, await request.post()
    present, new = str(form.get("present", "")), str(form.get("new", ""))
    if new != str(form.get("again", "")):
        return await _shown(request, "password.unlike", 400)
    attempt = throttle.password_attempt(name)

    def begin() -> tuple[int, str | None]:
        with console.database.write() as connection:
            return throttle.begin(connection, attempt), accounts.password_of(connection, name)

    try:
        check_rules(name, new)
        async with passwords_of(console).turn():
            wait, kept = await console.blocking(begin)
            if wait:
                return await _shown(request, "sign_in.wait", 429, -(-wait // 1000))
            if not await passwords_of(console).work(is_right, kept, present):
                return await _shown(request, "password.wrong", 400)
            better = await passwords_of(console).work(hashed, new)
    except PasswordError as error:
        return await _shown(request, error.word, 400)
    except BusyError:
        return await _shown(request, "sign_in.busy", 503, BUSY_SECONDS)
    token = await console.blocking(
        lambda: _keep(console, request, name, attempt, kept=kept or "", better=better)
    )
    if not token:
        raise web.HTTPUnauthorized
    keep_token(request, token)
    return done(request, "/account", "account.password_changed")


def _keep(
    console: Console, request: web.Request, name: str, attempt: throttle.Attempt, *, kept: str, better: str
) -> str:
    browser, hours = request.headers.get("User-Agent", ""), console.settings.dashboard.session_hours
    with console.database.write() as connection:
        if accounts.password_of(connection, name) != kept:
            return ""  # an admin was faster
        throttle.succeeded(connection, attempt)
        accounts.set_password(connection, name, better, request, own=True)
        return sessions.begin(connection, name, client_of(request), browser, hours)


async def end_others(request: web.Request) -> web.StreamResponse:
    """Sign out everywhere else."""
    console, name, key = console_of(request), person_of(request).name, session_key_of(request)

    def work() -> None:
        with console.database.write() as connection:
            ended = sessions.end_all(connection, name, but=key)
            record(connection, request, "", "sessions ended", name, str(ended))

    await console.blocking(work)
    return done(request, "/account", "account.others_ended")


async def _shown(
    request: web.Request, problem: str | None = None, status: int = 200, seconds: int = 0
) -> web.Response:
    if problem is not None and asks_for_json(request):
        response = refused(request, problem, status, seconds=seconds)
    else:
        console, name = console_of(request), person_of(request).name

        def look() -> tuple[list[OwnSession], bool]:
            with console.database.read() as connection:
                own = sessions.own(connection, name)
                return own, accounts.password_of(connection, name) is not None

        own, has_password = await console.blocking(look)
        said = request.query.get("done", "")
        values = {
            "problem": problem,
            "seconds": seconds,
            "done": said if said in DONE and problem is None else None,
            "sessions": own,
            "this": session_key_of(request),
            "has_password": has_password and console.settings.dashboard.sign_in == "password",
        }
        response = page(request, "account.html", values, status=status)
    if seconds:
        response.headers["Retry-After"] = str(seconds)
    return response


ROUTES = (
    Route("GET", "/account", show),
    Route("POST", "/account/password", change_password),
    Route("POST", "/account/end-others", end_others),
)
