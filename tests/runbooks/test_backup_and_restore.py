"""docs/runbooks/backup-and-restore.md, carried out while listings flow, and on a second Kafka."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from kafka_client import KafkaClient
from listing_records import listing
from runbook import Runbook
from runbook_flow import EVERY, TAKEDOWNS, Flow

from streams.kafka_local.broker import LocalKafka
from streams.settings import Settings
from streams.worker.worker_process import free_port

pytestmark = pytest.mark.kafka


def ids_of(alerts: list[Any]) -> dict[str, set[str]]:
    """The alerts' ids, by listing."""
    ids: dict[str, set[str]] = {}
    for message in alerts:
        alert = msgspec.json.decode(message.value)
        ids.setdefault(alert["listing"]["listing_id"], set()).add(alert["alert_id"])
    return ids


def test_a_fresh_cluster_says_the_same_of_the_same_listings(
    running: Settings, client: KafkaClient, flow: Flow, start: Any, tmp_path: Path
) -> None:
    start("worker").wait_ready()
    flow.publish_takedowns()
    client.read_until("takedown-fingerprints", lambda got: len(got) >= TAKEDOWNS)
    flow.start()
    client.read_until("alerts", lambda got: len(got) >= 2)
    flow.take_away("/taken")
    backup, data = tmp_path / "backup", tmp_path / "fresh-data"
    backup.mkdir()
    with LocalKafka(tmp_path / "fresh", die_with_parent=True) as fresh:
        variables = {
            "DATA": running.worker.data_dir,
            "BACKUP": str(backup),
            "FRESH_SERVERS": fresh.bootstrap_servers,
            "FRESH_DATA": str(data),
            "FRESH_PORT": str(free_port()),
        }
        with Runbook("backup-and-restore.md", running, tmp_path / "runbook", variables) as runbook:
            runbook.steps(3)
            flow.end()
            before = client.read_until("alerts", lambda got: flow.relists.keys() <= flow.about(got), quiet=1)
            client.read_until("fingerprints", lambda got: flow.sent.keys() <= {m.key.decode() for m in got})
            runbook.steps(3)
            assert runbook.is_over
            elsewhere = KafkaClient(
                msgspec.structs.replace(
                    running,
                    kafka=msgspec.structs.replace(running.kafka, bootstrap_servers=fresh.bootstrap_servers),
                )
            )
            # As a connector that asks again from its checkpoint; and a relist that is new.
            for message in client.existing("listings"):
                elsewhere.send("listings", message.key, message.value, message.headers)
            again = listing(EVERY, images=(flow.image("/again.jpg", flow.edited(1)),))
            elsewhere.send("listings", again.key, again)
            elsewhere.flush()
            relists = flow.relists.keys() | {again.key}
            after = elsewhere.read_until("alerts", lambda got: relists <= flow.about(got), quiet=2)
            new = elsewhere.read_until(
                "fingerprints", lambda got: flow.sent.keys() <= {m.key.decode() for m in got}
            )
            takedowns = elsewhere.existing("takedown-fingerprints")
            letters = elsewhere.existing("dead-letters")
            elsewhere.close()
    ids = ids_of(after)
    assert len(ids.pop(again.listing_id)) == 1
    assert ids == ids_of(before)
    flow.relists[again.key] = "t1"
    flow.judged(new, after, letters).check()
    assert len(takedowns) == TAKEDOWNS, (
        "what was fingerprinted before is not fingerprinted again, without its photos"
    )
