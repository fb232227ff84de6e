"""Who may: looked at before every page and action. What no route names is not found; what is not allowed, refused."""

import asyncio
import contextlib
import hmac
from collections.abc import Mapping

from aiohttp import web

from streams.console import sessions
from streams.console.asker import (
    ADDRESS,
    CSRF,
    PERSON,
    SESSION_KEY,
    client_of,
    csrf_of,
    person_of,
    person_or_none,
    session_key_of,
)
from streams.console.client_address import client_address
from streams.console.context import Console, console_of
from streams.console.origin import comes_from_us
from streams.console.people import Permission
from streams.console.proxy_sign_in import is_known, sign_in_by_proxy
from streams.console.refusals import CsrfError
from streams.console.routes import Handler
from streams.console.session_cookie import SESSION_COOKIE, token_in
from streams.console.sessions import token_key
from streams.trusted_networks import address_of, is_among, networks_of

CSRF_FIELD = "csrf"
CSRF_HEADER = "X-CSRF-Token"
NEEDS: web.AppKey[Mapping[Handler, Permission | None]] = web.AppKey("needs", dict)
ZERO = "\x00"
"""Which no text of ours holds, and PostgreSQL takes in none (8.3)."""
SAFE = ("GET", "HEAD")
PROBES = ("/livez", "/readyz")
STRANGERS_BODY = 64 * 1024
"""The largest body of one who is not signed in: a sign-in form."""
FORM_SECONDS = 20.0
"""For a form to come in; whoever sends it a byte a minute holds a connection, and nothing else, so long."""
STREAM_CHECK_SECONDS = 5.0
"""How soon an open stream of news ends after its session."""

__all__ = [
    "CSRF_FIELD", "CSRF_HEADER", "NEEDS", "SESSION_COOKIE", "CsrfError",
    "client_of", "csrf_of", "guard", "person_of", "person_or_none", "token_key",
]  # fmt: skip


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Sign the request in, and let it through only if it may."""
    console = console_of(request)
    settings = console.settings.dashboard
    _check_host(request, settings.hosts)
    trusted = networks_of(settings.trusted_proxies)
    peer = _peer_of(request)
    request[ADDRESS] = client_address(peer, request.headers.getall("X-Forwarded-For", []), trusted)
    by_trusted = is_among(address_of(peer), trusted)
    if request.method not in SAFE:
        _check_site(request, by_trusted=by_trusted)
    if ZERO in request.path or ZERO in request.query_string:
        raise web.HTTPBadRequest(text="zero")
    if settings.sign_in == "proxy":
        await sign_in_by_proxy(request, by_trusted=by_trusted, peer=peer)
    elif token := token_in(request):
        await _sign_in_by_session(console, request, token)
    if request.match_info.http_exception is not None:
        return await handler(request)
    _check_permission(request)
    if request.method not in SAFE:
        if person_or_none(request) is None:
            _check_size(request)
        form = await _form_of(request)
        if person_or_none(request) is not None:
            _check_token(request, form)
    if "text/event-stream" in request.headers.get("Accept", ""):
        return await _while_signed_in(console, request, handler)
    return await handler(request)


async def _sign_in_by_session(console: Console, request: web.Request, token: str) -> None:
    # What pages fetch by themselves keeps nobody signed in who has gone home.
    by_itself = "X-Fragment" in request.headers or "text/event-stream" in request.headers.get("Accept", "")
    hours = console.settings.dashboard.session_hours
    session = await console.blocking(
        lambda: sessions.alive(console.database, token_key(token), hours, sign_of_life=not by_itself)
    )
    if session is not None:
        request[PERSON], request[CSRF], request[SESSION_KEY] = session.person, session.csrf, session.key


def _check_host(request: web.Request, hosts: str) -> None:
    """Refuse what was meant for another name: only a page of that name, led here, asks so. Probes ask by address."""
    if not hosts or request.path in PROBES:
        return
    asked = (request.url.host or "").lower().rstrip(".")
    if asked not in {each.strip().lower().strip("[]") for each in hosts.split(",")}:
        raise web.HTTPMisdirectedRequest(text="host")


def _check_site(request: web.Request, *, by_trusted: bool) -> None:
    """Refuse what another site's page sends, signed in or not: a sign-in that it forges is an attack too."""
    hosts = [request.headers.get("Host", "")]
    if by_trusted and (outside := request.headers.get("X-Forwarded-Host")):
        hosts.append(outside.rpartition(",")[2].strip())
    https = console_of(request).settings.dashboard.https
    headers = request.headers
    if not comes_from_us(headers.get("Sec-Fetch-Site"), headers.get("Origin"), hosts, https=https):
        raise CsrfError


def _check_permission(request: web.Request) -> None:
    needs = request.app[NEEDS].get(request.match_info.handler, "people")
    if needs is None:
        return
    person = person_or_none(request)
    if person is None:
        raise web.HTTPUnauthorized
    if not person.may(needs):
        raise web.HTTPForbidden


def _check_size(request: web.Request) -> None:
    """One who is nobody yet may not fill the memory, or the disk with files."""
    size = request.content_length
    if request.body_exists and (size is None or size > STRANGERS_BODY):
        raise web.HTTPRequestEntityTooLarge(STRANGERS_BODY, size or 0)
    if request.content_type.startswith("multipart/"):
        raise web.HTTPUnsupportedMediaType


async def _form_of(request: web.Request) -> Mapping[str, object]:
    """The form's fields, which stay for the handler; uploads are left to it."""
    if request.content_type.startswith("multipart/"):
        return {}
    try:
        async with asyncio.timeout(FORM_SECONDS):
            form = await request.post()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (ValueError, LookupError):
        raise web.HTTPBadRequest(text="form") from None
    if any(ZERO in value for value in form.values() if isinstance(value, str)):
        raise web.HTTPBadRequest(text="zero")
    return form


def _check_token(request: web.Request, form: Mapping[str, object]) -> None:
    given = request.headers.get(CSRF_HEADER)
    if given is None:
        given = str(form.get(CSRF_FIELD, ""))
    wanted = csrf_of(request)
    if not wanted or not hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode()):
        raise CsrfError


async def _while_signed_in(console: Console, request: web.Request, handler: Handler) -> web.StreamResponse:
    """The handler's stream, which ends soon after the session, the role or the person is no more."""
    answering = asyncio.ensure_future(handler(request))
    try:
        while not answering.done():
            await asyncio.wait({answering}, timeout=STREAM_CHECK_SECONDS)
            if not answering.done() and not await console.blocking(_is_still, console, request):
                break
        else:
            return answering.result()
    finally:
        if not answering.done():
            answering.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await answering
    if request.transport is not None:
        request.transport.close()
    raise web.HTTPUnauthorized


def _is_still(console: Console, request: web.Request) -> bool:
    """Whether the one who opened the stream would still get it."""
    person, settings = person_or_none(request), console.settings.dashboard
    if person is None:
        return True
    if settings.sign_in == "proxy":
        with console.database.read() as connection:
            return is_known(connection, person)
    key = session_key_of(request)
    session = sessions.alive(console.database, key, settings.session_hours, sign_of_life=False)
    return session is not None and session.person == person


def _peer_of(request: web.Request) -> str:
    """The other end of the connection; what a request says of itself does not count."""
    peer = request.transport.get_extra_info("peername") if request.transport is not None else None
    return str(peer[0]) if isinstance(peer, tuple) else ""
