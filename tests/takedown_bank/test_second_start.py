"""Workers that start again, on a real Kafka: the tail only, and always the right takedowns."""

import json
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from kafka_client import KafkaClient
from noise_prints import takedown_print
from waiting import until

from streams.settings import Settings
from streams.worker.worker_process import WorkerProcess

pytestmark = pytest.mark.kafka

COUNT = 400


@pytest.fixture
def client(settings: Settings, topics: object) -> Iterator[KafkaClient]:
    client = KafkaClient(settings)
    client.send_all("takedown-fingerprints", [(f"t{n}", takedown_print(n)) for n in range(COUNT)])
    yield client
    client.close()


@pytest.fixture
def often(settings: Settings) -> Settings:
    """A snapshot every 0.3 s if anything has changed."""
    worker = msgspec.structs.replace(settings.worker, photo_processes=1, snapshot_minutes=0.005)
    return msgspec.structs.replace(settings, worker=worker)


def held(worker: WorkerProcess, what: str = "takedowns") -> int:
    return int(value(worker, f'relistwatch_takedown_index_size{{what="{what}"}}'))


def value(worker: WorkerProcess, name: str) -> float:
    lines = [line for line in worker.metrics().splitlines() if line.startswith(name + " ")]
    return float(lines[0].split()[-1]) if lines else 0.0


def outcome(worker: WorkerProcess, name: str) -> float:
    return value(worker, f'relistwatch_snapshots_total{{outcome="{name}"}}')


def loaded(worker: WorkerProcess) -> dict:
    """The line that says what was read."""
    lines = [json.loads(line) for line in worker.log.read_text().splitlines() if line.startswith("{")]
    return next(line for line in lines if line["event"] == "takedowns loaded")


def start(settings: Settings, tmp_path: Path, name: str) -> WorkerProcess:
    # A group of its own: none waits until the broker has given up one that was killed.
    kafka = msgspec.structs.replace(settings.kafka, group=f"{settings.kafka.group}-{name}")
    worker = WorkerProcess(msgspec.structs.replace(settings, kafka=kafka), tmp_path / f"{name}.log")
    worker.wait_ready()
    return worker


def change(client: KafkaClient) -> None:
    client.send_all(
        "takedown-fingerprints",
        [("t1", None), ("t7", takedown_print(7, photos=3)), ("t900", takedown_print(900))],
    )


def assert_right(worker: WorkerProcess) -> None:
    """400, less t1, with t900; t7 has three photos."""
    until(lambda: held(worker) == COUNT)
    assert held(worker, "photos") == COUNT + 2
    assert held(worker, "titles") == COUNT


def test_the_second_start_reads_the_tail_only(settings, often, client: KafkaClient, tmp_path) -> None:
    with start(settings, tmp_path, "first") as first:
        assert loaded(first)["rows"] == COUNT
        until(lambda: outcome(first, "written") == 1)
        assert value(first, "relistwatch_snapshot_age_seconds") < 30
    change(client)
    with start(settings, tmp_path, "second") as second:
        assert loaded(second)["rows"] == 3
        assert outcome(second, "loaded") == 1
        assert_right(second)
        second.kill()
    with start(often, tmp_path, "third") as third:
        assert loaded(third)["rows"] == 3, "the killed one wrote none"
        assert_right(third)
        client.send_all("takedown-fingerprints", [("t2", None)])
        until(lambda: outcome(third, "written") >= 1 and held(third) == COUNT - 1)
    with start(settings, tmp_path, "fourth") as fourth:
        assert loaded(fourth)["rows"] == 0
        assert held(fourth) == COUNT - 1


def harmed(data_dir: Path, harm: str) -> None:
    (snapshot,) = data_dir.rglob("snapshot-*")
    manifest = json.loads((snapshot / "manifest.json").read_text())
    if harm == "truncated":
        raw = (snapshot / "main-number.bin").read_bytes()
        (snapshot / "main-number.bin").write_bytes(raw[:1000])
    elif harm == "corrupt":
        (snapshot / "records.msgpack").write_bytes(b"\0" * (snapshot / "records.msgpack").stat().st_size)
    elif harm == "foreign":
        manifest["identity"]["topic_id"] = "of another time"
    elif harm == "old":
        manifest["complete_at"] -= 13 * 3600
    (snapshot / "manifest.json").write_text(json.dumps(manifest))


def test_a_snapshot_of_no_use_is_discarded(settings, client, tmp_path) -> None:
    """Each on a copy of one worker's: a copy without harm is used, so that it is the harm that is found."""
    with start(settings, tmp_path, "first") as first:
        until(lambda: outcome(first, "written") == 1)
    harms = ("none", "truncated", "corrupt", "foreign", "old")
    for harm in harms:
        shutil.copytree(settings.worker.data_dir, tmp_path / harm)
        harmed(tmp_path / harm, harm)
    change(client)
    for harm in harms:
        own = msgspec.structs.replace(settings.worker, data_dir=str(tmp_path / harm))
        with start(msgspec.structs.replace(settings, worker=own), tmp_path, f"second-{harm}") as second:
            refused = harm != "none"
            assert (outcome(second, "discarded"), outcome(second, "loaded")) == (refused, not refused), harm
            assert loaded(second)["rows"] == (COUNT + 3 if refused else 3), harm
            assert second.log.read_text().count("snapshot discarded") == refused, harm
            assert_right(second)


@pytest.mark.slow
def test_killed_again_and_again_while_it_writes(often, client: KafkaClient, tmp_path) -> None:
    """Takedowns come, change and go, so that there is always something to write, and something written over."""
    stop, sent = threading.Event(), {f"t{n}": 1 for n in range(COUNT)}

    def churn() -> None:
        number = 0
        # Several in each third of a second, in which a snapshot is written: more would only keep the processor busy.
        while not stop.wait(0.03):
            number += 1
            gone, new = f"t{number % COUNT}", f"t{2000 + number % 50}"
            client.send_all(
                "takedown-fingerprints",
                [(gone, None), (new, takedown_print(2000 + number % 50, photos=2, version=number % 7))],
            )
            sent.pop(gone, None)
            sent[new] = 2

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for round_ in range(5):
            with start(often, tmp_path, f"killed{round_}") as worker:
                until(lambda worker=worker: outcome(worker, "written") >= 1)
                time.sleep(0.13 * round_)
                worker.kill()
    finally:
        stop.set()
        thread.join()
    with start(often, tmp_path, "last") as last:
        assert outcome(last, "loaded") == 1
        until(lambda: held(last) == len(sent))
        assert held(last, "photos") == sum(sent.values())


def test_two_workers_with_one_data_dir(settings, client: KafkaClient, tmp_path) -> None:
    with start(settings, tmp_path, "a") as one, start(settings, tmp_path, "b") as two:
        until(lambda: outcome(one, "written") == outcome(two, "written") == 1)
    change(client)
    with start(settings, tmp_path, "c") as one, start(settings, tmp_path, "d") as two:
        for worker in (one, two):
            assert (outcome(worker, "loaded"), loaded(worker)["rows"]) == (1, 3)
            assert_right(worker)
    assert len(list(Path(settings.worker.data_dir).rglob("snapshot-*"))) == 2


def test_without_snapshots_nothing_is_written(settings, client: KafkaClient, tmp_path) -> None:
    worker = msgspec.structs.replace(settings.worker, snapshot_minutes=0.0)
    with start(msgspec.structs.replace(settings, worker=worker), tmp_path, "first") as first:
        assert held(first) == COUNT
    assert not Path(settings.worker.data_dir).exists()
