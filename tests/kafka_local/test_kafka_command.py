"""`relistwatch kafka up / status / down` as a person calls them: separate processes, one data folder."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from streams.kafka_local.broker import LocalKafka
from streams.kafka_local.layout import free_ports, is_free
from streams.kafka_local.running import running

pytestmark = pytest.mark.kafka


def call(folder: Path, *arguments: str) -> tuple[int, Any, str]:
    """Exit code, the JSON of stdout if any, and stderr."""
    command = [
        sys.executable,
        "-P",
        "-m",
        "streams",
        "kafka",
        *arguments,
        "--data-dir",
        str(folder),
        "--json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=90)
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


def test_up_again_up_status_and_down(tmp_path: Path, kafka: LocalKafka) -> None:
    (port,) = free_ports(1)
    address = f"127.0.0.1:{port}"
    try:
        code, up, _ = call(tmp_path, "up", "--port", str(port))
        assert (code, up["bootstrap_servers"]) == (0, address)
        os.kill(up["pids"][0], 0)
        code, again, _ = call(tmp_path, "up")
        assert (code, again) == (0, up), "already up is no error and starts nothing"
        code, status, _ = call(tmp_path, "status")
        assert (code, status) == (
            0,
            {"up": True, "bootstrap_servers": address, "nodes": 1, "pids": up["pids"]},
        )
        code, _, said = call(tmp_path, "up", "--nodes", "3")
        assert code == 2
        assert "holds a cluster of 1 nodes" in said
    finally:
        code, down, _ = call(tmp_path, "down")
    assert (code, down) == (0, {"up": False, "ended": up["pids"], "killed": []})
    assert is_free(port)
    assert call(tmp_path, "down")[:2] == (0, {"up": False, "ended": [], "killed": []})
    code, status, _ = call(tmp_path, "status")
    assert (code, status["up"], status["nodes"]) == (1, False, 1)


def test_a_port_that_is_taken_is_exit_code_3(tmp_path: Path, kafka: LocalKafka) -> None:
    port = kafka.bootstrap_servers.rsplit(":", 1)[1]
    code, out, said = call(tmp_path, "up", "--port", port)
    assert (code, out) == (3, None)
    assert f"port {port} is taken" in said
    assert running(tmp_path) == []


def test_the_foreground_takes_kafka_along_when_it_ends(tmp_path: Path, kafka: LocalKafka) -> None:
    (port,) = free_ports(1)
    command = [sys.executable, "-P", "-m", "streams", "kafka", "up", "--foreground", "--port", str(port)]
    with subprocess.Popen(
        [*command, "--data-dir", str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"Kafka is up at 127.0.0.1:{port}\n"
        assert len(running(tmp_path)) == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert running(tmp_path) == []
    assert is_free(port)
