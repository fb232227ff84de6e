"""Tutorials, run from top to bottom on a real Kafka: operator.md and authority.md; of analyst.md the reader's own program.

connector-author.md needs no Kafka: test_connectors_doc.
"""

import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest
from alert_records import alert
from doc_blocks import ROOT, blocks
from doc_run import assert_it_says_what_is_printed, outputs
from installed_entry_points import environment
from kafka_client import KafkaClient
from worker_fixtures import client

from streams.settings import Settings, as_environment
from streams.worker.worker_process import free_port

__all__ = ["client"]

TUTORIALS = ROOT / "docs" / "tutorials"


def played(name: str, folder: Path, variables: Mapping[str, str], ports: tuple[str, ...] = ()) -> int:
    """Run the tutorial; how many outputs it has, all of which came."""
    page = TUTORIALS / name
    printed = outputs(page, folder, environment(folder) | variables, {port: free_port() for port in ports})
    prefix = variables.get("RELISTWATCH_TOPICS__PREFIX", "")
    return assert_it_says_what_is_printed(page, [each.replace(prefix, "") for each in printed])


def broker_of(settings: Settings) -> dict[str, str]:
    """Where the test's Kafka is and which names are the test's; everything else is what the tutorial says."""
    kept = ("KAFKA__BOOTSTRAP_SERVERS", "KAFKA__GROUP", "TOPICS__PREFIX")
    return {name: text for name, text in as_environment(settings).items() if name.endswith(kept)}


@pytest.mark.kafka
@pytest.mark.slow
def test_an_operator_gets_from_nothing_to_a_system_that_survives(settings: Settings, tmp_path: Path) -> None:
    assert played("operator.md", tmp_path, broker_of(settings), ("6066", "6067", "6070")) >= 9


@pytest.mark.kafka
@pytest.mark.slow
def test_an_authority_gets_from_links_to_proof(settings: Settings, tmp_path: Path) -> None:
    assert played("authority.md", tmp_path, broker_of(settings), ("6066",)) >= 8


@pytest.mark.kafka
def test_the_analysts_own_program_prints_each_alert_once(
    settings: Settings, topics: Settings, client: KafkaClient, tmp_path: Path
) -> None:
    """`topics.prefix` is the test's, so the program's topic has another name here."""
    (program,) = [each for each in blocks(TUTORIALS / "analyst.md") if each.title == "read_alerts.py"]
    topic = f'"{settings.topics.prefix}alerts"'
    assert program.text.count('"alerts"') == 1
    (tmp_path / "read_alerts.py").write_text(program.text.replace('"alerts"', topic))
    client.send_all(
        "alerts", [(f"a-{number}", alert(number, probability=number / 10)) for number in (1, 1, 2)]
    )
    with subprocess.Popen(
        [sys.executable, "read_alerts.py", settings.kafka.bootstrap_servers],
        cwd=tmp_path, stdout=subprocess.PIPE, text=True,
    ) as running:  # fmt: skip
        watchdog = threading.Timer(60, running.kill)
        watchdog.start()
        try:
            lines = [running.stdout.readline() for _ in range(2)]  # type: ignore[union-attr]
        finally:
            watchdog.cancel()
            running.kill()
    assert len(set(lines)) == 2
    assert all("relist of " in line and "because of " in line for line in lines), lines
