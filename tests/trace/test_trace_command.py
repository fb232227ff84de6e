"""`relistwatch trace` beside a real worker: a relist, a bad message that is replayed, a listing that goes away."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from alert_records import verdict
from kafka_client import KafkaClient
from listing_records import drawn_photo, inline, listing, relist, takedown
from takedown_records import request, send_requests
from typer.testing import CliRunner, Result
from worker_steps import alerts_of, publish_takedowns, wait_fingerprinted

from connectors.events import EventType
from streams.cli import build_app
from streams.cli.trace import since_words
from streams.kafka_clients import record_reader
from streams.settings import Kafka, Settings, as_environment
from streams.verdicts.desk import send_verdict
from streams.worker.worker_process import WorkerProcess, free_port

SHOPEE = "shopee-id:308864651.11479305215"
LINK = "https://shopee.co.id/Kemeja-i.308864651.11479305215?sp_atk=x"


def run(settings: Settings, *arguments: str) -> Result:
    return CliRunner(env=as_environment(settings)).invoke(build_app(), list(arguments))


def traced(settings: Settings, *arguments: str) -> list[dict[str, Any]]:
    result = run(settings, "trace", *arguments, "--json")
    assert result.exit_code == 0, result.output
    steps: list[dict[str, Any]] = json.loads(result.stdout)["steps"]
    assert [step["at"] for step in steps] == sorted(step["at"] for step in steps)
    return steps


@pytest.mark.kafka
def test_what_happened_to_listings_beside_a_real_worker(
    worker: WorkerProcess, client: KafkaClient, topics: Settings
) -> None:
    publish_takedowns(client, takedown(1))
    came_back = relist(
        11, of=1, marketplace="shopee-id", listing_id="308864651.11479305215",
        images=inline(drawn_photo(1), b"no photo"),
    )  # fmt: skip
    assert came_back.key == SHOPEE
    quiet = [listing(12), listing(12, event_id="e12b", type=EventType.REMOVED)]
    client.send_all("listings", [(each.key, each) for each in (came_back, *quiet)])
    client.send("listings", "pasar-uji:bad", b"{torn \x1b[2J")
    client.flush()
    wait_fingerprinted(client, SHOPEE, "pasar-uji:l12")
    (alert,) = alerts_of(client.read_until("alerts", lambda got: len(got) >= 1))
    said = verdict(1, "relist", alert_id=alert.alert_id, alert=alert, decided_at=datetime.now(UTC))
    send_verdict(topics, alert.alert_id, said)
    send_requests(client, request(12, received_at=datetime.now(UTC)))
    client.read_until("dead-letters", lambda got: len(got) >= 1)
    assert run(topics, "dead-letters", "replay", "--error", "malformed-json").exit_code == 0
    client.read_until("dead-letters", lambda got: len(got) >= 2)

    told = run(topics, "trace", LINK)
    assert told.exit_code == 0, told.output
    heading, *lines = told.stdout.splitlines()
    assert heading.startswith(f"{SHOPEE}  “{came_back.title}”")
    for words, line in zip(
        ("event         listing.created, 2 photos", "fingerprint   1 photo fingerprinted; 1 not: photo 2 ",
         "alert         relist ", "verdict       relist, says analyst-1"), lines, strict=True,
    ):  # fmt: skip
        assert words in line
    assert re.search(r"Z +\+0\.\d\d s +fingerprint ", lines[1])

    steps = traced(topics, SHOPEE)
    assert steps == traced(topics, alert.alert_id) == traced(topics, SHOPEE, "--everywhere")
    assert steps == traced(topics, SHOPEE, "--days", "1")
    assert [step["kind"] for step in steps] == ["event", "fingerprint", "alert", "verdict"]
    assert steps[2]["id"] == alert.alert_id
    assert "by photo" not in steps[2]["what"]
    assert "takedown t1 (pasar-uji:l1)" in steps[2]["what"]

    steps = traced(topics, "pasar-uji:l12")
    assert [(step["kind"], step["what"]) for step in steps if step["kind"] == "event"] == [
        ("event", "listing.created"),
        ("event", "listing.removed"),
    ]
    assert [step["kind"] for step in steps if step["kind"] != "event"] == ["fingerprint", "request"]
    assert [step["kind"] for step in traced(topics, "pasar-uji:l1")] == ["takedown", "relist of it"]

    told = run(topics, "trace", "pasar-uji:bad")
    assert "\x1b" not in told.stdout
    assert told.stdout.count("  event ") == told.stdout.count("  dead letter ") == 2
    steps = traced(topics, "pasar-uji:bad")
    assert sorted((step["kind"], step.get("attempt", 1)) for step in steps) == [
        ("dead letter", 1), ("dead letter", 2), ("event", 1), ("event", 2),
    ]  # fmt: skip
    assert worker.is_ready()


@pytest.mark.kafka
def test_what_is_not_known_and_what_means_no_listing(topics: Settings) -> None:
    unknown = run(topics, "trace", "pasar-uji:never")
    assert (unknown.exit_code, "pasar-uji:never: nothing is known of it" in unknown.output) == (1, True)
    assert run(topics, "trace", "0" * 32).exit_code == 1
    for text in ("no listing", "https://tokopedia.com/toko/kemeja", "UPPER:1"):
        assert run(topics, "trace", text).exit_code == 2, text


def test_no_broker_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_reader, "REACH_MS", 500)
    nobody = Settings(kafka=Kafka(bootstrap_servers=f"127.0.0.1:{free_port()}"))
    told = run(nobody, "trace", SHOPEE)
    assert (told.exit_code, "no Kafka answers" in told.output) == (3, True)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "+0.00 s"),
        (0.414, "+0.41 s"),
        (125, "+2 min 05 s"),
        (11_400, "+3 h 10 min"),
        (1_052_000, "+12 d 4 h"),
    ],
)
def test_times_between_steps_are_told_in_the_units_that_fit(seconds: float, words: str) -> None:
    assert since_words(seconds) == words
