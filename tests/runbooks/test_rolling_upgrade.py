"""docs/runbooks/rolling-upgrade.md, carried out while listings flow: two workers, each replaced by another version."""

import threading
from pathlib import Path
from typing import Any

import pytest
from kafka_client import KafkaClient
from runbook import Runbook, command
from runbook_flow import TAKEDOWNS, Flow

from streams.chaos.rollout import VERSION, build
from streams.settings import Settings

pytestmark = pytest.mark.kafka


def test_no_listing_is_lost_while_workers_are_replaced(
    running: Settings, client: KafkaClient, flow: Flow, start: Any, tmp_path: Path
) -> None:
    workers = [start("worker"), start("worker")]
    for worker in workers:
        worker.wait_ready()
        # An ended process stays until its parent, this test, has asked for it.
        threading.Thread(target=worker.process.wait, daemon=True).start()
    flow.publish_takedowns()
    client.read_until("takedown-fingerprints", lambda got: len(got) >= TAKEDOWNS)
    flow.start()
    variables = {
        "NEW": str(command(tmp_path / "next-bin", build(tmp_path / "next"))),
        "WORKERS": " ".join(str(worker.process.pid) for worker in workers),
        "PORTS": " ".join(str(worker.port) for worker in workers),
    }
    with Runbook("rolling-upgrade.md", running, tmp_path / "runbook", variables) as runbook:
        while not runbook.is_over:
            runbook.step()
        flow.end()
        new = client.read_until(
            "fingerprints", lambda got: flow.sent.keys() <= {m.key.decode() for m in got}, quiet=1
        )
        alerts = client.read_until("alerts", lambda got: flow.relists.keys() <= flow.about(got), quiet=1)
        metrics = runbook.run(f"curl --silent http://127.0.0.1:{workers[0].port}/metrics")
    assert f'version="{VERSION}"' in metrics
    assert [worker.process.poll() for worker in workers] == [0, 0]
    flow.judged(new, alerts, client.existing("dead-letters")).check()
