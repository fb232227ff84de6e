"""Two consoles as they are run, on one PostgreSQL: whoever decides on either, an alert is decided once."""

import threading
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from console_client import session_for
from kafka_client import KafkaClient
from postgres_server import PostgresServer
from queued_alerts import in_force, queued

from connectors.web_trust import web_trust
from streams.console.context import Console
from streams.console.database import Database
from streams.console.guard import SESSION_COOKIE
from streams.settings import Settings
from streams.worker.worker_process import WorkerProcess

pytestmark = pytest.mark.kafka
ALERTS = 6
EACH = 4


def test_an_alert_is_decided_once_on_two_consoles(
    topics: Settings, client: KafkaClient, postgres: PostgresServer, tmp_path: Path
) -> None:
    url = postgres.database()
    settings = msgspec.structs.replace(
        topics, dashboard=msgspec.structs.replace(topics.dashboard, database=url)
    )
    client.send_all("alerts", [(f"alert-{n}", queued(n)) for n in range(ALERTS)])
    database = Database(url)
    console = Console(settings, database)
    with (
        WorkerProcess(settings, tmp_path / "one.log", ("dashboard",)) as one,
        WorkerProcess(settings, tmp_path / "other.log", ("dashboard",)) as other,
    ):
        one.wait_ready()
        other.wait_ready()
        answers: dict[int, list[tuple[str, int, Any]]] = {n: [] for n in range(ALERTS)}
        together = threading.Barrier(2 * EACH)

        def work(process: WorkerProcess, person: str) -> None:
            token, csrf = session_for(console, "analyst", person)
            with httpx.Client(
                base_url=process.url(""),
                cookies={SESSION_COOKIE: token},
                verify=web_trust(),
                trust_env=False,
                timeout=60,
            ) as visitor:
                for number in range(ALERTS):
                    together.wait(60)
                    answer = visitor.post(
                        f"/alerts/alert-{number}/verdict",
                        data={"verdict": "relist", "seen": "open"},
                        headers={"Accept": "application/json", "X-CSRF-Token": csrf},
                    )
                    answers[number].append((person, answer.status_code, answer.json()))

        threads = [
            threading.Thread(target=work, args=(process, f"analyst-{at}-{number}"))
            for at, process in enumerate((one, other))
            for number in range(EACH)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        decided = in_force(database)
        for number, told in answers.items():
            assert sorted(status for _, status, _ in told) == [200] + [409] * (2 * EACH - 1), told
            (winner,) = [person for person, status, _ in told if status == 200]
            assert decided[f"alert-{number}"] == ("relist", winner)
            assert {said["who"] for _, status, said in told if status == 409} == {winner}
        records = client.read_until("verdicts", lambda found: len(found) >= ALERTS, quiet=0.5)
        assert sorted(record.key.decode() for record in records) == [f"alert-{n}" for n in range(ALERTS)]
        assert one.stop() == 0
        assert other.stop() == 0
    console.close()
