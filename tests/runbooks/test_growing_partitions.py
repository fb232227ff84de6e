"""docs/runbooks/growing-partitions.md, carried out while a connector reads files and listings change."""

from pathlib import Path

import pytest
from kafka_client import KafkaClient
from runbook import Runbook
from runbook_flow import Flow

from streams.settings import Settings
from streams.worker.worker_process import free_port

pytestmark = pytest.mark.kafka

START = """
start_connectors() {
  relistwatch connect folder --instance growing --option path="$INCOMING" --option settle_seconds=0 \\
    --option poll_seconds=0.2 > connector.log 2>&1 &
  CONNECTORS=$!
}
start_workers() {
  if [ -n "${WORKERS:-}" ]; then kill -TERM $WORKERS; wait $WORKERS || true; fi
  relistwatch worker --port "$WORKER_PORT" > worker.log 2>&1 &
  WORKERS=$!
  until curl --fail --silent --output ready.txt "http://127.0.0.1:$WORKER_PORT/readyz"; do
    kill -0 $WORKERS
    sleep 0.2
  done
}
start_workers
start_connectors
"""


def test_nothing_is_lost_and_no_update_is_overtaken(
    running: Settings, client: KafkaClient, flow: Flow, tmp_path: Path
) -> None:
    incoming = tmp_path / "incoming"
    incoming.mkdir()
    flow.into_files(incoming)
    flow.publish_takedowns()
    variables = {name: str(free_port()) for name in ("NEW_PORT", "WORKER_PORT")} | {"INCOMING": str(incoming)}
    with Runbook("growing-partitions.md", running, tmp_path / "runbook", variables) as runbook:
        runbook.run(START)
        flow.start()
        client.read_until("alerts", lambda got: len(got) >= 2)
        while not runbook.is_over:
            runbook.step()
        flow.end()
        new = client.read_until(
            "fingerprints-2", lambda got: flow.sent.keys() <= {m.key.decode() for m in got}, quiet=1
        )
        alerts = client.read_until("alerts", lambda got: flow.relists.keys() <= flow.about(got), quiet=1)
    paused, resumed = (float((tmp_path / "runbook" / name).read_text()) for name in ("paused", "resumed"))
    print(f"connectors paused for {resumed - paused:.1f} s")
    flow.judged(new, alerts, client.existing("dead-letters")).check()
    assert len({message.partition for message in new}) > 4
    assert len({message.partition for message in client.existing("listings")}) > 4
