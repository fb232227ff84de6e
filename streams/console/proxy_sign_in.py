"""People whom the web server before the console has signed in: known by a header, from a trusted proxy alone.

A session of ours carries their CSRF token; it is no proof of anything, since the proxy says again in each request
who asks.
"""

import structlog
from aiohttp import web
from msgspec import Struct
from sqlalchemy import Connection, select, update

from streams.console import accounts, sessions
from streams.console.asker import CSRF, PERSON, SESSION_KEY, client_of
from streams.console.audit import record
from streams.console.context import Console, console_of
from streams.console.people import Person, Role
from streams.console.refusals import DisabledError, NotOurProxyError, ProxyNameError
from streams.console.session_cookie import keep_token, token_in
from streams.console.sessions import Session, token_key
from streams.console.tables import PEOPLE
from streams.epoch import now_ms

log = structlog.get_logger(__name__)


class _Known(Struct, frozen=True):
    person: Person
    session: Session | None
    token: str = ""


async def sign_in_by_proxy(request: web.Request, *, by_trusted: bool, peer: str) -> None:
    """Sign in whom the proxy names; one who is not known yet is added with the settings' role.

    Raises:
        NotOurProxyError: the header comes from elsewhere.
        ProxyNameError: it names nobody, or several.
        DisabledError: the person may not sign in.
    """
    console = console_of(request)
    named = request.headers.getall(console.settings.dashboard.proxy_user_header, [])
    if not named:
        return
    if not by_trusted:
        log.warning("a sign-in header from an address that is no trusted proxy", peer=peer, path=request.path)
        raise NotOurProxyError
    if not (len(named) == 1 and named[0].strip()):
        raise ProxyNameError
    try:
        name = accounts.clean_name(named[0])
    except accounts.AccountError:
        raise ProxyNameError from None
    is_page = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
    browser = request.headers.get("User-Agent", "")
    known = await console.blocking(
        _look_up, console, name, token_in(request), client_of(request), browser if is_page else None
    )
    request[PERSON] = known.person
    if known.session is not None:
        request[CSRF], request[SESSION_KEY] = known.session.csrf, known.session.key
    if known.token:
        keep_token(request, known.token)


def is_known(connection: Connection, person: Person) -> bool:
    """Whether the person is still there, not disabled, and has the same role."""
    return _role(connection, person.name) == person.role


def _look_up(console: Console, name: str, token: str, address: str, browser: str | None) -> _Known:
    """`browser` None: nothing that shows a form, so it needs no session of its own."""
    database, settings = console.database, console.settings.dashboard
    with database.read() as connection:
        role = _role(connection, name)
    if role is None:
        with database.write() as connection:
            accounts.add_by_proxy(connection, name, settings.proxy_role, address)
            role = _role(connection, name)
    if role is None:
        raise DisabledError
    person = Person(name, role)
    if token:
        session = sessions.alive(database, token_key(token), settings.session_hours, sign_of_life=True)
        if session is not None and session.person.name == name:
            return _Known(person, session)
    if browser is None:
        return _Known(person, None)
    with database.write() as connection:
        sessions.end(connection, token_key(token))
        made = sessions.begin(connection, name, address, browser, settings.session_hours)
        connection.execute(update(PEOPLE).where(PEOPLE.c.name == name).values(signed_in_ms=now_ms()))
        record(connection, person, address, "sign-in", name, "by the proxy")
    session = sessions.alive(database, token_key(made), settings.session_hours, sign_of_life=False)
    return _Known(person, session, made)


def _role(connection: Connection, name: str) -> Role | None:
    """None: not there, or disabled."""
    found: Role | None = connection.scalar(
        select(PEOPLE.c.role).where(PEOPLE.c.name == name, PEOPLE.c.disabled.is_(False))
    )
    return found
