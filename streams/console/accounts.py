"""Who may sign in, and with which role: added, changed, disabled, never removed. Each change is in the audit log."""

import re
from typing import Any

from aiohttp import web
from msgspec import Struct
from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from streams.console import sessions
from streams.console.audit import record
from streams.console.people import Person, Role
from streams.console.tables import PEOPLE
from streams.epoch import now_ms

LONGEST_NAME = 100
_NAME = re.compile(rf"[a-z0-9][a-z0-9._@+\\/-]{{0,{LONGEST_NAME - 1}}}")
By = web.Request | Person | str


class AccountError(ValueError):
    """A change that is refused; `word` says why on pages."""

    def __init__(self, word: str) -> None:
        self.word = word
        super().__init__(word)


class Account(Struct, frozen=True):
    """One who may sign in, or might before."""

    name: str
    role: Role
    disabled: bool
    has_password: bool
    created_ms: int
    signed_in_ms: int | None


def clean_name(text: str) -> str:
    """The name in small letters: so no two people have names that look alike.

    Raises:
        AccountError: it is none.
    """
    name = text.strip()
    # Small letters first would make ASCII of some other letters, such as the Kelvin sign.
    if not name.isascii() or not _NAME.fullmatch(name := name.lower()):
        raise AccountError("people.wrong_name")
    return name


def everyone(connection: Connection) -> list[Account]:
    """All people by name."""
    columns = PEOPLE.c
    rows = connection.execute(
        select(
            columns.name,
            columns.role,
            columns.disabled,
            columns.password.is_not(None),
            columns.created_ms,
            columns.signed_in_ms,
        ).order_by(columns.name)
    )
    return [Account(*row) for row in rows]


def nobody_can_sign_in(connection: Connection) -> bool:
    """Whether there is nobody yet with a password."""
    wanted = select(PEOPLE.c.name).where(PEOPLE.c.disabled.is_(False), PEOPLE.c.password.is_not(None))
    return connection.execute(wanted.limit(1)).first() is None


def add(
    connection: Connection, name: str, role: Role, kept: str | None, by: By, *, address: str = ""
) -> None:
    """A new person. `kept`: the password as Argon2 writes it; None for one whom only the proxy signs in.

    Raises:
        AccountError: the name is none, or taken.
    """
    name = clean_name(name)
    if not _insert(connection, name, role, kept):
        raise AccountError("people.taken")
    record(connection, by, address, "person added", name, role)


def add_by_proxy(connection: Connection, name: str, role: Role, address: str) -> None:
    """A person whom the proxy has named first; nothing where another request was faster, or who is disabled."""
    if _insert(connection, name, role, None):
        record(connection, Person(name, role), address, "person added", name, f"{role}, by the proxy")


def set_role(
    connection: Connection, name: str, role: Role, by: By, *, address: str = "", by_proxy: bool
) -> None:
    """Another role, at once: open sessions end. `by_proxy`: admins without a password can sign in too.

    Raises:
        AccountError: there is nobody of that name, or nobody would be left to give roles.
    """
    admins = _admins(connection, by_proxy=by_proxy)
    before = _row(connection, name)
    if before.role == role:
        return
    _keep_an_admin(admins, name)
    _change(connection, name, role=role)
    sessions.end_all(connection, name)
    record(connection, by, address, "role changed", name, f"{before.role} to {role}")


def set_disabled(
    connection: Connection, name: str, disabled: bool, by: By, *, address: str = "", by_proxy: bool
) -> None:
    """Let a person sign in no more, at once; or again.

    Raises:
        AccountError: as `set_role`.
    """
    admins = _admins(connection, by_proxy=by_proxy)
    if _row(connection, name).disabled == disabled:
        return
    if disabled:
        _keep_an_admin(admins, name)
        sessions.end_all(connection, name)
    _change(connection, name, disabled=disabled)
    record(connection, by, address, "person disabled" if disabled else "person enabled", name)


def set_password(
    connection: Connection, name: str, kept: str, by: By, *, address: str = "", own: bool = False
) -> None:
    """Another password; all sessions end.

    Raises:
        AccountError: there is nobody of that name.
    """
    _row(connection, name)
    _change(connection, name, password=kept)
    sessions.end_all(connection, name)
    record(connection, by, address, "password changed" if own else "password reset", name)


def password_of(connection: Connection, name: str) -> str | None:
    """The password as it is kept, of one who may sign in; None for anybody else."""
    wanted = select(PEOPLE.c.password).where(PEOPLE.c.name == name, PEOPLE.c.disabled.is_(False))
    found: str | None = connection.scalar(wanted)
    return found


def is_there(connection: Connection, name: str) -> bool:
    """Whether anybody has the name, disabled or not."""
    return connection.execute(select(PEOPLE.c.name).where(PEOPLE.c.name == name)).first() is not None


def _insert(connection: Connection, name: str, role: Role, kept: str | None) -> bool:
    now = now_ms()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    added = insert(PEOPLE).values(
        name=name, role=role, password=kept, disabled=False, created_ms=now, changed_ms=now
    )
    return connection.execute(added.on_conflict_do_nothing().returning(PEOPLE.c.name)).first() is not None


def _admins(connection: Connection, *, by_proxy: bool) -> set[str]:
    """Who could undo a mistake. The rows are held, so that two admins cannot remove each other at once."""
    admins = select(PEOPLE.c.name).where(PEOPLE.c.role == "admin", PEOPLE.c.disabled.is_(False))
    if not by_proxy:
        admins = admins.where(PEOPLE.c.password.is_not(None))
    return set(connection.scalars(admins.order_by(PEOPLE.c.name).with_for_update()))


def _keep_an_admin(admins: set[str], name: str) -> None:
    if admins == {name}:
        raise AccountError("people.last_admin")


def _row(connection: Connection, name: str) -> Any:
    found = connection.execute(select(PEOPLE).where(PEOPLE.c.name == name).with_for_update()).one_or_none()
    if found is None:
        raise AccountError("people.unknown")
    return found


def _change(connection: Connection, name: str, **values: Any) -> None:
    now = now_ms()
    connection.execute(update(PEOPLE).where(PEOPLE.c.name == name).values(changed_ms=now, **values))
