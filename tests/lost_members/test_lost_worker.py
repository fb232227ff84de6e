"""Workers that hang or have left their group end themselves on a real Kafka, nothing is lost, and others stay."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec
import pytest
from kafka import KafkaConsumer
from kafka_client import KafkaClient
from listing_records import listing
from waiting import until
from worker_fixtures import client

from connectors.group_membership import members
from streams.die_with_parent import die_with_parent
from streams.kafka_clients import topic_admin
from streams.kafka_clients.kafka_options import client_options
from streams.settings import ENV_PREFIX, Settings, as_environment
from streams.worker.group_standing import is_readable, standing_of
from streams.worker.lost_watch import EXIT_LOST
from streams.worker.worker_process import WorkerProcess

pytestmark = pytest.mark.kafka

__all__ = ["client"]

SCRIPT = Path(__file__).parents[1] / "support" / "hanging_worker.py"
BOUND = 3.0
LISTINGS = 60


@pytest.fixture
def lost_settings(settings: Settings, topics: object) -> Settings:
    """A worker is lost after some seconds, and one of its partitions is another's after six."""
    kafka = msgspec.structs.replace(settings.kafka, session_timeout=6.0, heartbeat_interval=0.5)
    work = msgspec.structs.replace(
        settings.worker, photo_processes=1, lost_seconds=BOUND, heartbeat_seconds=0
    )
    web = msgspec.structs.replace(settings.web, enabled=False)
    return msgspec.structs.replace(settings, kafka=kafka, worker=work, web=web)


@pytest.fixture
def hanging(lost_settings: Settings, tmp_path: Path) -> Iterator[Callable[[str], "subprocess.Popen[bytes]"]]:
    """Starts a worker that hangs so; killed at the end if it still runs."""
    started: list[subprocess.Popen[bytes]] = []

    def start(how: str) -> "subprocess.Popen[bytes]":
        environment = {name: value for name, value in os.environ.items() if not name.startswith(ENV_PREFIX)}
        with (tmp_path / "hanging.log").open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, str(SCRIPT), how],
                env=environment | as_environment(lost_settings),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                preexec_fn=partial(die_with_parent, os.getpid()),  # noqa: PLW1509
            )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def send(client: KafkaClient, *, hang_at: int | None) -> set[bytes]:
    """Listings, one of which makes the worker hang; their keys."""
    events = [
        listing(number, **({"title": f"hang {number}"} if number == hang_at else {}))
        for number in range(LISTINGS)
    ]
    client.send_all("listings", [(event.key, event) for event in events])
    return {event.key.encode() for event in events}


@pytest.mark.parametrize(
    ("how", "why", "code"),
    [
        ("sleeps", "the event loop has been blocked", EXIT_LOST),
        ("waits", "wait, and nothing was committed", EXIT_LOST),
        ("leaves", "the group has not known this worker", EXIT_LOST),
        ("matches", "Profiling timer expired", -signal.SIGPROF),
    ],
)
def test_a_worker_that_hangs_or_has_left_ends_and_another_does_its_work(
    *,
    how: str,
    why: str,
    code: int,
    hanging: Callable[[str], "subprocess.Popen[bytes]"],
    lost_settings: Settings,
    client: KafkaClient,
    tmp_path: Path,
) -> None:
    process = hanging(how)
    log = tmp_path / "hanging.log"
    if how == "leaves":
        until(lambda: b"left the group" in log.read_bytes(), "it leaves its group")
        keys = send(client, hang_at=None)
    else:
        keys = send(client, hang_at=LISTINGS // 2)
    assert process.wait(60) == code, log.read_text()[-3000:]
    text = log.read_text()
    assert "most recent call first" in text, "where it hung is in the log"
    if code == EXIT_LOST:
        assert why in text
    made = {message.key for message in client.existing("fingerprints")}
    done_to = committed(lost_settings)
    for message in client.existing("listings"):
        done = message.offset < done_to.get(message.partition, 0)
        assert message.key in made or not done, "what is committed came out"
    assert keys - made or how == "leaves", "it hung before it had done everything"
    if how == "leaves":
        served = msgspec.structs.replace(
            lost_settings, web=msgspec.structs.replace(lost_settings.web, enabled=True)
        )
        with WorkerProcess(served, tmp_path / "second.log"):
            client.read_until(
                "fingerprints", lambda seen: keys <= {message.key for message in seen}, seconds=60
            )


def test_one_that_was_stopped_past_its_session_takes_part_again(
    lost_settings: Settings, client: KafkaClient, tmp_path: Path
) -> None:
    served = msgspec.structs.replace(
        lost_settings, web=msgspec.structs.replace(lost_settings.web, enabled=True)
    )
    with WorkerProcess(served, tmp_path / "worker.log") as worker:
        worker.wait_ready()
        worker.process.send_signal(signal.SIGSTOP)
        until(lambda: stands(served) == "no member", "Kafka gives it up")
        keys = send(client, hang_at=None)
        worker.process.send_signal(signal.SIGCONT)
        deadline = time.monotonic() + 60
        while worker.process.poll() is None and time.monotonic() < deadline:
            seen = {message.key for message in client.existing("fingerprints")}
            if keys <= seen:
                break
        else:
            assert worker.process.returncode == EXIT_LOST
            return
        # It goes on as a member, and is not ended for what was.
        until(lambda: stands(served) == "member", "it is a member again")
        time.sleep(2 * BOUND)
        assert worker.process.poll() is None, f"an idle worker stays: {worker.log.read_text()}"
        assert worker.stop() == 0
    assert "worker is lost" not in (tmp_path / "worker.log").read_text()


def test_a_member_for_whom_no_partition_is_left_is_known(lost_settings: Settings) -> None:
    name = lost_settings.topics.prefix + "connector-state"  # it has one partition
    consumers = [
        KafkaConsumer(
            **client_options(lost_settings.kafka), client_id=f"c{number}", group_id=lost_settings.kafka.group
        )
        for number in range(2)
    ]
    try:
        for each in consumers:
            each.subscribe([name])

        def shared() -> bool:
            for each in consumers:
                each.poll(timeout_ms=50)
            said = [
                standing_of(lost_settings, lost_settings.kafka.group, f"c{number}") for number in range(2)
            ]
            return all(one is not None and one.known and one.settled for one in said) and sorted(
                len(one.places) for one in said if one is not None
            ) == [0, 1]

        until(shared, "one has the partition, one has none, and Kafka knows both")
    finally:
        for each in consumers:
            each.close(autocommit=False)


def test_what_kafka_says_of_a_stranger_and_of_lag(
    lost_settings: Settings, client: KafkaClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    standing = standing_of(lost_settings, lost_settings.kafka.group, "nobody")
    assert standing is not None
    assert not standing.known
    send(client, hang_at=None)
    partition = (lost_settings.topics.prefix + "listings", 0)
    held = [message for message in client.existing("listings") if message.partition == 0]
    assert is_readable(lost_settings, partition, 0) is True
    assert is_readable(lost_settings, partition, len(held)) is False
    monkeypatch.setattr(topic_admin, "TIMEOUT_MS", 300)
    kafka = msgspec.structs.replace(lost_settings.kafka, bootstrap_servers="127.0.0.1:1")
    assert standing_of(msgspec.structs.replace(lost_settings, kafka=kafka), kafka.group, "nobody") is None


def committed(settings: Settings) -> dict[int, int]:
    """By partition of `listings`, where the group stands."""
    with topic_admin.administration(settings) as admin:
        offsets = admin.list_group_offsets(settings.kafka.group)[settings.kafka.group]
    name = settings.topics.prefix + "listings"
    return {place.partition: found.offset for place, found in offsets.items() if place.topic == name}


def stands(settings: Settings) -> str:
    """What Kafka says of the only worker of the group."""
    known = members(client_options(settings.kafka), settings.kafka.group)
    return "silence" if known is None else ("member" if known else "no member")
