"""Who acts on alerts, and from where; what they do is written down with it."""

from aiohttp import web
from msgspec import Struct
from sqlalchemy import Connection

from streams.console import audit
from streams.console.asker import client_of, person_of


class Actor(Struct, frozen=True):
    """One who is signed in. `address`: where the request came from."""

    person: str
    address: str


def actor_of(request: web.Request) -> Actor:
    """Who asks."""
    return Actor(person_of(request).name, client_of(request))


def note(connection: Connection, actor: Actor, action: str, subject: str, detail: str = "") -> None:
    """Put it into the audit log."""
    audit.record(connection, actor.person, actor.address, action, subject, detail)
