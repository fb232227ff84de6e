"""The command `connect`, killed in the middle of its work: on Kafka is everything, under the same ids."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kafka_client import KafkaClient

from connectors.simulator.endless import EndlessWorld
from connectors.simulator.simulator import Simulator
from streams.settings import Settings, as_environment

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
LISTINGS = 3_000
START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
PACE = timedelta(milliseconds=200)


@pytest.mark.parametrize("kind", ["shopee", "lazada"])
def test_nothing_is_lost_and_nothing_has_two_ids(kind: str, topics: Settings, tmp_path: Path) -> None:
    client = KafkaClient(topics)
    world = EndlessWorld(3, LISTINGS, start=START, pace=PACE)
    with Simulator(kind, world) as market:
        options = market.credentials.options(market.base_url) | {
            "since": START.isoformat(), "until": (START + timedelta(hours=1)).isoformat(),
            "window_minutes": 1,
            "overlap_seconds": 5, "requests_per_second": 60,
        }  # fmt: skip
        file = tmp_path / "options.toml"
        file.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in options.items()))
        command = [sys.executable, "-m", "streams", "connect", kind, "--options-file", str(file), "--json"]
        settings = as_environment(topics) | {"RELISTWATCH_WORKER__DATA_DIR": str(tmp_path / "data")}

        def start() -> "subprocess.Popen[str]":
            return subprocess.Popen(command, env=os.environ | settings, stdout=subprocess.PIPE, text=True)

        for so_far in (300, 1200):
            running = start()
            client.read_until("listings", lambda got, least=so_far: len(got) >= least, seconds=60)
            running.kill()
            running.communicate()
        last = start()
        out, _ = last.communicate(timeout=120)
    assert last.returncode == 0
    counts = json.loads(out)
    assert 0 < counts["written"] < LISTINGS, "the last run went on from a checkpoint"
    messages = client.read_until("listings", lambda got: len(got) >= LISTINGS, seconds=30, quiet=1.0)
    ids = {dict(message.headers)["ce_id"]: message.key for message in messages}
    assert len(ids) == len(set(ids.values())) == LISTINGS
    client.close()
