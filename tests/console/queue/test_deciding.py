"""A verdict is on the topic before the page says so, is what the command line sends, and is taken back the same way."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest
from console_client import Served, Visitor
from deciding_console import deciding
from feed_records import Feeding, fed
from kafka_client import KafkaClient
from postgres_server import PostgresServer
from queued_alerts import in_force, put, queued, states
from sqlalchemy import delete, func, insert, select, text, update

from connectors.events import Alert
from connectors.verdicts import Verdict
from streams.console.database import Database
from streams.console.queue.reservation import RESERVED_MS, Seen, reserve
from streams.console.tables import ALERTS, AUDIT, CLAIMS, DECISIONS, VERDICTS
from streams.console.verdict_sender import VerdictSender
from streams.epoch import milliseconds, now_ms
from streams.settings import Kafka, Settings
from streams.topics import VERDICTS as VERDICTS_TOPIC
from streams.verdicts.desk import send_verdict

pytestmark = pytest.mark.kafka


def say(visitor: Visitor, number: int, verdict: str, seen: str = "open", **fields: str) -> Any:
    return visitor.post(f"/alerts/alert-{number}/verdict", verdict=verdict, seen=seen, **fields)


def sent(client: KafkaClient, count: int) -> list[Verdict | None]:
    records = client.read_until("verdicts", lambda found: len(found) >= count)
    records.sort(key=lambda record: record.timestamp)
    return [
        None if record.value is None else msgspec.json.decode(record.value, type=Verdict)
        for record in records
    ]


def seen_on(visitor: Visitor, number: int) -> str:
    return visitor.get(f"/alerts/alert-{number}").text.split('name="seen" value="')[1].split('"')[0]


def test_a_verdict_is_on_the_topic_as_the_command_line_sends_it(
    desk: Served, client: KafkaClient, topics: Settings
) -> None:
    one = queued(1)
    put(desk.console.database, [one])
    analyst = desk.visitor("analyst", "analyst-7")
    answer = say(analyst, 1, "same backdrop", reason="  another \n thing ")
    assert answer.status_code == 200
    (record,) = client.read_until("verdicts", lambda found: len(found) >= 1)
    said = msgspec.json.decode(record.value, type=Verdict)
    assert said == Verdict(
        alert_id="alert-1", verdict="same backdrop", by="analyst-7", reason="another thing",
        decided_at=said.decided_at, alert=one,
    )  # fmt: skip
    assert abs(said.decided_at.timestamp() - time.time()) < 60

    send_verdict(topics, "alert-1", said)
    typed = client.read_until("verdicts", lambda found: len(found) >= 2)[-1]
    assert (typed.key, typed.value, typed.headers) == (record.key, record.value, record.headers)


def test_the_next_page_shows_it_and_the_feed_changes_nothing(desk: Served, client: KafkaClient) -> None:
    database = desk.console.database
    put(database, [queued(1)])
    analyst = desk.visitor("analyst", "analyst-7")
    say(analyst, 1, "relist", reason="same sleeve")
    assert "relist, says analyst-7" in analyst.get("/alerts/alert-1").text
    assert "alert-1" not in analyst.get("/alerts/queue", **{"X-Fragment": "1"}).text

    def rows() -> Any:
        with database.read() as connection:
            return [tuple(row) for row in connection.execute(select(VERDICTS))], states(database)

    before = rows()
    (record,) = client.read_until("verdicts", lambda found: len(found) >= 1)
    feeding = Feeding(database)
    feeding.put((VERDICTS_TOPIC, fed(record.key, record.value)))
    feeding.turn.close()
    assert rows() == before


def test_what_the_feed_brought_meanwhile_is_newer_and_stays(desk: Served) -> None:
    """Between Kafka's word and the database's, a later verdict comes by another way."""
    database = desk.console.database
    put(database, [queued(1)])
    feeding = Feeding(database)
    later = Verdict(
        alert_id="alert-1", verdict="unsure", by="analyst-9", decided_at=queued(1).matched_at, alert=queued(1)
    )
    sender = desk.console.service(VerdictSender)
    plain = sender.send

    async def send_and_feed(messages: Any) -> Any:
        result = await plain(messages)
        feeding.put((VERDICTS_TOPIC, fed("alert-1", later)))
        return result

    sender.send = send_and_feed  # type: ignore[method-assign]
    assert say(desk.visitor("analyst", "analyst-7"), 1, "relist").status_code == 200
    feeding.turn.close()
    assert in_force(database) == {"alert-1": ("unsure", "analyst-9")}
    assert states(database) == {"alert-1": "unsure"}
    refused = desk.visitor("analyst", "analyst-7").post("/alerts/undo")
    assert (refused.status_code, refused.json()["who"]) == (409, "analyst-9")


def test_rows_that_the_feed_is_writing_are_waited_for(
    topics: Settings, client: KafkaClient, postgres: PostgresServer
) -> None:
    """On PostgreSQL the feed may hold the alert's row, and want the verdict's that we hold: rather we step back."""
    database = Database(postgres.database())
    put(database, [queued(1), queued(2)])
    with deciding(topics, database) as site, ThreadPoolExecutor(1) as thread:
        analyst = site.visitor("analyst", "analyst-1")
        with database.write() as feed:
            feed.execute(update(ALERTS).where(ALERTS.c.alert_id == "alert-1").values(took_ms=1))
            answer = thread.submit(say, analyst, 1, "relist")
            client.read_until("verdicts", lambda found: len(found) >= 1)
            waits = select(func.count()).select_from(text("pg_locks")).where(text("NOT granted"))
            deadline = time.monotonic() + 10
            while not feed.scalar(waits):
                assert time.monotonic() < deadline
            # The other order: with both waiting, one of them would be ended by the database.
            feed.execute(
                insert(VERDICTS).values(alert_id="alert-1", verdict="relist", by="analyst-1", decided_ms=1)
            )
        assert answer.result(20).status_code == 200
    assert states(database) == {"alert-1": "relist", "alert-2": "open"}
    database.close()


def test_undo_takes_back_one_after_the_other(desk: Served, client: KafkaClient) -> None:
    database = desk.console.database
    put(database, [queued(1), queued(2)])
    first, second = desk.visitor("analyst", "analyst-1"), desk.visitor("analyst", "analyst-2")
    say(first, 1, "relist", reason="same sleeve")
    say(second, 1, "unsure", seen_on(second, 1))
    say(second, 2, "relist")
    said = sent(client, 3)

    told = second.post("/alerts/undo").json()
    assert (told["states"], told["said"]) == ({"alert-2": "open"}, "Taken back; it is open again")
    assert second.post("/alerts/undo").json()["states"] == {"alert-1": "relist"}
    assert in_force(database) == {"alert-1": ("relist", "analyst-1")}
    assert second.post("/alerts/undo").status_code == 404
    assert first.post("/alerts/undo").json()["states"] == {"alert-1": "open"}
    assert states(database) == {"alert-1": "open", "alert-2": "open"}

    records = sent(client, 6)
    assert records[3] is None
    assert records[5] is None
    back = records[4]
    assert back is not None
    assert said[0] is not None
    assert msgspec.structs.replace(back, decided_at=said[0].decided_at) == said[0]
    assert milliseconds(back.decided_at) == milliseconds(said[0].decided_at)
    with database.read() as connection:
        actions = list(connection.scalars(select(AUDIT.c.action).order_by(AUDIT.c.number)))
    assert actions == ["verdict"] * 3 + ["undo"] * 3


def test_undo_refuses_what_somebody_has_decided_since(desk: Served, client: KafkaClient) -> None:
    put(desk.console.database, [queued(1)])
    first, second = desk.visitor("analyst", "analyst-1"), desk.visitor("analyst", "analyst-2")
    decision = say(first, 1, "relist").json()["decision"]
    say(second, 1, "not a relist", seen_on(second, 1))
    refused = first.post("/alerts/undo", decision=decision)
    assert refused.status_code == 409
    assert refused.json()["error"] == "Not taken back: analyst-2 has decided since (not a relist)."
    assert second.post("/alerts/undo", decision=decision).status_code == 404
    assert in_force(desk.console.database) == {"alert-1": ("not a relist", "analyst-2")}
    assert len(client.read_until("verdicts", lambda found: len(found) >= 2, quiet=0.3)) == 2


def test_a_decision_is_taken_back_within_a_day(sqlite_desk: Served) -> None:
    put(sqlite_desk.console.database, [queued(1)])
    analyst = sqlite_desk.visitor("analyst", "analyst-1")
    say(analyst, 1, "relist")
    with sqlite_desk.console.database.write() as connection:
        day_ago = now_ms() - 24 * 3_600_000
        connection.execute(update(DECISIONS).values(decided_ms=day_ago))
        connection.execute(update(VERDICTS).values(decided_ms=day_ago))
    assert analyst.post("/alerts/undo").status_code == 404


def test_without_a_broker_nothing_is_decided_and_it_is_said(database: Database) -> None:
    put(database, [queued(1)])
    away = Settings(kafka=Kafka(bootstrap_servers="127.0.0.1:1"))
    with deciding(away, database, delivery_ms=600) as site:
        analyst = site.visitor("analyst", "analyst-1")
        answer = say(analyst, 1, "relist")
        assert answer.status_code == 503
        assert "nothing is decided" in answer.json()["error"]
        assert "nothing is decided" in say_in_form(analyst).text
    assert states(database) == {"alert-1": "open"}
    with database.read() as connection:
        for table in (VERDICTS, DECISIONS, AUDIT, CLAIMS):
            assert connection.execute(select(table)).all() == []


def say_in_form(visitor: Visitor) -> Any:
    return visitor.post("/alerts/alert-1/verdict", accept="text/html", verdict="relist", seen="open")


def test_topics_that_are_not_there_are_no_verdicts(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.kafka_delivery.TOPIC_WAIT_MS", 500)
    database = Database(f"sqlite:///{tmp_path / 'console.sqlite'}")
    put(database, [queued(1)])
    with deciding(settings, database) as site:
        assert say(site.visitor("analyst"), 1, "relist").status_code == 503
    assert states(database) == {"alert-1": "open"}
    database.close()


def test_a_console_that_ended_in_the_middle_keeps_nobody_for_long(desk: Served) -> None:
    database = desk.console.database
    put(database, [queued(1)])
    with database.write() as connection:
        reserve(connection, {"alert-1": Seen("open")}, person="analyst-9", decision="lost", now=now_ms())
    analyst = desk.visitor("analyst", "analyst-1")
    refused = say(analyst, 1, "relist")
    assert (refused.status_code, refused.json()["who"]) == (409, "analyst-9")
    assert analyst.post("/alerts/alert-1/claim", take_over="yes").json()["mine"] is False
    with database.write() as connection:
        connection.execute(update(CLAIMS).values(until_ms=CLAIMS.c.until_ms - RESERVED_MS))
    assert say(analyst, 1, "relist").status_code == 200


@pytest.mark.parametrize(("fields", "status"), [
    ({"verdict": "maybe", "seen": "open"}, 400), ({"seen": "open"}, 400), ({"verdict": "relist"}, 400),
    ({"verdict": "relist", "seen": "closed"}, 400), ({"verdict": "relist", "seen": "open", "reason": "x" * 2001}, 400),
    ({"verdict": "relist", "seen": "unsure"}, 409), ({"verdict": "relist", "seen": "relist@5"}, 409),
])  # fmt: skip
def test_what_is_no_decision_decides_nothing(
    sqlite_desk: Served, fields: dict[str, str], status: int
) -> None:
    put(sqlite_desk.console.database, [queued(1)])
    assert sqlite_desk.visitor("analyst").post("/alerts/alert-1/verdict", **fields).status_code == status
    assert states(sqlite_desk.console.database) == {"alert-1": "open"}
    assert sqlite_desk.visitor("analyst").post("/alerts/nothing/verdict", **fields).status_code in (400, 404)


def test_forms_decide_without_a_script(sqlite_desk: Served) -> None:
    put(sqlite_desk.console.database, [queued(number) for number in range(1, 4)])
    analyst, other = sqlite_desk.visitor("analyst", "analyst-1"), sqlite_desk.visitor("analyst", "analyst-2")
    other.get("/alerts/alert-2")
    sent_on = analyst.post(
        "/alerts/alert-1/verdict?sort=probability&text=jaket",
        accept="text/html",
        verdict="relist",
        seen="open",
    )
    assert sent_on.status_code == 303
    path, _, query = sent_on.headers["location"].partition("?")
    assert path == "/alerts/alert-3"
    assert query.startswith("text=jaket&done=")
    page = analyst.get(sent_on.headers["location"]).text
    assert "relist: “Jaket 1”" in page
    assert 'action="/alerts/undo?text=jaket"' in page
    refused = analyst.post("/alerts/alert-2/verdict", accept="text/html", verdict="relist", seen="open")
    assert refused.status_code == 409
    assert "analyst-2 has this alert open" in refused.text
    assert 'href="/alerts/alert-2"' in refused.text
    back = analyst.post("/alerts/undo?text=jaket", accept="text/html")
    assert back.headers["location"] == "/alerts/alert-1?text=jaket"
    last = analyst.post("/alerts/alert-3/verdict", accept="text/html", verdict="unsure", seen="open")
    assert last.headers["location"].startswith("/alerts?done=")


def test_reasons_that_were_given_are_offered(sqlite_desk: Served) -> None:
    put(sqlite_desk.console.database, [queued(number) for number in range(1, 5)])
    analyst = sqlite_desk.visitor("analyst", "analyst-1")
    for number, reason in ((1, "same sleeve"), (2, "<b>new</b>"), (3, "same sleeve")):
        say(analyst, number, "relist", reason=reason)
    page = analyst.get("/alerts/alert-4").text
    offered = page.split('<datalist id="reasons">')[1].split("</datalist>")[0]
    assert offered.count("<option") == 2
    assert offered.index("same sleeve") < offered.index("&lt;b&gt;new")


def test_an_alert_with_a_verdict_on_it_alone_is_decided_anew(
    sqlite_desk: Served, client: KafkaClient
) -> None:
    """The alert is gone from its topic; the record comes from the verdict."""
    one = queued(1)
    feeding = Feeding(sqlite_desk.console.database)
    early = Verdict(
        alert_id="alert-1", verdict="unsure", by="analyst-9", decided_at=one.matched_at, alert=one
    )
    feeding.put((VERDICTS_TOPIC, fed("alert-1", early)))
    feeding.turn.close()
    analyst = sqlite_desk.visitor("analyst", "analyst-1")
    assert say(analyst, 1, "relist", seen_on(analyst, 1)).status_code == 200
    (said,) = sent(client, 1)
    assert said is not None
    assert said.alert == msgspec.json.decode(msgspec.json.encode(one), type=Alert)
    with sqlite_desk.console.database.write() as connection:
        connection.execute(delete(CLAIMS))
    assert analyst.post("/alerts/undo").json()["states"] == {"alert-1": "unsure"}
    assert in_force(sqlite_desk.console.database) == {"alert-1": ("unsure", "analyst-9")}
