"""Many alerts with one verdict: shown before, sent together, what was not decided told, and taken back together."""

from typing import Any

import msgspec
import pytest
from console_client import Served, Visitor
from kafka_client import KafkaClient
from queued_alerts import in_force, put, queued, states
from sqlalchemy import func, select

from connectors.verdicts import Verdict
from streams.console.bulk_page import TOGETHER
from streams.console.tables import AUDIT, DECISIONS
from streams.console.verdict_sender import VerdictSender

pytestmark = pytest.mark.kafka


def post(visitor: Visitor, path: str, accept: str = "application/json", **fields: Any) -> Any:
    return visitor.client.post(path, data=fields, headers={"Accept": accept, "X-CSRF-Token": visitor.csrf})


@pytest.fixture
def cluster(desk: Served) -> Served:
    """Twelve of one cluster, one of them decided, one held, and two of another."""
    database = desk.console.database
    put(database, [queued(number, cluster=("t1", "t2")) for number in range(1, 11)])
    put(database, [queued(11, cluster=("t1",))], verdict=("unsure", "analyst-9", 5))
    put(database, [queued(12, cluster=("t1",))], held=True)
    put(database, [queued(13, cluster=("t7",)), queued(14, cluster=("t7",))])
    return desk


def test_a_cluster_is_decided_together_and_taken_back_together(cluster: Served, client: KafkaClient) -> None:
    database = cluster.console.database
    analyst, other = cluster.visitor("analyst", "analyst-1"), cluster.visitor("analyst", "analyst-2")
    assert "10 open alerts of this cluster" in analyst.get("/alerts/alert-1").text
    shown = post(analyst, "/alerts/bulk", "text/html", cluster="t1").text
    assert "10 open alerts get one verdict" in shown
    ids = [part.split('"')[0] for part in shown.split('name="alert" value="')[1:]]
    assert ids == [f"alert-{number}" for number in range(1, 11)]

    other.get("/alerts/alert-3")
    other.post("/alerts/alert-4/verdict", verdict="relist", seen="open")
    told = post(
        analyst, "/alerts/bulk/decide", alert=[*ids, "nothing"], verdict="not a relist", reason="catalogue"
    ).json()
    assert told["decided"] == 8
    refused = {each["alert_id"]: each["error"] for each in told["refused"]}
    assert refused == {
        "alert-3": "Not decided: analyst-2 has this alert open.",
        "alert-4": "Not decided: analyst-2 has decided it since (relist).",
        "nothing": "Not decided: the alert is gone.",
    }
    now = states(database)
    assert [number for number in range(1, 15) if now[f"alert-{number}"] == "not a relist"] == [
        1,
        2,
        5,
        6,
        7,
        8,
        9,
        10,
    ]
    records = client.read_until("verdicts", lambda found: len(found) >= 9)
    said = [msgspec.json.decode(record.value, type=Verdict) for record in records]
    assert {one.alert_id for one in said if one.reason == "catalogue"} == {
        f"alert-{n}" for n in (1, 2, 5, 6, 7, 8, 9, 10)
    }

    other.post("/alerts/alert-3/leave")
    at = analyst.get("/alerts/alert-5").text.split('name="seen" value="')[1].split('"')[0]
    analyst.post("/alerts/alert-5/leave")
    other.post("/alerts/alert-5/verdict", verdict="relist", seen=at)
    back = post(analyst, "/alerts/undo", decision=told["decision"])
    assert back.status_code == 200
    assert "7 taken back" in back.json()["said"]
    assert "analyst-2 has decided since" in back.json()["said"]
    assert set(back.json()["states"].values()) == {"open"}
    assert in_force(database) == {
        "alert-4": ("relist", "analyst-2"), "alert-5": ("relist", "analyst-2"), "alert-11": ("unsure", "analyst-9"),
    }  # fmt: skip
    with database.read() as connection:
        counted = dict(
            connection.execute(select(AUDIT.c.action, func.count()).group_by(AUDIT.c.action)).all()
        )
        assert connection.scalar(select(func.count()).where(DECISIONS.c.person == "analyst-1")) == 0
    assert counted == {"verdict": 10, "bulk": 1, "undo": 7}


def test_what_kafka_refuses_stays_open_and_is_told(cluster: Served) -> None:
    sender = cluster.console.service(VerdictSender)
    plain = sender.send

    async def refuse_one(messages: Any) -> Any:
        kept = [each for each in messages if each.key != b"alert-2"]
        return dict(await plain(kept)) | {"alert-2": "larger than the topic's max.message.bytes"}

    sender.send = refuse_one  # type: ignore[method-assign]
    analyst = cluster.visitor("analyst", "analyst-1")
    page = post(analyst, "/alerts/bulk/decide", "text/html", alert=["alert-1", "alert-2"], verdict="relist")
    assert page.status_code == 200
    assert "1 alerts: relist" in page.text
    assert "Kafka does not take the record" in page.text
    now = states(cluster.console.database)
    assert (now["alert-1"], now["alert-2"]) == ("relist", "open")
    # Nobody is kept from it.
    other = cluster.visitor("analyst", "analyst-2")
    sender.send = plain  # type: ignore[method-assign]
    assert other.post("/alerts/alert-2/verdict", verdict="relist", seen="open").status_code == 200


def test_chosen_rows_without_a_script(sqlite_desk: Served) -> None:
    put(sqlite_desk.console.database, [queued(number) for number in range(1, 5)])
    put(sqlite_desk.console.database, [queued(5)], verdict=("unsure", "analyst-9", 5))
    analyst = sqlite_desk.visitor("analyst", "analyst-1")
    shown = post(
        analyst, "/alerts/bulk?text=jaket", "text/html", alert=["alert-2", "alert-4", "alert-5", "x"]
    ).text
    assert "2 open alerts get one verdict" in shown
    assert "2 are not open or have no such id" in shown
    sent = post(
        analyst, "/alerts/bulk/decide?text=jaket", "text/html", alert=["alert-2", "alert-4"], verdict="unsure"
    )
    assert sent.status_code == 303
    page = analyst.get(sent.headers["location"]).text
    assert "2 alerts: unsure" in page
    decision = page.split('name="decision" value="')[1].split('"')[0]
    assert (
        post(analyst, "/alerts/undo?text=jaket", "text/html", decision=decision).headers["location"]
        == "/alerts?text=jaket"
    )
    assert states(sqlite_desk.console.database) == {
        f"alert-{n}": "unsure" if n == 5 else "open" for n in range(1, 6)
    }
    assert "None of them is open" in post(analyst, "/alerts/bulk", "text/html").text
    assert post(analyst, "/alerts/bulk/decide", verdict="relist").status_code == 400


def test_a_large_cluster_is_decided_with_few_presses(desk: Served, client: KafkaClient) -> None:
    put(desk.console.database, [queued(number, cluster=("t1",)) for number in range(1, TOGETHER + 11)])
    analyst = desk.visitor("analyst", "analyst-1")
    shown = post(analyst, "/alerts/bulk", "text/html", cluster="t1").text
    assert f"These are the first {TOGETHER}" in shown
    ids = [part.split('"')[0] for part in shown.split('name="alert" value="')[1:]]
    told = post(analyst, "/alerts/bulk/decide", alert=ids, verdict="relist").json()
    assert (told["decided"], told["refused"]) == (TOGETHER, [])
    assert list(states(desk.console.database).values()).count("relist") == TOGETHER
    assert len(client.read_until("verdicts", lambda found: len(found) >= TOGETHER)) == TOGETHER
    assert "10 open alerts get one verdict" in post(analyst, "/alerts/bulk", "text/html", cluster="t1").text
