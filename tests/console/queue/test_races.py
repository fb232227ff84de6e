"""Two analysts never decide the same alert unknowingly: however many try at once, one does."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from console_client import Served, Visitor
from deciding_console import deciding
from kafka_client import KafkaClient
from queued_alerts import in_force, put, queued, states
from sqlalchemy import select

from streams.console.database import Database
from streams.console.tables import AUDIT, CLAIMS, DECISIONS
from streams.settings import Settings

pytestmark = pytest.mark.kafka
JUDGEMENTS = ("relist", "same backdrop", "not a relist", "unsure")


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What came of all, begun together."""
    together, results = threading.Barrier(len(works)), [None] * len(works)

    def run(number: int, work: Callable[[], Any]) -> None:
        together.wait()
        results[number] = work()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def say(visitor: Visitor, number: int, verdict: str, seen: str = "open") -> Callable[[], Any]:
    return lambda: visitor.post(f"/alerts/alert-{number}/verdict", verdict=verdict, seen=seen)


@pytest.fixture
def two_desks(topics: Settings, database_url: str) -> Iterator[tuple[Served, Served]]:
    """Two consoles with one database, each with its own connections, sender and threads."""
    first, second = Database(database_url), Database(database_url)
    with deciding(topics, first) as one, deciding(topics, second) as other:
        yield one, other
    first.close()
    second.close()


def test_of_many_one_decides_and_the_others_are_told_who(
    two_desks: tuple[Served, Served], client: KafkaClient
) -> None:
    database = two_desks[0].console.database
    put(database, [queued(number) for number in range(1, 4)])
    visitors = [two_desks[each % 2].visitor("analyst", f"analyst-{each}") for each in range(8)]
    for number in range(1, 4):
        answers = at_once(*(say(each, number, JUDGEMENTS[at % 4]) for at, each in enumerate(visitors)))
        codes = [answer.status_code for answer in answers]
        assert sorted(codes) == [200] + [409] * 7
        winner = codes.index(200)
        assert in_force(database)[f"alert-{number}"] == (JUDGEMENTS[winner % 4], f"analyst-{winner}")
        for answer in answers:
            if answer.status_code == 409:
                assert answer.json()["who"] == f"analyst-{winner}"
    records = client.read_until("verdicts", lambda found: len(found) >= 3, quiet=0.3)
    assert sorted(record.key.decode() for record in records) == ["alert-1", "alert-2", "alert-3"]
    with database.read() as connection:
        assert connection.scalar(select(CLAIMS.c.alert_id)) is None


def test_one_person_in_two_windows_decides_once(two_desks: tuple[Served, Served]) -> None:
    put(two_desks[0].console.database, [queued(1)])
    first = two_desks[0].visitor("analyst", "analyst-1")
    second = two_desks[1].visitor("analyst", "analyst-1")
    answers = at_once(*(say(each, 1, verdict) for each, verdict in ((first, "relist"), (second, "unsure"))))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


def test_who_has_it_open_keeps_it_from_others(two_desks: tuple[Served, Served]) -> None:
    put(two_desks[0].console.database, [queued(1)])
    holder, other = (desk.visitor("analyst", f"analyst-{n}") for n, desk in enumerate(two_desks, 1))
    holder.get("/alerts/alert-1")
    refused = say(other, 1, "relist")()
    assert (refused.status_code, refused.json()["why"], refused.json()["who"]) == (
        409,
        "claimed",
        "analyst-1",
    )
    assert "analyst-1" in refused.json()["error"]
    assert refused.json()["look"] == "/alerts/alert-1"
    other.post("/alerts/alert-1/claim", take_over="yes")
    assert say(holder, 1, "relist")().json()["who"] == "analyst-2"
    assert say(other, 1, "unsure")().status_code == 200
    assert in_force(two_desks[0].console.database) == {"alert-1": ("unsure", "analyst-2")}


def test_a_verdict_that_the_page_did_not_show_is_not_replaced(two_desks: tuple[Served, Served]) -> None:
    database = two_desks[0].console.database
    put(database, [queued(1)])
    first, second = (desk.visitor("analyst", f"analyst-{n}") for n, desk in enumerate(two_desks, 1))
    assert say(first, 1, "relist")().status_code == 200
    refused = say(second, 1, "unsure")()
    assert (refused.status_code, refused.json()["why"]) == (409, "changed")
    assert refused.json() | {"at_ms": 0} == refused.json() | {
        "who": "analyst-1",
        "state": "relist",
        "at_ms": 0,
    }
    at = refused.json()["at_ms"]
    # The same word, said again by somebody else meanwhile, is another verdict.
    assert say(first, 1, "relist", f"relist@{at}")().status_code == 200
    assert say(second, 1, "unsure", f"relist@{at}")().status_code == 409
    page = second.get("/alerts/alert-1").text
    seen = page.split('name="seen" value="')[1].split('"')[0]
    assert seen.startswith("relist@")
    assert say(second, 1, "unsure", seen)().status_code == 200
    assert states(database) == {"alert-1": "unsure"}


def test_many_undo_at_once_and_one_does(two_desks: tuple[Served, Served], client: KafkaClient) -> None:
    database = two_desks[0].console.database
    put(database, [queued(1)])
    visitor = two_desks[0].visitor("analyst", "analyst-1")
    assert say(visitor, 1, "relist")().status_code == 200
    answers = at_once(*(lambda: visitor.post("/alerts/undo") for _ in range(6)))
    assert [answer.status_code for answer in answers].count(200) == 1
    assert {answer.status_code for answer in answers} <= {200, 404, 409}
    assert states(database) == {"alert-1": "open"}
    assert in_force(database) == {}
    records = client.read_until("verdicts", lambda found: len(found) >= 2, quiet=0.3)
    assert [record.value is None for record in records] == [False, True]
    with database.read() as connection:
        assert connection.scalar(select(DECISIONS.c.decision)) is None
        assert list(connection.scalars(select(AUDIT.c.action).order_by(AUDIT.c.number))) == [
            "verdict",
            "undo",
        ]
