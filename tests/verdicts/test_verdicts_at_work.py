"""Verdicts on a real Kafka: from an analyst's command to what a running worker does."""

import json
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from kafka_client import KafkaClient
from listing_records import drawn_photo, inline, listing, relist, takedown
from typer.testing import CliRunner, Result
from worker_steps import alerts_of, publish_takedowns, wait_fingerprinted

from connectors.events import Alert
from connectors.verdicts import Verdict
from streams.cli import build_app
from streams.settings import Settings, as_environment
from streams.worker.worker_process import WorkerProcess

pytestmark = pytest.mark.kafka


def run(settings: Settings, *arguments: str) -> Result:
    environment = as_environment(settings) | {"COLUMNS": "200"}
    return CliRunner(env=environment).invoke(build_app(), list(arguments))


def wait_read(worker: WorkerProcess, verdicts: int) -> None:
    """Until the worker has taken in so many."""
    line = f"relistwatch_verdicts_read_total {float(verdicts)}"
    deadline = time.monotonic() + 20
    while line not in worker.metrics():
        assert time.monotonic() < deadline, worker.metrics()
        time.sleep(0.05)


def alerts_for(client: KafkaClient, topic: str, *events: Any, many: int) -> list[Alert]:
    """Send the listings; the alerts on the topic once there are `many` and all listings are done."""
    client.send_all("listings", [(event.key, event) for event in events])
    wait_fingerprinted(client, *(event.key for event in events))
    return alerts_of(client.read_until(topic, lambda got: len(got) >= many, quiet=0.7))


def test_a_cleared_title_and_photo_alert_no_more_until_a_verdict_is_taken_back(
    worker: WorkerProcess, worker_settings: Settings, client: KafkaClient
) -> None:
    photo = drawn_photo(1)
    publish_takedowns(client, takedown(1), takedown(2, images=inline(photo)), takedown(3))
    titles = [relist(30 + n, of=1) for n in range(3)]
    photos = [listing(40 + n, images=inline(photo), seller_id=f"shop{n}") for n in range(3)]
    first = alerts_for(client, "alerts", *titles, *photos, many=6)
    assert len(first) == 6
    for alert in first:
        told = run(worker_settings, "verdicts", "add", alert.alert_id, "not-a-relist", "--by", "analyst-7")
        assert told.exit_code == 0, told.output
    wait_read(worker, 6)
    rows = [
        json.loads(line) for line in run(worker_settings, "verdicts", "allowed", "--json").stdout.splitlines()
    ]
    assert rows == [
        {"takedown_id": "t1", "image": None, "accounts_cleared": 3, "accounts_relisted": 0},
        {"takedown_id": "t2", "image": 0, "accounts_cleared": 3, "accounts_relisted": 0},
    ]
    assert "t2  photo 1  3 accounts" in run(worker_settings, "verdicts", "allowed").stdout

    quiet = [relist(50, of=1), listing(51, images=inline(photo)), relist(52, of=3)]
    second = alerts_for(client, "alerts", *quiet, many=7)
    assert [alert.listing.listing_id for alert in second if alert not in first] == ["l52"]
    assert "relistwatch_allowed_total 2.0" in worker.metrics()

    by_title = next(alert for alert in first if alert.takedown.takedown_id == "t1")
    assert run(worker_settings, "verdicts", "withdraw", by_title.alert_id).exit_code == 0
    wait_read(worker, 7)
    again = [relist(60, of=1), listing(61, images=inline(photo))]
    third = alerts_for(client, "alerts", *again, many=8)
    assert {alert.listing.listing_id for alert in third if alert not in second} == {"l60"}


def test_verdicts_of_before_are_in_force_at_the_first_listing(
    worker_settings: Settings, client: KafkaClient, tmp_path: Path
) -> None:
    from alert_records import alert, verdict

    from connectors.evidence import TitleEvidence

    title = TitleEvidence(similarity=1.0, listing_text="a", takedown_text="a", weight=9.0)
    for number in range(3):
        made = alert(number, evidence=(title,))
        account = msgspec.structs.replace(made.listing, seller_id=f"honest{number}")
        one = verdict(number, alert=msgspec.structs.replace(made, listing=account))
        client.send("verdicts", one.alert_id, one)
    client.send("verdicts", "broken", b"{")
    client.send("verdicts", "other", verdict(9))
    client.flush()
    with WorkerProcess(worker_settings, tmp_path / "worker.log") as worker:
        worker.wait_ready()
        publish_takedowns(client, takedown(1), takedown(2))
        (found,) = alerts_for(client, "alerts", relist(30, of=1), relist(31, of=2), many=1)
        assert found.takedown.takedown_id == "t2"
        text = worker.metrics()
    assert 'relistwatch_dead_letters_total{error="malformed-json",stage="verdict-feed"} 1.0' in text
    assert 'relistwatch_dead_letters_total{error="wrong-key",stage="verdict-feed"} 1.0' in text


def test_a_flood_is_held_told_once_and_released(
    worker: WorkerProcess, worker_settings: Settings, client: KafkaClient
) -> None:
    publish_takedowns(client, takedown(1), takedown(2))
    flood = [relist(30 + n, of=1) for n in range(20)]
    told = alerts_for(client, "alerts", *flood, relist(80, of=2), many=7)
    kinds = sorted((one.kind, one.takedown.takedown_id) for one in told)
    assert kinds == [("flood", "t1"), *[("relist", "t1")] * 5, ("relist", "t2")]
    held = alerts_of(client.read_until("held-alerts", lambda got: len(got) >= 15, quiet=0.5))
    assert len(held) == 15
    assert not {one.listing.key for one in held} & {one.listing.key for one in told if one.kind == "relist"}
    assert "relistwatch_alerts_held_total 15.0" in worker.metrics()

    nothing = run(worker_settings, "alerts", "release", "t2")
    assert (nothing.exit_code, "no alert of takedown 't2' is held" in nothing.stderr) == (1, True)
    out = run(worker_settings, "alerts", "release", "t1", "--json")
    assert json.loads(out.stdout) == {"released": 15, "there_before": 0}
    out = run(worker_settings, "alerts", "release", "t1")
    assert out.stdout == "0 released, 15 were on alerts already\n"
    messages = client.read_until("alerts", lambda got: len(got) >= 22, quiet=0.5)
    assert len(messages) == 22
    assert {one.alert_id for one in alerts_of(messages)} == {one.alert_id for one in [*told, *held]}
    assert all(dict(one.headers)["ce_id"] == one.key for one in messages)

    (alert,) = (one for one in told if one.kind == "flood")
    added = run(worker_settings, "verdicts", "add", alert.alert_id, "relist", "--by", "analyst-7")
    assert "relistwatch alerts release t1" in added.stdout
    wait_read(worker, 1)
    after = alerts_for(client, "alerts", relist(60, of=1), many=23)
    assert after[-1].listing.listing_id == "l60" or "l60" in {one.listing.listing_id for one in after}
    tail = run(worker_settings, "alerts", "tail", "--held", "--from-beginning", "--limit", "15", "--json")
    assert len(tail.stdout.splitlines()) == 15


def test_a_verdict_from_end_to_end(topics: Settings, client: KafkaClient) -> None:
    from alert_records import alert, flood

    evil = alert(2, listing=msgspec.structs.replace(alert(2).listing, title="[red]\x1b[2Jjaket"))
    client.send_all("alerts", [("alert-1", b"no alert"), ("alert-1", alert(1)), ("alert-2", evil)])
    client.send_all("held-alerts", [("alert-3", flood(3))])
    added = run(
        topics,
        "verdicts",
        "add",
        "alert-1",
        "same-backdrop",
        "--by",
        "analyst-7",
        "--reason",
        "rug",
        "--json",
    )
    assert added.exit_code == 0, added.output
    assert run(topics, "verdicts", "add", "alert-2", "not-a-relist", "--by", "b\x1b[2J").exit_code == 0
    assert run(topics, "verdicts", "add", "alert-3", "unsure", "--by", "analyst-7").exit_code == 0
    messages = client.read_until("verdicts", lambda got: len(got) >= 3, quiet=0.3)
    verdicts = {one.key.decode(): msgspec.json.decode(one.value, type=Verdict) for one in messages}
    assert {key: one.verdict for key, one in verdicts.items()} == {
        "alert-1": "same backdrop",
        "alert-2": "not a relist",
        "alert-3": "unsure",
    }
    assert verdicts["alert-1"] == msgspec.json.decode(added.stdout, type=Verdict)
    assert (verdicts["alert-1"].by, verdicts["alert-1"].reason, verdicts["alert-1"].alert) == (
        "analyst-7",
        "rug",
        alert(1),
    )
    headers = dict(next(one.headers for one in messages if one.key == b"alert-1"))
    assert (headers["ce_id"], headers["ce_type"]) == (b"alert-1", b"relistwatch.verdict")

    tail = run(topics, "verdicts", "tail", "--from-beginning", "--limit", "3")
    assert "\x1b" not in tail.stdout
    for words in ("same backdrop  says analyst-7", "because   rug", "[red]\\x1b[2Jjaket", "not a relist"):
        assert words in tail.stdout

    for arguments, code, words in (
        (("add", "nowhere", "relist", "--by", "analyst-7"), 1, "no alert 'nowhere' on alerts or held-alerts"),
        (("add", "alert-1", "perhaps", "--by", "analyst-7"), 2, "perhaps"),
        (("add", "alert-1", "relist", "--by", ""), 2, "by"),
        (("add", "alert-1", "relist", "--by", "d", "--reason", "x" * 3000), 2, "reason"),
        (("withdraw", "alert-9"), 1, "no verdict on 'alert-9'"),
    ):
        said = run(topics, "verdicts", *arguments)
        assert (said.exit_code, words in said.stderr) == (code, True), said.output
    assert len(client.read_until("verdicts", lambda got: len(got) >= 3, quiet=0.3)) == 3
    assert run(topics, "verdicts", "withdraw", "alert-1").exit_code == 0
    assert "taken back" in run(topics, "verdicts", "withdraw", "alert-2").stdout
    assert run(topics, "verdicts", "withdraw", "alert-2").exit_code == 1, "it was taken back"


def test_a_broker_that_is_away_is_exit_code_3() -> None:
    away = Settings(kafka=msgspec.structs.replace(Settings().kafka, bootstrap_servers="127.0.0.1:1"))
    assert run(away, "verdicts", "add", "a", "relist", "--by", "b").exit_code == 3
