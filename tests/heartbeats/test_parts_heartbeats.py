"""A worker, a look back, a resolver and a connector beside each other: each says how it is, until it ends."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from installed_entry_points import environment
from kafka_client import KafkaClient
from listing_records import listing, relist, takedown
from resolver_process import ResolverProcess

from connectors.kafka import key_and_value
from streams.health.heartbeat import LOST_AFTER, Flow, Heartbeat
from streams.settings import Settings, as_environment
from streams.worker.worker_process import WorkerProcess

pytestmark = pytest.mark.kafka

EVERY = 0.2


class Newest:
    """The newest heartbeat of each part, read as it comes."""

    def __init__(self, client: KafkaClient) -> None:
        self._client = client
        self.all: list[Heartbeat] = []

    def look(self) -> dict[str, Heartbeat]:
        self.all = [
            msgspec.json.decode(message.value, type=Heartbeat)
            for message in self._client.existing("heartbeats")
        ]
        return {each.kind: each for each in self.all}

    def wait(self, done: Callable[[dict[str, Heartbeat]], bool]) -> dict[str, Heartbeat]:
        deadline = time.monotonic() + 60
        while not done(found := self.look()):
            assert time.monotonic() < deadline, found
            time.sleep(0.05)
        return found


@pytest.fixture
def quick(topics: Settings) -> Settings:
    work = msgspec.structs.replace(topics.worker, heartbeat_seconds=EVERY, photo_processes=1)
    lookback = msgspec.structs.replace(topics.lookback, settle_seconds=1.0)
    return msgspec.structs.replace(topics, worker=work, lookback=lookback)


@pytest.fixture
def client(topics: Settings) -> Iterator[KafkaClient]:
    client = KafkaClient(topics)
    yield client
    client.close()


def connect(settings: Settings, folder: Path, path: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "streams", "connect", "jsonlines", "--instance", "shop-7"]
    options = ["--option", f"path={path}", "--option", "follow=true"]
    return subprocess.Popen(
        [*command, *options], env=environment(folder) | as_environment(settings), stderr=subprocess.DEVNULL
    )


def test_each_part_says_how_it_is_until_it_ends(quick: Settings, client: KafkaClient, tmp_path: Path) -> None:
    client.send_all("takedowns", [("t1", takedown(1))])
    events = [listing(5), listing(6, marketplace="toko-uji"), relist(7, 1, marketplace="toko-uji")]
    path = tmp_path / "listings.jsonl"
    path.write_bytes(b"".join((key_and_value(event)[1] or b"") + b"\n" for event in events))
    newest = Newest(client)
    with (
        WorkerProcess(quick, tmp_path / "worker.log") as worker,
        WorkerProcess(quick, tmp_path / "lookback.log", ("lookback",)) as lookback,
        ResolverProcess(quick, tmp_path / "resolver.log") as resolver,
        connect(quick, tmp_path, path) as connector,
    ):
        client.send("listings", "toko-uji:bad", b"{")
        client.flush()

        def all_is_done(found: dict[str, Heartbeat]) -> bool:
            return (
                {each.state for each in found.values()} == {"ready"}
                and len(found) == 4
                and found["worker"].alerts == {"relist": 1}
                and "connect" in {flow.stage for flow in found["connector"].flows}
                and found["lookback"].index is not None
                and found["lookback"].index.takedowns == 1
            )

        found = newest.wait(all_is_done)
        of_worker(found["worker"], worker)
        every = {"fingerprints": (0, 1, 2, 3)}
        assert found["lookback"].partitions == every
        assert (found["lookback"].instance, found["lookback"].shard) == ("lookback-1-of-1", "1/1")
        assert found["resolver"].partitions == {"takedown-requests": (0, 1, 2, 3)}
        assert found["resolver"].pid == resolver.process.pid
        of_connector(found["connector"], connector.pid)
        # Before it was ready each had said that it starts.
        assert {each.kind for each in newest.all if each.state == "starting"} >= {"worker", "lookback"}

        resolver.kill()
        killed = newest.look()["resolver"]
        newest.wait(lambda got: (got["lookback"].at - killed.at).total_seconds() > LOST_AFTER * EVERY)
        connector.send_signal(signal.SIGTERM)
        assert (worker.stop(), lookback.stop(), connector.wait(30)) == (0, 0, 0)
    found = newest.look()
    assert {kind: each.state for kind, each in found.items()} == {
        "worker": "stopping", "lookback": "stopping", "connector": "stopping", "resolver": "ready",
    }  # fmt: skip
    assert found["resolver"] == killed, "a killed part is silent"


def of_worker(said: Heartbeat, worker: WorkerProcess) -> None:
    assert said.pid == worker.process.pid
    assert said.instance.startswith(f"worker-{said.host}-{said.pid}-")
    every = (0, 1, 2, 3)
    assert said.partitions == {"listings": every, "fingerprints": every, "takedowns": every}
    assert said.index is not None
    assert (said.index.takedowns, said.index.photos) == (1, 0)
    assert said.dead_letters == {"fingerprint-listings malformed-json": 1}
    assert set(said.flows) == {
        Flow(stage="fingerprint", marketplace="pasar-uji", taken=1, given=1),
        Flow(stage="fingerprint", marketplace="toko-uji", taken=3, given=2),
        Flow(stage="match", marketplace="pasar-uji", taken=1, given=0),
        Flow(stage="match", marketplace="toko-uji", taken=2, given=1),
    }
    figures = worker.metrics()
    assert 'relistwatch_listings_in_total{marketplace="toko-uji",stage="fingerprint"} 3.0' in figures
    assert 'relistwatch_listings_out_total{marketplace="toko-uji",stage="match"} 1.0' in figures
    assert "relistwatch_heartbeats_failed_total 0.0" in figures


def of_connector(said: Heartbeat, pid: int) -> None:
    assert (said.instance, said.pid) == ("shop-7", pid)
    assert said.connector is not None
    assert (said.connector.connector, said.connector.read, said.connector.written) == ("jsonlines", 3, 3)
    assert said.connector.last_success_at is not None
    assert said.connector.requests_per_second is None
    assert set(said.flows) == {
        Flow(stage="connect", marketplace="pasar-uji", taken=1, given=1),
        Flow(stage="connect", marketplace="toko-uji", taken=2, given=2),
    }
