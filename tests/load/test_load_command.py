"""`relistwatch load` against a running worker: nothing slows it, and what it did is taken back."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from kafka import KafkaProducer
from typer.testing import CliRunner, Result

from connectors.events import Takedown, TakenDownListing
from streams.cli import build_app
from streams.kafka_clients.kafka_options import client_options
from streams.kafka_local.broker import LocalKafka
from streams.load.follower import Follower
from streams.load.plan import Mix, Plan
from streams.load.schedule import Course
from streams.load.stock import Stock
from streams.load.takedowns import NotMatchableError, await_matchable, left_behind, publish
from streams.settings import Settings, as_environment
from streams.topics import LISTINGS, TAKEDOWNS, TopicSpec, topic_name
from streams.worker.worker_process import WorkerProcess

PAUSE = 3.0
"""Seconds without a broker: a producer that waited for it would be late by as much."""
SECONDS = 6
LATE = ("--late-ms", "1500")


@contextmanager
def started(settings: Settings, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """The command in a process of its own, which ends in any case."""
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "streams", "load", *arguments],
        env=os.environ | as_environment(settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def ended(process: "subprocess.Popen[str]", seconds: float = 120) -> tuple[int, str]:
    out, err = process.communicate(timeout=seconds)
    return process.returncode, out + err


def until_it_says(process: "subprocess.Popen[str]", words: str) -> None:
    """Read its progress up to a line with these words."""
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return
    raise AssertionError(f"it ended without saying {words!r}")


def invoked(settings: Settings, *arguments: str) -> Result:
    """The command in this process."""
    return CliRunner().invoke(build_app(), ["load", *arguments], env=as_environment(settings))


@pytest.mark.kafka
def test_takedowns_that_a_killed_load_left_are_withdrawn_and_no_others(
    topics: Settings, stock: Stock
) -> None:
    plan = Plan(Course(rate=1.0, seconds=1.0), Mix(), 1, stock)
    with Follower(topics) as follower:
        publish(topics, plan)
        send(topics, TAKEDOWNS, "t-1", msgspec.json.encode(other_takedown()))
        with pytest.raises(NotMatchableError, match="does a worker run"):
            await_matchable(topics, plan, follower, stop=threading.Event(), seconds=0.1, say=lambda _: None)
    assert left_behind(topics) == [takedown.takedown_id for takedown in stock.takedowns]
    result = invoked(topics, "clean")
    assert (result.exit_code, result.stdout) == (0, "8 takedowns of loads withdrawn\n")
    assert left_behind(topics) == []
    # Nothing more is withdrawn: somebody else's takedown is still in force.
    assert invoked(topics, "clean").stdout == "0 takedowns of loads withdrawn\n"


@pytest.mark.kafka
def test_real_listings_are_not_mixed_with_a_load(topics: Settings) -> None:
    send(topics, LISTINGS, "relistwatch-load:load-0-000000001", b"{}")
    send(topics, LISTINGS, "shopee-id:1.2", b"{}")
    result = invoked(topics, "--rate", "5", "--seconds", "1", "--warmup", "0")
    assert result.exit_code == 2
    assert "real listings, such as shopee-id:1.2" in result.stderr


@pytest.mark.kafka
@pytest.mark.slow
def test_a_broker_that_hangs_does_not_slow_the_load_and_is_in_the_latencies(
    kafka: LocalKafka, topics: Settings, tmp_path: Path
) -> None:
    run, page = tmp_path / "run.json", tmp_path / "run.html"
    with WorkerProcess(topics, tmp_path / "worker.log") as worker:
        worker.wait_ready()
        with started(
            topics, "--rate", "40", "--seconds", str(SECONDS), "--photos", "0.2", "--relists", "0.2", "--seed", "3",
            "--warmup", "0.5", *LATE, "--json", str(run), "--html", str(page),
        ) as load:  # fmt: skip
            until_it_says(load, f"of {SECONDS} s")
            time.sleep(1.5)
            (node,) = kafka.pids
            os.kill(node, signal.SIGSTOP)
            try:
                time.sleep(PAUSE)
            finally:
                os.kill(node, signal.SIGCONT)
            code, said = ended(load)
        assert code == 1, said
        assert "MISSED  p95 from due to alert" in said
        written = msgspec.json.decode(run.read_bytes())
        report, recording = written["report"], written["recording"]
        assert [check["what"] for check in report["checks"] if not check["kept"]] == ["p95 from due to alert"]
        assert recording["sent"] == recording["planned"]
        assert report["found"] == report["relists"] > 20
        assert {row["kind"] for row in recording["planted"]} == {"text", "photo"}
        # Who was due at the pause's beginning waited for nearly all of it, and the generator for nothing.
        assert report["latencies"][0]["ms"]["100.0"] > (PAUSE - 1) * 1000
        assert report["latencies"][3]["ms"]["99.0"] < 1500
        assert page.read_text().count("<svg") == 5
        assert left_behind(topics) == []
        again = invoked(topics, "report", str(run), "--p95-ms", "60000", *LATE)
        assert again.exit_code == 0, again.output

        with started(topics, "--rate", "5", "--seconds", "90", "--settle", "5", *LATE) as early:
            until_it_says(early, "of 90 s")
            early.send_signal(signal.SIGTERM)
            code, said = ended(early)
        assert code in {1, 4}, said
        assert "ran to its end" in said
        assert left_behind(topics) == []


def send(settings: Settings, topic: TopicSpec, key: str, value: bytes) -> None:
    producer = KafkaProducer(**client_options(settings.kafka))
    producer.send(topic_name(topic, settings.topics), key=key.encode(), value=value).get(timeout=30)
    producer.close()


def other_takedown() -> Takedown:
    listing = TakenDownListing(marketplace="shopee-id", listing_id="1.9", title="jaket kulit domba Garut")
    return Takedown(takedown_id="t-1", listing=listing)
