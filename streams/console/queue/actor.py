"""Who acts on alerts, and from where; what they do is written down with it."""

import time

from aiohttp import web
from msgspec import Struct
from sqlalchemy import Connection, insert

from streams.console.guard import person_of
from streams.console.tables import AUDIT


class Actor(Struct, frozen=True):
    """One who is signed in. `address`: where the request came from."""

    person: str
    address: str


def actor_of(request: web.Request) -> Actor:
    """Who asks."""
    return Actor(person_of(request).name, request.remote or "")


def note(connection: Connection, actor: Actor, action: str, subject: str, detail: str = "") -> None:
    """Put it into the audit log."""
    connection.execute(
        insert(AUDIT).values(
            at_ms=int(time.time() * 1000),
            person=actor.person,
            address=actor.address,
            action=action,
            subject=subject,
            detail=detail,
        )
    )
