"""The cookie that holds a session's token: no script reads it, no other site's form brings it."""

from http.cookies import SimpleCookie

from aiohttp import web

from streams.console.context import console_of
from streams.settings import Dashboard

SESSION_COOKIE = "rw_session"
TOKEN: web.RequestKey[str] = web.RequestKey("token", str)
"""What the answer is to leave in the browser: a new session's token, or nothing of an old one."""


def cookie_name(settings: Dashboard) -> str:
    """With https the browser sees to it that no other host, port or path has set it (RFC 6265bis, 4.1.3.2)."""
    return f"__Host-{SESSION_COOKIE}" if settings.https else SESSION_COOKIE


def token_in(request: web.Request) -> str:
    """The token that the browser brings; empty without one."""
    return request.cookies.get(cookie_name(console_of(request).settings.dashboard), "")


def keep_token(request: web.Request, token: str) -> None:
    """Let the answer to this request leave the token in the browser."""
    request[TOKEN] = token


def forget_token(request: web.Request) -> None:
    """Let the answer to this request take the token out of the browser."""
    request[TOKEN] = ""


async def add_session_cookie(request: web.Request, response: web.StreamResponse) -> None:
    """On every answer, also a redirect or a fault: the token that was kept or forgotten meanwhile.

    SameSite is Lax: with Strict a link to an alert, clicked in a mail, would ask for a sign-in that is there.
    """
    token = request.get(TOKEN)
    if token is None:
        return
    settings = console_of(request).settings.dashboard
    cookie: SimpleCookie = SimpleCookie()
    name = cookie_name(settings)
    cookie[name] = token
    cookie[name]["path"], cookie[name]["samesite"] = "/", "Lax"
    cookie[name]["httponly"] = True
    if settings.https:
        cookie[name]["secure"] = True
    if not token:
        cookie[name]["max-age"] = 0
    # The framework has written its own cookies by now.
    response.headers.add("Set-Cookie", cookie[name].OutputString())
