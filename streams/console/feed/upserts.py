"""Many rows at once into a table, whether they are there already or not: alike on SQLite and PostgreSQL."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from streams.console.feed.fitting import Row

CHUNK = 500
"""Keys in one statement: SQLite takes 32,766 values in one since 3.32, 999 before."""

Insert = postgresql.Insert | sqlite.Insert
Changes = Callable[[Any], Mapping[str, Any]]
"""From the row that was to be inserted, what becomes of the row that is there."""


def upsert(connection: Connection, table: Table, rows: Sequence[Row], changes: Changes | None = None) -> None:
    """Insert the rows; one that is there is replaced, or changed as `changes` says."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key.columns]
    statement = _insert(connection, table)
    new = statement.excluded
    if changes is None:
        changed: Mapping[str, Any] = {name: new[name] for name in rows[0] if name not in keys}
    else:
        changed = changes(new)
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), list(rows))


def insert_missing(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert the rows that are not there."""
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), list(rows))


def remove(connection: Connection, table: Table, keys: Sequence[str]) -> None:
    """Delete the rows of these keys."""
    (column,) = table.primary_key.columns
    if keys:
        statement = delete(table).where(column == bindparam("gone"))
        connection.execute(statement, [{"gone": key} for key in keys])


def held(connection: Connection, table: Table, keys: Sequence[str], column: str) -> dict[str, Any]:
    """What the column of these rows holds, by key."""
    (key,) = table.primary_key.columns
    found: dict[str, Any] = {}
    for some in chunks(keys):
        rows = connection.execute(select(key, table.c[column]).where(key.in_(some)))
        found |= {row[0]: row[1] for row in rows}
    return found


def chunks(keys: Sequence[Any]) -> Iterator[list[Any]]:
    """The keys in lists that fit into one statement."""
    for start in range(0, len(keys), CHUNK):
        yield list(keys[start : start + CHUNK])


def _insert(connection: Connection, table: Table) -> Any:
    """The dialect's own, which has `on_conflict_...`."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
