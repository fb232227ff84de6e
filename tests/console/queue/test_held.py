"""What a flood holds back is let through from the page: copied to `alerts`, once, and written down."""

from pathlib import Path

import pytest
from alert_records import flood
from console_client import Served
from deciding_console import deciding
from kafka_client import KafkaClient
from queued_alerts import put, queued
from sqlalchemy import select

from streams.console.database import Database
from streams.console.tables import AUDIT
from streams.settings import Kafka, Settings

pytestmark = pytest.mark.kafka


def test_what_is_held_is_let_through_once(sqlite_desk: Served, client: KafkaClient) -> None:
    held = [queued(n, takedown_id="t5", cluster=("t5",)) for n in (1, 2)]
    other = queued(3, takedown_id="t6", cluster=("t6",))
    client.send_all("held-alerts", [(one.alert_id, one) for one in (*held, other)])
    put(sqlite_desk.console.database, [*held, other], held=True)
    put(sqlite_desk.console.database, [flood(9, "t5")])
    analyst = sqlite_desk.visitor("analyst", "analyst-1")
    assert "Let what is held through" in analyst.get("/alerts/alert-9").text
    told = analyst.post("/alerts/alert-9/let-through").json()
    assert (told["released"], told["said"]) == (2, "2 alerts let through")
    assert analyst.post("/alerts/alert-1/let-through").json()["released"] == 0
    records = client.read_until("alerts", lambda found: len(found) >= 2, quiet=0.3)
    assert sorted(record.key for record in records) == [b"alert-1", b"alert-2"]
    assert (
        analyst.post("/alerts/alert-9/let-through", accept="text/html").headers["location"]
        == "/alerts/alert-9"
    )
    assert analyst.post("/alerts/nothing/let-through").status_code == 404
    with sqlite_desk.console.database.read() as connection:
        rows = connection.execute(
            select(AUDIT.c.action, AUDIT.c.subject, AUDIT.c.detail).order_by(AUDIT.c.number)
        ).all()
    assert [tuple(row) for row in rows] == [("let through", "t5", each) for each in ("2", "0", "0")]


def test_without_a_broker_nothing_is_let_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.kafka_clients.record_reader.REACH_MS", 500)
    database = Database(f"sqlite:///{tmp_path / 'console.sqlite'}")
    put(database, [queued(1)], held=True)
    with deciding(Settings(kafka=Kafka(bootstrap_servers="127.0.0.1:1")), database) as site:
        assert site.visitor("analyst").post("/alerts/alert-1/let-through").status_code == 503
    with database.read() as connection:
        assert connection.execute(select(AUDIT)).all() == []
    database.close()
