"""One console at a time feeds a database, and the topics that it read before are recognised."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from alert_records import alert, dead_letter
from feed_records import Feeding, fed
from sqlalchemy import insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from streams.console.database import VERSION, Database
from streams.console.feed.keeper import BatchKeeper
from streams.console.feed.turn import turn_on
from streams.console.tables import ALERTS, AUDIT, DEAD_LETTERS, META, OFFSETS, PEOPLE
from streams.topics import ALERTS as ALERTS_TOPIC
from streams.topics import DEAD_LETTERS as LETTERS_TOPIC

HOLDER = """
import sys, time
from streams.console.database import Database
from streams.console.feed.turn import turn_on
turn = turn_on(Database(sys.argv[1]))
print(turn.take(), flush=True)
sys.stdin.read()
"""


@contextmanager
def holder(url: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the turn."""
    command = [sys.executable, "-c", HOLDER, url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        try:
            yield process
        finally:
            process.kill()


def test_only_one_has_the_turn_and_the_next_gets_it(database: Database, database_url: str) -> None:
    other = Database(database_url)
    with closing(turn_on(database)) as ours:
        assert ours.take()
        with closing(turn_on(other)) as theirs:
            assert not theirs.take()
            assert not theirs.take()
            ours.close()
            # PostgreSQL notices that the connection has ended a moment after.
            assert any(theirs.take() for _ in range(2000))
    other.close()


def test_who_is_killed_loses_the_turn(database: Database, database_url: str) -> None:
    with closing(turn_on(database)) as ours:
        with holder(database_url) as process:
            assert not ours.take()
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        # PostgreSQL notices that the connection has ended a moment after.
        assert any(ours.take() for _ in range(2000))


def test_who_loses_the_connection_loses_the_right_to_write(database: Database, database_url: str) -> None:
    if not database.is_postgres:
        pytest.skip("SQLite has no connection to lose")
    other = Database(database_url)
    with closing(turn_on(database)) as ours, closing(turn_on(other)) as theirs:
        assert ours.take()
        with other.write() as connection:
            connection.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
            )
        assert any(theirs.take() for _ in range(2000))
        with pytest.raises(SQLAlchemyError), ours.write() as connection:
            connection.execute(insert(OFFSETS).values(topic="t", partition=0, next=1))
    assert Feeding(database).rows(OFFSETS) == []
    other.close()


def begun(feeding: Feeding, **identity: str) -> None:
    BatchKeeper(feeding.turn, lambda: 0, feeding.told.append).begin(identity)


def test_other_topics_are_read_anew_and_people_stay(feeding: Feeding) -> None:
    begun(feeding, alerts="cluster-1 id-1", verdicts="cluster-1 id-2")
    feeding.put((ALERTS_TOPIC, fed("alert-1", alert(1))), (LETTERS_TOPIC, fed(b"k", dead_letter())))
    feeding.keeper.read_once()
    with feeding.turn.write() as connection:
        connection.execute(
            insert(PEOPLE).values(
                name="analyst-7", role="analyst", disabled=False, created_ms=0, changed_ms=0
            )
        )
        connection.execute(
            insert(AUDIT).values(at_ms=0, person="analyst-7", address="", action="a", subject="", detail="")
        )
    begun(feeding, alerts="cluster-1 id-1", verdicts="cluster-1 id-2", more="cluster-1 id-3")
    assert len(feeding.rows(ALERTS)) == len(feeding.rows(OFFSETS)) == len(feeding.rows(DEAD_LETTERS)) == 1
    begun(feeding, alerts="cluster-1 id-9", verdicts="cluster-1 id-2", more="cluster-1 id-3")
    assert feeding.rows(ALERTS) == feeding.rows(OFFSETS) == feeding.rows(DEAD_LETTERS) == []
    assert len(feeding.rows(PEOPLE)) == len(feeding.rows(AUDIT)) == 1
    with feeding.database.read() as connection:
        meta = dict(connection.execute(select(META.c.name, META.c.value)).all())  # type: ignore[arg-type]
    assert meta == {
        "version": VERSION, "topic alerts": "cluster-1 id-9", "topic verdicts": "cluster-1 id-2",
        "topic more": "cluster-1 id-3",
    }  # fmt: skip


def test_topics_of_another_name_are_other_topics(feeding: Feeding) -> None:
    begun(feeding, alerts="cluster-1 id-1")
    feeding.put((ALERTS_TOPIC, fed("alert-1", alert(1))))
    begun(feeding, **{"test-alerts": "cluster-1 id-1"})
    assert feeding.rows(ALERTS) == []


def test_what_fails_leaves_neither_rows_nor_offsets(feeding: Feeding) -> None:
    feeding.put((ALERTS_TOPIC, fed("alert-1", alert(1))))
    feeding.keeper.take(ALERTS_TOPIC, [fed("alert-2", alert(2))])
    feeding.keeper._batch.letters[0, 0] = {"partition": 0, "offset": 0}
    with pytest.raises(SQLAlchemyError):
        feeding.keeper.commit({("t", 0): 99})
    assert [row["alert_id"] for row in feeding.rows(ALERTS)] == ["alert-1"]
    assert feeding.row(OFFSETS)["next"] == 1
