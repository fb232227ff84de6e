"""Who asks, and from where: what the guard has found out about a request."""

from aiohttp import web

from streams.console.people import Person

PERSON: web.RequestKey[Person] = web.RequestKey("person", Person)
CSRF: web.RequestKey[str] = web.RequestKey("csrf", str)
SESSION_KEY: web.RequestKey[str] = web.RequestKey("session_key", str)
"""What the database knows the session by."""
ADDRESS: web.RequestKey[str] = web.RequestKey("address", str)


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


def session_key_of(request: web.Request) -> str:
    """What the database knows the session by; empty without one."""
    key: str | None = request.get(SESSION_KEY)
    return key or ""


def client_of(request: web.Request) -> str:
    """The address that the request comes from, as far as trusted proxies say; for the audit log."""
    address: str | None = request.get(ADDRESS)
    return address or "unknown"
