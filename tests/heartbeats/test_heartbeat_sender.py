"""Heartbeats leave by themselves; whatever goes wrong with them costs nothing else."""

import threading
import time

import msgspec
import pytest
from kafka_client import KafkaClient
from waiting import until

from streams.health.heartbeat import Heartbeat
from streams.health.heartbeat_figures import first_heartbeat
from streams.health.heartbeat_sender import Heartbeats, Say
from streams.settings import Kafka, Settings
from streams.worker.worker_process import free_port


def quick(settings: Settings, seconds: float = 0.05) -> Settings:
    work = msgspec.structs.replace(settings.worker, heartbeat_seconds=seconds)
    return msgspec.structs.replace(settings, worker=work)


def ready(heartbeat: Heartbeat) -> Heartbeat:
    return msgspec.structs.replace(heartbeat, state="ready")


def sending(settings: Settings, say: Say = ready, name: str | None = "lookback-1-of-1") -> Heartbeats:
    return Heartbeats(settings, first_heartbeat(settings, "lookback", name), say)


def heartbeats_on(settings: Settings) -> list[Heartbeat]:
    client = KafkaClient(settings)
    try:
        messages = client.existing("heartbeats")
    finally:
        client.close()
    found = [msgspec.json.decode(message.value, type=Heartbeat) for message in messages]
    assert [message.key.decode() for message in messages] == [each.instance for each in found]
    return found


def failing_after_one(heartbeats: Heartbeats) -> None:
    with heartbeats:
        until(lambda: heartbeats.sent >= 1)
        raise RuntimeError("no disk")


@pytest.mark.kafka
def test_the_last_one_says_how_it_ended(topics: Settings) -> None:
    settings = quick(topics)
    with sending(settings) as orderly:
        until(lambda: orderly.sent >= 2)
    with pytest.raises(RuntimeError, match="no disk"):
        failing_after_one(sending(settings, name=None))
    with sending(settings, name="lookback-3-of-3") as told:
        told.fail("the topic is gone")
    found = heartbeats_on(settings)
    by_part = {each.instance: [one for one in found if one.instance == each.instance] for each in found}
    first, second, third = by_part.values()
    assert [each.state for each in first] == ["ready"] * (len(first) - 1) + ["stopping"]
    assert len(first) >= 3
    assert (second[-1].state, second[-1].detail) == ("failing", "RuntimeError: no disk")
    assert (third[-1].state, third[-1].detail) == ("failing", "the topic is gone")
    assert [each.at for each in first] == sorted(each.at for each in first)
    assert len({each.started_at for each in first}) == 1
    assert (first[0].instance, first[0].kind, first[0].every_seconds) == ("lookback-1-of-1", "lookback", 0.05)
    assert second[0].instance.startswith(f"lookback-{second[0].host}-{second[0].pid}-")


@pytest.mark.kafka
def test_a_part_that_cannot_say_how_it_is_is_asked_again(topics: Settings) -> None:
    said = 0

    def stumbling(heartbeat: Heartbeat) -> Heartbeat:
        nonlocal said
        said += 1
        if said % 2:
            raise LookupError("changed meanwhile")
        return ready(heartbeat)

    with sending(quick(topics), stumbling) as heartbeats:
        until(lambda: heartbeats.sent >= 2)
    assert heartbeats.failed >= 2


@pytest.mark.kafka
def test_a_topic_that_is_missing_costs_heartbeats_alone(settings: Settings) -> None:
    failures = []
    small = quick(settings)
    first = first_heartbeat(small, "worker")
    began = time.monotonic()
    with Heartbeats(small, first, ready, lambda: failures.append(1)) as heartbeats:
        until(lambda: heartbeats.failed)
    assert time.monotonic() - began < 15, "the end does not wait for what will not go"
    assert heartbeats.sent == 0
    assert len(failures) == heartbeats.failed


def test_a_broker_that_is_away_does_not_hold_up_the_end() -> None:
    nobody = Settings(kafka=Kafka(bootstrap_servers=f"127.0.0.1:{free_port()}"))
    began = time.monotonic()
    with sending(quick(nobody)) as heartbeats:
        pass
    assert time.monotonic() - began < 10
    assert heartbeats.sent == 0


def test_with_no_seconds_between_them_none_is_sent() -> None:
    before = threading.active_count()
    with sending(quick(Settings(), seconds=0.0)):
        assert threading.active_count() == before
