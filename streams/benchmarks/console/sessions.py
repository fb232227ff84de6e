"""People of the benchmark, signed in without a password: their sessions are put into the database."""

import secrets

from sqlalchemy import delete, insert

from streams.console.database import Database
from streams.console.guard import token_key
from streams.console.tables import PEOPLE, SESSIONS
from streams.epoch import now_ms

PERSON = "benchmark-"


def sign_in(database: Database, viewers: int) -> list[str]:
    """A session for each viewer; their tokens."""
    now = now_ms()
    active = {"role": "admin", "disabled": False, "created_ms": now, "changed_ms": now}
    tokens = [secrets.token_urlsafe(32) for _ in range(viewers)]
    names = [f"{PERSON}{number}" for number in range(viewers)]
    with database.write() as connection:
        connection.execute(delete(PEOPLE).where(PEOPLE.c.name.startswith(PERSON)))
        connection.execute(insert(PEOPLE), [{"name": name} | active for name in names])
        connection.execute(
            insert(SESSIONS),
            [
                {"token": token_key(token), "person": name, "csrf": "c", "made_ms": now, "seen_ms": now}
                for token, name in zip(tokens, names, strict=True)
            ],
        )
    return tokens
