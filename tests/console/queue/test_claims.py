"""Who has an alert open: taken once, kept, given back, taken over knowingly; on both databases."""

import threading

import pytest
from console_client import Visitor, served
from queued_alerts import put, queued
from sqlalchemy import select

from streams.console.context import Console
from streams.console.database import Database
from streams.console.queue.claims import OLD_MS, claim, holders, leave, prune
from streams.console.queue.reservation import Seen, reserve
from streams.console.rendering import plain
from streams.console.tables import AUDIT, CLAIMS
from streams.epoch import now_ms

MINUTE = 60_000


def take(database: Database, person: str, now: int, *, take_over: bool = False) -> str:
    with database.write() as connection:
        return claim(connection, "alert-1", person, now, 5, take_over=take_over).person


def test_a_claim_is_taken_kept_given_back_and_ends(database: Database) -> None:
    assert take(database, "analyst-1", 0) == "analyst-1"
    assert take(database, "analyst-2", 4 * MINUTE) == "analyst-1"
    assert take(database, "analyst-1", 4 * MINUTE) == "analyst-1"
    assert take(database, "analyst-2", 6 * MINUTE) == "analyst-1"
    assert take(database, "analyst-2", 9 * MINUTE) == "analyst-2"
    with database.write() as connection:
        leave(connection, "alert-1", "analyst-1")
        assert {key: each.person for key, each in holders(connection, 9 * MINUTE).items()} == {
            "alert-1": "analyst-2"
        }
        assert not holders(connection, 14 * MINUTE)
        leave(connection, "alert-1", "analyst-2")
        assert not holders(connection, 9 * MINUTE)


def test_taking_over_is_knowingly_and_never_from_a_decision_under_way(database: Database) -> None:
    put(database, [queued(1)])
    take(database, "analyst-1", 0)
    assert take(database, "analyst-2", 1, take_over=True) == "analyst-2"
    with database.write() as connection:
        reserved, _ = reserve(connection, {"alert-1": Seen("open")}, person="analyst-2", decision="d", now=2)
        assert [each.alert_id for each in reserved] == ["alert-1"]
    assert take(database, "analyst-1", 3, take_over=True) == "analyst-2"
    assert take(database, "analyst-2", 3) == "analyst-2"
    with database.write() as connection:
        leave(connection, "alert-1", "analyst-2")
        assert connection.scalar(select(CLAIMS.c.decision)) == "d"


def test_old_claims_are_forgotten(database: Database) -> None:
    take(database, "analyst-1", 0)
    with database.write() as connection:
        prune(connection, 5 * MINUTE + OLD_MS)
        assert connection.scalar(select(CLAIMS.c.person)) == "analyst-1"
        prune(connection, 5 * MINUTE + OLD_MS + 1)
        assert connection.scalar(select(CLAIMS.c.person)) is None


def test_of_many_who_open_an_alert_at_once_one_has_it(database: Database) -> None:
    had: list[str] = []
    together = threading.Barrier(12)

    def open_it(person: str) -> None:
        together.wait()
        had.append(take(database, person, 0))

    threads = [threading.Thread(target=open_it, args=(f"analyst-{number}",)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(had) == 12
    assert len(set(had)) == 1


@pytest.fixture
def two(console_on_both: Console) -> tuple[Visitor, Visitor]:
    put(console_on_both.database, [queued(1), queued(2)])
    with served(console_on_both) as site:
        yield site.visitor("analyst", "analyst-1"), site.visitor("analyst", "analyst-2")


def test_opening_claims_and_the_other_sees_who_and_may_take_over(two: tuple[Visitor, Visitor]) -> None:
    first, second = two
    assert 'action="/alerts/alert-1/verdict"' in first.get("/alerts/alert-1").text
    page = second.get("/alerts/alert-1").text
    assert "analyst-1 has this alert open" in page
    assert 'action="/alerts/alert-1/verdict"' not in page
    assert "analyst-1 has it open" in second.get("/alerts/queue", **{"X-Fragment": "1"}).text
    assert second.get("/alerts/claims").json() == {"alert-1": "analyst-1"}
    refused = second.post("/alerts/alert-1/claim")
    assert (refused.status_code, refused.json()["who"], refused.json()["mine"]) == (409, "analyst-1", False)

    taken = second.post("/alerts/alert-1/claim", take_over="yes")
    assert (taken.status_code, taken.json()["mine"]) == (200, True)
    told = first.post("/alerts/alert-1/claim")
    assert (told.status_code, told.json()["who"]) == (409, "analyst-2")
    second.post("/alerts/alert-1/leave")
    assert first.get("/alerts/claims").json() == {}


def test_names_go_to_the_pages_script_without_hidden_signs(
    console_on_both: Console, two: tuple[Visitor, Visitor]
) -> None:
    first, _ = two
    name = "ma\u202eya\u200b \U000e0041" + "u" * 90
    with console_on_both.database.write() as connection:
        claim(connection, "alert-1", name, now_ms(), 5)
    assert first.get("/alerts/claims").json() == {"alert-1": plain(name, 40)}
    told = first.post("/alerts/alert-1/claim").json()
    assert told["who"] == plain(name, 80)
    seen = first.get("/alerts/alert-1").text.split('data-seen="')[1].split('"')[0]
    refused = first.post("/alerts/alert-1/verdict", verdict="relist", seen=seen)
    assert (refused.status_code, refused.json()["why"]) == (409, "claimed")
    assert refused.json()["who"] == plain(name, 80)
    assert plain(name, 80) in refused.json()["error"]
    assert not {"\u202e", "\u200b", "\U000e0041"} & set(refused.json()["error"] + told["who"])


def test_a_viewer_looks_and_keeps_nothing(console_on_both: Console) -> None:
    put(console_on_both.database, [queued(1)])
    with served(console_on_both) as site:
        viewer = site.visitor("viewer")
        page = viewer.get("/alerts/alert-1")
        assert page.status_code == 200
        assert "verdict" not in page.text.split('id="keys"')[0].split('id="pane"')[1]
        assert viewer.get("/alerts/claims").json() == {}
        for action in ("claim", "leave", "verdict", "let-through"):
            assert viewer.post(f"/alerts/alert-1/{action}").status_code == 403
        for path in ("/alerts/undo", "/alerts/bulk", "/alerts/bulk/decide"):
            assert viewer.post(path).status_code == 403
        assert viewer.get("/alerts/export").status_code == 403


def test_taking_over_is_in_the_audit_log(two: tuple[Visitor, Visitor], console_on_both: Console) -> None:
    first, second = two
    first.get("/alerts/alert-1")
    second.post("/alerts/alert-1/claim", accept="text/html", take_over="yes")
    with console_on_both.database.read() as connection:
        rows = connection.execute(select(AUDIT.c.person, AUDIT.c.action, AUDIT.c.subject)).all()
    assert [tuple(row) for row in rows] == [("analyst-2", "take over", "alert-1")]


def test_an_alert_that_is_not_there_is_said_to_be_gone(two: tuple[Visitor, Visitor]) -> None:
    answer = two[0].get("/alerts/alert-99")
    assert answer.status_code == 404
    assert "90 days" in answer.text
    assert two[0].get("/alerts/a%00b").status_code in (400, 404)
    assert two[0].post("/alerts/alert-99/claim").status_code == 404
