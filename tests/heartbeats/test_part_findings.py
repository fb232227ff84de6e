"""The doctor names the parts that sent a heartbeat lately, those that are lost among them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from heartbeat_records import heartbeat
from kafka_client import KafkaClient

from streams.doctor.part_findings import part_findings
from streams.health.heartbeat import Heartbeat
from streams.settings import Settings

pytestmark = pytest.mark.kafka


def beat(**changes: Any) -> Heartbeat:
    """With a pace that a busy machine keeps."""
    return heartbeat(every_seconds=100.0, **changes)


def test_each_part_has_a_line_and_one_that_is_silent_is_lost(topics: Settings) -> None:
    now = datetime.now(UTC)
    long_ago = now - timedelta(seconds=400)
    client = KafkaClient(topics)
    try:
        client.send_all(
            "heartbeats",
            [
                ("w1", beat(instance="w1", shard="1/1", at=now, state="starting")),
                ("w1", beat(instance="w1", shard="1/1", at=now, detail=None)),
                ("w2", beat(instance="w2", shard="1/1", at=long_ago, detail="\x1b[2J")),
                ("w3", beat(instance="w3", shard="1/1", at=now, state="stopping")),
                ("shop", beat(instance="shop", kind="connector", at=now, state="failing")),
                ("w4", b"no heartbeat"),
            ],
        )
    finally:
        client.close()
    found = {finding.check: finding for finding in part_findings(topics)}
    assert list(found) == ["connector shop", "worker w1", "worker w2"]
    assert [finding.state for finding in found.values()] == ["warn", "ok", "warn"]
    assert found["worker w1"].detail.startswith("ready ")
    assert found["worker w1"].detail.endswith(" s ago on host-1, process 4711")
    assert found["connector shop"].detail.endswith(": all is well")
    assert "lost; ready 4" in found["worker w2"].detail
    assert "\\x1b[2J" in found["worker w2"].detail
