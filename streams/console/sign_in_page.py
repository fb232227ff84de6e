"""The pages by which people come and go."""

from typing import Any
from urllib.parse import quote

from aiohttp import web

from streams.console import sessions
from streams.console.accounts import nobody_can_sign_in
from streams.console.answers import asks_for_json, done, refused
from streams.console.asker import person_of, person_or_none, session_key_of
from streams.console.audit import record
from streams.console.context import Console, console_of
from streams.console.passwords import BusyError
from streams.console.rendering import page
from streams.console.routes import Route
from streams.console.same_site import local_path
from streams.console.session_cookie import forget_token, keep_token
from streams.console.sign_in import sign_in

BUSY_SECONDS = 5
LEFT = "sign_in.left"


async def show(request: web.Request) -> web.StreamResponse:
    """The form; whom the browser has signed in goes on."""
    following = local_path(request.query.get("next", "/"))
    left_proxy = request.query.get("done") == LEFT and console_of(request).by_proxy
    if person_or_none(request) is not None and not left_proxy:
        raise web.HTTPSeeOther(following)
    return await _form(request, {"next": following})


async def enter(request: web.Request) -> web.StreamResponse:
    """Sign in and go where one wanted to."""
    if console_of(request).by_proxy:
        raise web.HTTPNotFound
    form = await request.post()
    typed, password = str(form.get("name", "")), str(form.get("password", ""))
    following = local_path(str(form.get("next", "/")))
    try:
        went = await sign_in(request, typed, password)
    except BusyError:
        return await _again(request, typed, following, "sign_in.busy", 503, seconds=BUSY_SECONDS)
    if went.wait_ms:
        return await _again(request, typed, following, "sign_in.wait", 429, seconds=-(-went.wait_ms // 1000))
    if not went.token:
        return await _again(request, typed, following, "sign_in.wrong", 401)
    keep_token(request, went.token)
    if asks_for_json(request):
        return web.json_response({"next": following}, headers={"Cache-Control": "no-store"})
    raise web.HTTPSeeOther(following)


async def leave(request: web.Request) -> web.StreamResponse:
    """Sign out: the session is over, here and in the database."""
    console, person, key = console_of(request), person_of(request), session_key_of(request)
    await console.blocking(_end, console, request, person.name, key)
    forget_token(request)
    return done(request, "/sign-in", LEFT)


def _end(console: Console, request: web.Request, name: str, key: str) -> None:
    with console.database.write() as connection:
        sessions.end(connection, key)
        record(connection, request, "", "sign-out", name)


async def _again(
    request: web.Request, typed: str, following: str, problem: str, status: int, *, seconds: int = 0
) -> web.Response:
    if asks_for_json(request):
        response = refused(request, problem, status, seconds=seconds)
    else:
        shown = {"next": following, "name": typed[:100], "problem": problem, "seconds": seconds}
        response = await _form(request, shown, status)
    if seconds:
        response.headers["Retry-After"] = str(seconds)
    return response


async def _form(request: web.Request, values: dict[str, Any], status: int = 200) -> web.Response:
    console = console_of(request)
    by_proxy = console_of(request).by_proxy

    def look() -> bool:
        with console.database.read() as connection:
            return nobody_can_sign_in(connection)

    empty = not by_proxy and await console.blocking(look)
    shown = {"name": "", "problem": None, "seconds": 0, "by_proxy": by_proxy, "empty": empty}
    shown["left"] = request.query.get("done") == LEFT
    shown["back"] = f"/sign-in?next={quote(str(values['next']), safe='/?=')}"
    return page(request, "sign_in.html", shown | values, status=status)


ROUTES = (
    Route("GET", "/sign-in", show, needs=None),
    Route("POST", "/sign-in", enter, needs=None),
    Route("POST", "/sign-out", leave),
)
