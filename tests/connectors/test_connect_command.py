"""`relistwatch connect`, whole: a source into a real Kafka, stopped cleanly, and wrong requests named."""

import json
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import msgspec
import pytest
from installed_entry_points import environment
from kafka_client import KafkaClient
from listing_records import listing, takedown
from loaded_command import call

from streams.settings import Settings

ROOT = Path(__file__).parents[2]
RUN = [sys.executable, "-c", "from streams.cli import main; main()", "connect"]


@pytest.fixture(name="environment")
def installed(tmp_path: Path) -> dict[str, str]:
    """The project's entry points as an installation has them."""
    return environment(tmp_path)


def of(settings: Settings, environment: dict[str, str]) -> dict[str, str]:
    return environment | {
        "RELISTWATCH_KAFKA__BOOTSTRAP_SERVERS": settings.kafka.bootstrap_servers,
        "RELISTWATCH_TOPICS__PREFIX": settings.topics.prefix,
    }


def connect(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return call(["connect", *arguments], environment)


def write(path: Path, records: list[object]) -> Path:
    path.write_bytes(
        b"".join(each if isinstance(each, bytes) else msgspec.json.encode(each) + b"\n" for each in records)
    )
    return path


@pytest.mark.kafka
def test_a_file_goes_to_kafka_line_by_line(
    topics: Settings, environment: dict[str, str], tmp_path: Path
) -> None:
    path = write(tmp_path / "l.jsonl", [listing(1), b"{broken \x1b[2J\n", listing(2), b"x" * 2000 + b"\n"])
    result = connect(
        of(topics, environment),
        "jsonlines",
        "--option",
        f"path={path}",
        "--option",
        "max_line_bytes=1500",
        "--json",
    )
    counts = json.loads(result.stdout)
    assert (counts["read"], counts["written"], counts["skipped"], counts["failed"]) == (3, 3, 1, 0)
    assert result.returncode == 1
    assert "skipped: line 4" in result.stderr
    client = KafkaClient(topics)
    try:
        messages = client.read_until("listings", lambda seen: len(seen) >= 3, quiet=0.5)
    finally:
        client.close()
    assert {message.key: message.value for message in messages} == {
        b"pasar-uji:l1": msgspec.json.encode(listing(1)),
        None: b"{broken \x1b[2J",
        b"pasar-uji:l2": msgspec.json.encode(listing(2)),
    }
    assert {dict(message.headers)["ce_source"] for message in messages} == {b"relistwatch/connect/jsonlines"}


@pytest.mark.kafka
def test_takedowns_go_to_their_own_topic(
    topics: Settings, environment: dict[str, str], tmp_path: Path
) -> None:
    path = write(tmp_path / "t.jsonl", [takedown(1), b'{"takedown_id": "t1", "withdrawn": true}\n'])
    options = tmp_path / "options.toml"
    options.write_text(f"path = {json.dumps(str(path))}\n")
    result = connect(
        of(topics, environment), "jsonlines", "--options-file", str(options), "--topic", "takedowns"
    )
    assert result.returncode == 0, result.stderr
    assert "2 read, 2 written" in result.stderr
    client = KafkaClient(topics)
    try:
        messages = client.read_until("takedowns", lambda seen: len(seen) >= 2)
    finally:
        client.close()
    assert [(each.key, each.value) for each in messages] == [
        (b"t1", msgspec.json.encode(takedown(1))),
        (b"t1", None),
    ]


@pytest.mark.kafka
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_by_a_signal_it_has_delivered_what_it_read(
    topics: Settings, environment: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    path = write(tmp_path / "l.jsonl", [listing(1), listing(2), b'{"event_id": "half'])
    arguments = [*RUN, "jsonlines", "--option", f"path={path}", "--option", "follow=true", "--json"]
    client = KafkaClient(topics)
    process = subprocess.Popen(arguments, env=of(topics, environment), stdout=subprocess.PIPE, text=True)
    try:
        client.read_until("listings", lambda seen: len(seen) >= 2)
        with path.open("ab") as growing:
            growing.write(b"\n" + msgspec.json.encode(listing(3)) + b"\n")
        client.read_until("listings", lambda seen: len(seen) >= 4)
        process.send_signal(number)
        output, _ = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
        client.close()
    assert process.returncode == 0
    assert json.loads(output)["written"] == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["jsonlinse"], "no source 'jsonlinse'; known: folder, hostile, http, jsonlines"),
        (["jsonlines"], "jsonlines: Object missing required field `path`"),
        (["jsonlines", "--option", "path"], "write KEY=VALUE"),
        (["jsonlines", "--option", "pth=x"], "no option 'pth'; its options: path"),
        (["jsonlines", "--options-file", "/no/such.toml"], "--options-file /no/such.toml: cannot read"),
        (
            ["jsonlines", "--option", "path=x", "--option", "records=takedowns"],
            "does not go to --topic listings",
        ),
    ],
)
def test_a_wrong_request_is_named(environment: dict[str, str], arguments: list[str], words: str) -> None:
    result = connect(environment, *arguments)
    assert (result.returncode, words in result.stderr) == (2, True), result.stderr


def test_without_a_broker_it_goes_to_a_file(environment: dict[str, str], tmp_path: Path) -> None:
    path = write(tmp_path / "l.jsonl", [listing(1), listing(2)])
    out = tmp_path / "out.jsonl"
    away = environment | {"RELISTWATCH_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:9"}
    result = connect(
        away, "jsonlines", "--option", f"path={path}", "--to", "jsonlines", "--to-option", f"path={out}"
    )
    assert result.returncode == 0, result.stderr
    assert "jsonlines → jsonlines: 2 read, 2 written" in result.stderr
    assert out.read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--instance", "../up"], "--instance '../up'"),
        (["--to", "nowhere"], "there is no sink 'nowhere'"),
        (["--to", "jsonlines", "--to-option", "paht=x"], "jsonlines has no option 'paht'"),
        (["--to", "jsonlines", "--to-option", "path"], "--to-option path: write KEY=VALUE"),
    ],
)
def test_wrong_sinks_and_names_are_told(
    environment: dict[str, str], tmp_path: Path, arguments: list[str], told: str
) -> None:
    path = write(tmp_path / "l.jsonl", [listing(1)])
    result = connect(environment, "jsonlines", "--option", f"path={path}", *arguments)
    assert result.returncode == 2
    assert told in result.stderr


@pytest.mark.kafka
def test_metrics_are_served_meanwhile(topics: Settings, environment: dict[str, str], tmp_path: Path) -> None:
    path = write(tmp_path / "l.jsonl", [listing(1)])
    command = [
        *RUN,
        "jsonlines",
        "--option",
        f"path={path}",
        "--option",
        "follow=true",
        "--metrics-port",
        "0",
    ]
    with subprocess.Popen(command, env=of(topics, environment), stderr=subprocess.PIPE, text=True) as running:
        try:
            assert running.stderr is not None
            told = running.stderr.readline()
            address = told.removeprefix("metrics at ").strip()
            labels = 'connector="jsonlines",connector_instance="jsonlines"'
            written = f"relistwatch_connector_written_total{{{labels}}} 1.0"
            deadline = time.monotonic() + 30
            while written not in urllib.request.urlopen(address, timeout=10).read().decode():
                assert time.monotonic() < deadline
                time.sleep(0.1)
            running.send_signal(signal.SIGTERM)
            running.communicate(timeout=30)
        finally:
            # Leaving the block waits for the command: one that still follows its file would never end.
            running.kill()
    assert running.returncode == 0
