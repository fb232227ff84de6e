"""Verdicts given on pages count by what became of them."""

from pathlib import Path

import pytest
from console_client import Served
from deciding_console import deciding
from queued_alerts import put, queued

from streams.console.console_metrics import metrics_of
from streams.console.database import Database
from streams.settings import Kafka, Settings


def counted(site: Served) -> dict[str, float]:
    (family,) = metrics_of(site.console).verdicts.collect()
    return {
        sample.labels["outcome"]: sample.value
        for sample in family.samples
        if sample.name.endswith("_total") and sample.value
    }


@pytest.mark.kafka
def test_sent_and_come_too_late(topics: Settings, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'console.sqlite'}")
    put(database, [queued(1), queued(2)])
    with deciding(topics, database) as site:
        first, second = site.visitor("analyst", "analyst-7"), site.visitor("analyst", "analyst-8")
        for number in (1, 2):
            said = first.post(f"/alerts/alert-{number}/verdict", verdict="relist", seen="open")
            assert said.status_code == 200
        late = second.post("/alerts/alert-1/verdict", verdict="unsure", seen="open")
        assert late.status_code == 409
        assert counted(site) == {"sent": 2, "changed": 1}
    database.close()


def test_not_sent_where_the_broker_is_away(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'console.sqlite'}")
    put(database, [queued(1)])
    away = Settings(kafka=Kafka(bootstrap_servers="127.0.0.1:1"))
    with deciding(away, database, delivery_ms=600) as site:
        answer = site.visitor("analyst").post("/alerts/alert-1/verdict", verdict="relist", seen="open")
        assert answer.status_code == 503
        assert counted(site) == {"not sent": 1}
    database.close()
