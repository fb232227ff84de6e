"""Who may: looked at before every page and action. What no route names is not found; what is not allowed, refused."""

import hashlib
import hmac
import time
from collections.abc import Mapping

from aiohttp import web
from sqlalchemy import select, update

from streams.console.context import Console, console_of
from streams.console.people import Permission, Person, Role
from streams.console.routes import Handler
from streams.console.tables import PEOPLE, SESSIONS

SESSION_COOKIE = "rw_session"
CSRF_FIELD = "csrf"
CSRF_HEADER = "X-CSRF-Token"
PERSON: web.RequestKey[Person] = web.RequestKey("person", Person)
CSRF: web.RequestKey[str] = web.RequestKey("csrf", str)
NEEDS: web.AppKey[Mapping[Handler, Permission | None]] = web.AppKey("needs", dict)
SEEN_MS = 60_000
"""How often a session's sign of life is written down."""


class CsrfError(web.HTTPForbidden):
    """An action whose token is not the session's, or that another site sent."""


def person_or_none(request: web.Request) -> Person | None:
    """Who asks, where they are signed in."""
    return request.get(PERSON)


def person_of(request: web.Request) -> Person:
    """Who asks; on a route that needs a permission there always is one."""
    return request[PERSON]


def csrf_of(request: web.Request) -> str:
    """The token that forms of this page carry; empty before signing in."""
    token: str | None = request.get(CSRF)
    return token or ""


def token_key(token: str) -> str:
    """What of a session's token is kept: a stolen database signs nobody in."""
    return hashlib.sha256(token.encode()).hexdigest()


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Sign the request in, and let it through only if it may."""
    console = console_of(request)
    if token := request.cookies.get(SESSION_COOKIE):
        found = await console.blocking(_session, console, token)
        if found is not None:
            request[PERSON], request[CSRF] = found
    if request.match_info.http_exception is not None:
        return await handler(request)
    needs = request.app[NEEDS].get(request.match_info.handler, "people")
    person = person_or_none(request)
    if needs is not None and person is None:
        if request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
            raise web.HTTPSeeOther(f"/sign-in?next={request.rel_url.raw_path_qs}")
        raise web.HTTPUnauthorized
    if person is not None and needs is not None and not person.may(needs):
        raise web.HTTPForbidden
    if request.method not in ("GET", "HEAD") and person is not None:
        await _check_csrf(request)
    return await handler(request)


async def _check_csrf(request: web.Request) -> None:
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise CsrfError
    given = request.headers.get(CSRF_HEADER)
    if given is None and not request.content_type.startswith("multipart/"):
        given = str((await request.post()).get(CSRF_FIELD, ""))
    if not hmac.compare_digest((given or "").encode(), request[CSRF].encode()):
        raise CsrfError


def _session(console: Console, token: str) -> tuple[Person, str] | None:
    now, key = int(time.time() * 1000), token_key(token)
    lasts = console.settings.dashboard.session_hours * 3_600_000
    with console.database.read() as connection:
        row = connection.execute(
            select(SESSIONS.c.csrf, SESSIONS.c.made_ms, SESSIONS.c.seen_ms, PEOPLE.c.name, PEOPLE.c.role)
            .join(PEOPLE, PEOPLE.c.name == SESSIONS.c.person)
            .where(SESSIONS.c.token == key, PEOPLE.c.disabled.is_(False))
        ).one_or_none()
    if row is None or now - row.made_ms > lasts or now - row.seen_ms > lasts / 4:
        return None
    if now - row.seen_ms > SEEN_MS:
        with console.database.write() as connection:
            connection.execute(update(SESSIONS).where(SESSIONS.c.token == key).values(seen_ms=now))
    role: Role = row.role
    return Person(row.name, role), row.csrf
