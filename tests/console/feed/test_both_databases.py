"""The console's tables on SQLite and PostgreSQL alike."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from streams.console.database import VERSION, Database, DatabaseError
from streams.console.tables import META, OFFSETS, PEOPLE


def test_the_database_is_the_one_that_was_asked_for(database: Database, database_url: str) -> None:
    assert database.engine.dialect.name == database_url.partition(":")[0]
    assert database.is_postgres == database_url.startswith("postgresql")


def test_a_transaction_is_all_or_nothing(database: Database) -> None:
    row = insert(OFFSETS).values(topic="alerts", partition=0, next=5)

    def twice() -> None:
        with database.write() as connection:
            connection.execute(row)
            connection.execute(row)

    with pytest.raises(IntegrityError):
        twice()
    with database.read() as connection:
        assert connection.execute(select(OFFSETS)).all() == []


def test_opened_again_it_holds_what_it_held_and_refuses_other_tables(
    database: Database, database_url: str
) -> None:
    with database.write() as connection:
        connection.execute(insert(OFFSETS).values(topic="alerts", partition=0, next=2**40))
    again = Database(database_url)
    with again.read() as connection:
        assert connection.scalar(select(OFFSETS.c.next)) == 2**40
    with again.write() as connection:
        connection.execute(META.update().where(META.c.name == "version").values(value="0"))
        assert connection.scalar(text("SELECT 1")) == 1
    again.close()
    with pytest.raises(DatabaseError, match="tables of version 0"):
        Database(database_url)


def test_tables_of_an_earlier_version_are_filled_anew_and_people_stay(
    database: Database, database_url: str
) -> None:
    person = {"name": "analyst-7", "role": "analyst", "disabled": False, "created_ms": 1, "changed_ms": 1}
    with database.write() as connection:
        connection.execute(insert(OFFSETS).values(topic="alerts", partition=0, next=7))
        connection.execute(insert(PEOPLE).values(person))
        connection.execute(insert(META).values(name="topic alerts", value="an identity"))
        connection.execute(META.update().where(META.c.name == "version").values(value="1"))
        connection.execute(text("DROP TABLE alert_takedowns"))
        connection.execute(text("ALTER TABLE alerts ADD COLUMN members TEXT"))
    again = Database(database_url)
    with again.read() as connection:
        assert connection.execute(select(OFFSETS)).all() == []
        assert connection.scalars(select(PEOPLE.c.name)).all() == ["analyst-7"]
        assert dict(connection.execute(select(META.c.name, META.c.value)).all()) == {"version": VERSION}
        columns = [*connection.execute(text("SELECT * FROM alerts")).keys()]
    assert "members" not in columns
    again.close()


def test_consoles_that_start_together_make_the_tables_once(database_url: str) -> None:
    together = Barrier(8)

    def start(_: int) -> None:
        together.wait(10)
        Database(database_url).close()

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(start, range(8))) == [None] * 8
