"""What is read of a real Kafka: exact lag, heartbeats of the last hour and live; and what is said when it is away."""

import threading
import time
from pathlib import Path

import pytest
from console_client import console_in
from heartbeat_records import heartbeat
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata
from kafka_client import KafkaClient
from listing_records import listing
from waiting import until

from streams.console.heartbeat_reader import Heard, HeartbeatReader
from streams.console.parts import Parts
from streams.console.sampler import Sampler
from streams.console.watch import Watch
from streams.health.topic_offsets import Offsets, OffsetsReader
from streams.settings import Kafka, Settings
from streams.worker.worker_process import free_port


def answered(reader: OffsetsReader) -> Offsets | None:
    """A broker that no group has met before refuses for a second."""
    try:
        return reader.read()
    except KafkaError:
        return None


@pytest.mark.kafka
def test_lag_is_what_the_group_has_not_committed(settings: Settings, client: KafkaClient) -> None:
    reader = OffsetsReader(settings)
    try:
        first = until(lambda: answered(reader))
        assert (first.lag, first.missing) == (0, ())
        records = [listing(number) for number in range(60)]
        client.send_all("listings", [(record.key, record) for record in records])
        seen = reader.read()
        assert (seen.lag, seen.lag_by_topic()["listings"], seen.sizes["listings"], seen.done) == (
            60,
            60,
            60,
            0,
        )
        fullest = max(
            (place for place in seen.lags if place[0] == "listings"), key=lambda place: seen.lags[place].lag
        )
        group = KafkaConsumer(
            bootstrap_servers=settings.kafka.bootstrap_servers,
            group_id=settings.kafka.group,
            enable_auto_commit=False,
        )
        partition = TopicPartition(client.name("listings"), fullest[1])
        group.assign([partition])
        group.commit({partition: OffsetAndMetadata(2, "", -1)})
        group.close()
        seen = reader.read()
        assert (seen.lag, seen.done, seen.lags[fullest].committed) == (58, 2, 2)
    finally:
        reader.close()


@pytest.mark.kafka
def test_topics_that_are_missing_are_named(settings: Settings) -> None:
    reader = OffsetsReader(settings)
    try:
        seen = until(lambda: answered(reader))
    finally:
        reader.close()
    assert "heartbeats" in seen.missing
    assert (seen.lag, dict(seen.sizes)) == (0, {})


@pytest.mark.kafka
def test_heartbeats_of_before_are_old_and_later_ones_are_live(
    settings: Settings, client: KafkaClient
) -> None:
    client.send_all("heartbeats", [("a", heartbeat(instance="a")), ("b", b"no heartbeat"), ("c", None)])
    time_before = time.time()
    reader = HeartbeatReader(settings)
    heard: list[Heard] = []

    def more(count: int) -> bool:
        reader.read()
        heard.extend(reader.take())
        return len(heard) >= count

    try:
        until(lambda: more(1))
        client.send_all("heartbeats", [("d", heartbeat(instance="d"))])
        until(lambda: more(2))
    finally:
        reader.close()
    assert [one.beat.instance for one in heard] == ["a", "d"]
    assert 0 <= heard[0].late_seconds <= time.time() - time_before + 60
    assert heard[1].late_seconds == 0
    assert reader.unreadable == 2


def test_with_no_kafka_the_watch_goes_on_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for patience in (
        "streams.kafka_clients.topic_admin.TIMEOUT_MS",
        "streams.console.heartbeat_reader.REACH_MS",
    ):
        monkeypatch.setattr(patience, 500)
    monkeypatch.setattr("streams.console.judgement.AWAY_SECONDS", 1.0)
    nowhere = Settings(kafka=Kafka(bootstrap_servers=f"127.0.0.1:{free_port()}"))
    watch, stop = Watch(), threading.Event()
    with console_in(tmp_path, nowhere) as console:
        console.services[Parts] = Parts(console, ())
        thread = threading.Thread(target=watch.run, args=(console, stop))
        thread.start()
        try:
            until(lambda: watch.snapshot and watch.snapshot.findings[0].level == "act")
            assert watch.snapshot is not None
            first = watch.snapshot.findings[0]
            assert (first.condition, first.says) == ("kafka-is-away", "never")
            assert watch.snapshot.store is not None
            at = watch.snapshot.at_ms
            until(lambda: watch.snapshot and watch.snapshot.at_ms > at)
        finally:
            stop.set()
            thread.join()


def test_a_reading_that_fails_is_tried_again_and_the_last_figures_stay() -> None:
    answers = iter([1, RuntimeError("gone\nsecond line"), RuntimeError("gone"), 4])
    closed = threading.Event()

    def read() -> int:
        answer = next(answers, 4)
        if isinstance(answer, Exception):
            raise answer
        return answer

    with Sampler("tried", 0.01, read, closed.set) as sampler:
        until(lambda: sampler.failure)
        assert (sampler.latest, sampler.failure) == (1, "RuntimeError: gone")
        until(lambda: sampler.latest == 4)
        assert sampler.failure is None
    assert closed.wait(10)
