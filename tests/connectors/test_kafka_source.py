"""The Kafka source on a real broker: everything comes, in order, and is committed only when delivered."""

import itertools
import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from alert_records import alert
from installed_entry_points import environment
from kafka_client import KafkaClient
from listing_records import listing, takedown
from loaded_command import call
from waiting import until

from connectors.context import Context
from connectors.group_membership import MembershipGuard
from connectors.kafka_source import KafkaSource, KafkaSourceOptions
from connectors.memory import MemorySink
from connectors.runner import Problem, Runner
from connectors.sdk import IDLE, AbortError, Event, Notice, RawRecord, RetryError, Withdrawal
from streams.kafka_clients.kafka_options import client_options
from streams.kafka_clients.topic_admin import create_topics
from streams.kafka_local.broker import LocalKafka
from streams.settings import Settings

ROOT = Path(__file__).parents[2]


def source(settings: Settings, topic: str = "alerts", **options: Any) -> KafkaSource:
    given: dict[str, Any] = {
        "topic": settings.topics.prefix + topic,
        "client": client_options(settings.kafka),
        "group": f"{settings.kafka.group}-export",
        "records": topic if topic in {"listings", "takedowns"} else "alerts",
        "from_beginning": True,
        "once": True,
    }
    return KafkaSource(KafkaSourceOptions(**(given | options)))


def run(settings: Settings, sink: MemorySink | None = None, **options: Any) -> list[Event]:
    sink = sink or MemorySink()
    Runner(source(settings, **options), sink).run()
    return sink.events


def send(settings: Settings, numbers: range, topic: str = "alerts") -> None:
    client = KafkaClient(settings)
    try:
        client.send_all(topic, [(f"alert-{number}", alert(number)) for number in numbers])
    finally:
        client.close()


def ids(events: list[Event]) -> list[str]:
    return [event.alert_id for event in events]  # type: ignore[union-attr]


@pytest.mark.kafka
def test_everything_comes_once_and_in_the_order_of_its_partition(topics: Settings) -> None:
    send(topics, range(1200))
    events = run(topics)
    assert sorted(ids(events)) == sorted(f"alert-{number}" for number in range(1200))
    assert alert(7) in events
    client = KafkaClient(topics)
    try:
        messages = client.read_until("alerts", lambda seen: len(seen) >= 1200)
    finally:
        client.close()
    place = {message.key.decode(): (message.partition, message.offset) for message in messages}
    for partition in range(topics.topics.partitions):
        offsets = [place[each][1] for each in ids(events) if place[each][0] == partition]
        assert offsets == sorted(offsets)
    assert run(topics) == []
    send(topics, range(1200, 1203))
    assert sorted(ids(run(topics))) == ["alert-1200", "alert-1201", "alert-1202"]
    assert len(run(topics, group=f"{topics.kafka.group}-another")) == 1203


@pytest.mark.kafka
def test_a_new_group_begins_now_and_keeps_its_place_though_nothing_came(topics: Settings) -> None:
    send(topics, range(5))
    assert run(topics, from_beginning=False) == []
    send(topics, range(5, 8))
    assert sorted(ids(run(topics, from_beginning=False))) == ["alert-5", "alert-6", "alert-7"]
    # Which it does of a group that has one, too.
    assert run(topics, from_beginning=True) == []


@pytest.mark.kafka
def test_what_is_no_alert_is_passed_on_as_it_is(topics: Settings) -> None:
    client = KafkaClient(topics)
    try:
        client.send("alerts", "k", b"{torn\xff").get(timeout=30)
        client.send("alerts", b"\xff", b"{}").get(timeout=30)
        client.send("alerts", "gone", None).get(timeout=30)
        client.send("alerts", "alert-1", alert(1)).get(timeout=30)
    finally:
        client.close()
    events = run(topics)
    assert [event for event in events if not isinstance(event, RawRecord)] == [alert(1)]
    raw = {event.value: event for event in events if isinstance(event, RawRecord)}
    assert (raw[b"{torn\xff"].key, raw[b"{}"].key) == ("k", None)
    assert str(raw[b"{}"].why).startswith(f"{topics.topics.prefix}alerts ")
    assert "missing required field `alert_id`" in str(raw[b"{}"].why)
    assert run(topics) == []


@pytest.mark.kafka
def test_what_is_not_delivered_is_not_committed(topics: Settings) -> None:
    send(topics, range(30))
    with pytest.raises(AbortError, match="the desk is closed"):
        run(topics, MemorySink(flush_errors=[AbortError("the desk is closed")]))
    sink = MemorySink(flush_errors=[RetryError("the desk is away")])
    assert len(run(topics, sink)) == 30
    assert run(topics) == []


@pytest.mark.kafka
def test_what_was_yielded_before_a_rebalance_is_committed_after_it(topics: Settings) -> None:
    send(topics, range(3))
    reader = source(topics, once=False)
    reader.open(Context("test"))
    try:
        items = reader.events(threading.Event())
        assert len(list(itertools.islice((each for each in items if each is not IDLE), 3))) == 3
        generation = reader._consumer.group_metadata().generation_id
        reader._consumer._coordinator.request_rejoin()
        until(lambda: next(items) is IDLE and reader._consumer.group_metadata().generation_id > generation)
        # Another rebalance may be under way, in which Kafka takes no commit; as a run does, it is tried again.
        until(lambda: next(items) is IDLE and (reader.acknowledged() or not reader._delivered))
    finally:
        reader.close()
    assert run(topics) == []


@pytest.mark.kafka
def test_listings_and_takedowns_are_read_too(topics: Settings) -> None:
    client = KafkaClient(topics)
    try:
        client.send("listings", "pasar-uji:l1", listing(1)).get(timeout=30)
        client.send("listings", "pasar-uji:l1", b"{").get(timeout=30)
        client.send("takedowns", "t1", takedown(1)).get(timeout=30)
        client.send("takedowns", "t1", None).get(timeout=30)
        client.send("takedowns", b"\x00", None).get(timeout=30)
    finally:
        client.close()
    first, torn = run(topics, topic="listings")
    assert first == listing(1)
    assert isinstance(torn, RawRecord)
    problems: list[Problem] = []
    sink = MemorySink()
    Runner(source(topics, "takedowns"), sink, on_problem=problems.append).run()
    assert sink.events == [takedown(1), Withdrawal(takedown_id="t1")]
    (notice,) = problems
    assert isinstance(notice, Notice)
    assert "wrong key: takedown_id" in notice.detail


class Slow(MemorySink):
    """Acknowledges a few at a time, and waits to be let on after the first."""

    def __init__(self) -> None:
        super().__init__()
        self.first = threading.Event()
        self.go_on = threading.Event()

    def flush(self) -> None:
        super().flush()
        if self.events:
            self.first.set()
            self.go_on.wait(60)


@pytest.mark.kafka
def test_members_that_come_and_go_lose_nothing(topics: Settings) -> None:
    send(topics, range(400))
    sinks = [Slow() for _ in range(3)]
    stops = [threading.Event() for _ in sinks]
    threads = [
        threading.Thread(
            target=Runner(source(topics, once=False), sink, stop=stop, batch=10).run,
        )
        for sink, stop in zip(sinks, stops, strict=True)
    ]
    first = sinks[0]
    threads[0].start()
    assert first.first.wait(60)
    # The others join while the first has fetched, yielded and not yet committed.
    for thread in threads[1:]:
        thread.start()
    for sink in sinks:
        sink.go_on.set()
    send(topics, range(400, 800))
    until(lambda: len(seen(sinks)) >= 600)
    stops[1].set()
    threads[1].join(60)
    send(topics, range(800, 1000))
    until(lambda: len(seen(sinks)) == 1000)
    for stop in stops:
        stop.set()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert run(topics) == []


def seen(sinks: list[Slow]) -> set[str]:
    return {each for sink in sinks for each in ids(list(sink.events))}


@pytest.mark.kafka
def test_one_member_too_many_ends_when_asked_for_once(topics: Settings) -> None:
    stop = threading.Event()
    holder = threading.Event()

    class Watches(MemorySink):
        def flush(self) -> None:
            super().flush()
            if self.events:
                holder.set()

    group = f"{topics.kafka.group}-one"
    state = {"topic": "connector-state", "group": group}  # it has one partition
    client = KafkaClient(topics)
    try:
        client.send("connector-state", "alert-1", alert(1)).get(timeout=30)
    finally:
        client.close()
    thread = threading.Thread(target=Runner(source(topics, once=False, **state), Watches(), stop=stop).run)
    thread.start()
    try:
        assert holder.wait(60)
        problems: list[Problem] = []
        counts = Runner(source(topics, **state), MemorySink(), on_problem=problems.append).run()
    finally:
        stop.set()
        thread.join(60)
    # Whichever of the two the group gives the partition to, the run with an end ends, and says it if not to it.
    assert counts.read <= 1
    assert all("other members of the group" in str(problem) for problem in problems)


def lose(consumer: Any) -> None:
    """As kafka-python was seen to do: it takes itself for a member, has no partition, and Kafka knows nothing of it."""
    consumer.unsubscribe()
    consumer.assign([])


def with_its_first_consumer(reader: KafkaSource, change: Callable[[Any], None]) -> list[Any]:
    """The reader's first consumer, and no later one, is changed as it is made; it is in the list from then on."""
    make, first = reader._new_consumer, []

    def changed() -> Any:
        consumer = make()
        if not first:
            first.append(consumer)
            change(consumer)
        return consumer

    reader._new_consumer = changed  # type: ignore[method-assign]
    return first


@pytest.mark.kafka
def test_a_member_that_its_group_does_not_know_joins_again(topics: Settings) -> None:
    send(topics, range(20))
    stop = threading.Event()
    sink = MemorySink()
    reader = source(topics, once=False)
    reader._guard = MembershipGuard(
        reader.options.client, reader.options.group, reader.options.topic, lost_seconds=0.5
    )

    def losing(consumer: Any) -> None:
        poll = consumer.poll

        def then_lost(**options: Any) -> Any:
            if len(sink.events) >= 20:
                lose(consumer)
                consumer.poll = poll
            return poll(**options)

        consumer.poll = then_lost

    lost = with_its_first_consumer(reader, losing)
    thread = threading.Thread(target=Runner(reader, sink, stop=stop).run)
    thread.start()
    try:
        until(lambda: len(seen_in(sink)) == 20 and lost[0].poll.__name__ == "poll")
        send(topics, range(20, 30))
        until(lambda: len(seen_in(sink)) == 30)
    finally:
        stop.set()
        thread.join(60)
    assert run(topics) == []


@pytest.mark.kafka
def test_with_once_such_a_member_does_not_say_that_others_have_everything(topics: Settings) -> None:
    send(topics, range(5))
    reader = source(topics)

    def losing(consumer: Any) -> None:
        subscribe = consumer.subscribe

        def never_joins(_: Any, listener: Any) -> None:
            subscribe(["unused"], listener=listener)
            lose(consumer)
            listener.on_partitions_assigned(())

        consumer.subscribe = never_joins

    with_its_first_consumer(reader, losing)
    sink = MemorySink()
    problems: list[Problem] = []
    Runner(reader, sink, on_problem=problems.append).run()
    assert sorted(ids(sink.events)) == [f"alert-{number}" for number in range(5)]
    assert problems == []


def seen_in(sink: MemorySink) -> set[str]:
    return set(ids(list(sink.events)))


@pytest.mark.kafka
def test_a_missing_topic_ends_the_run_and_is_not_made(topics: Settings) -> None:
    for _ in (1, 2):
        with pytest.raises(AbortError, match=r"no topic .*no-such.*relistwatch topics create"):
            run(topics, topic="no-such")


def test_a_broker_that_is_away_is_named() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        client = {"bootstrap_servers": [f"127.0.0.1:{held.getsockname()[1]}"], "bootstrap_timeout_ms": 300}
        with pytest.raises(RetryError, match="kafka: "):
            KafkaSource(KafkaSourceOptions(topic="alerts", client=client, group="g")).open(Context("test"))


@pytest.mark.kafka
@pytest.mark.slow
def test_a_broker_that_goes_away_and_comes_back_loses_nothing(settings: Settings, tmp_path: Path) -> None:
    with LocalKafka(tmp_path / "kafka", die_with_parent=True) as broker:
        kafka = msgspec.structs.replace(settings.kafka, bootstrap_servers=broker.bootstrap_servers)
        own = msgspec.structs.replace(settings, kafka=kafka)
        create_topics(own)
        send(own, range(300))
        stop = threading.Event()
        sink = Slow()
        problems: list[Problem] = []
        thread = threading.Thread(
            target=Runner(source(own, once=False), sink, stop=stop, batch=50, on_problem=problems.append).run
        )
        thread.start()
        assert sink.first.wait(60)
        broker.stop_node(0)
        # The sink goes on; nothing can be committed.
        sink.go_on.set()
        until(lambda: sink.flushes >= 2)
        broker.start_node(0)
        send(own, range(300, 400))
        until(lambda: len(seen([sink])) == 400, seconds=120)
        # Asked to stop while the broker is away, it ends all the same.
        broker.stop_node(0)
        stop.set()
        thread.join(60)
        assert not thread.is_alive()
        broker.start_node(0)
        again = ids(run(own))
        assert set(again) <= {f"alert-{number}" for number in range(400)}
        assert run(own) == []


@pytest.fixture(name="environment")
def installed(tmp_path: Path) -> dict[str, str]:
    """The project's entry points as an installation has them."""
    return environment(tmp_path)


def of(settings: Settings, environment: dict[str, str]) -> dict[str, str]:
    return environment | {
        "RELISTWATCH_KAFKA__BOOTSTRAP_SERVERS": settings.kafka.bootstrap_servers,
        "RELISTWATCH_KAFKA__GROUP": settings.kafka.group,
        "RELISTWATCH_TOPICS__PREFIX": settings.topics.prefix,
        "RELISTWATCH_WORKER__DATA_DIR": settings.worker.data_dir,
    }


EXPORT = [sys.executable, "-c", "from streams.cli import main; main()", "alerts", "export"]


def export(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return call(["alerts", "export", *arguments], environment)


def test_with_partitions_a_member_asks_after_a_patience_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.group_membership.is_hidden", lambda *_: False)
    monkeypatch.setattr("connectors.group_membership.members", lambda *_: set())
    guard = MembershipGuard({}, "g", "alerts", idle_seconds=0.0)
    given, waiting = (
        SimpleNamespace(assignment=lambda has=has: has, group_metadata=lambda: SimpleNamespace(member_id="m"))
        for has in ({1}, set())
    )
    assert not guard.is_lost(waiting, heard=False)
    assert not guard.is_lost(given, heard=True)
    assert guard.is_lost(given, heard=False)


@pytest.mark.kafka
def test_the_command_exports_to_csv_and_to_json_lines(
    topics: Settings, environment: dict[str, str], tmp_path: Path
) -> None:
    send(topics, range(3))
    send(topics, range(7, 8), "held-alerts")
    table = tmp_path / "a.csv"
    arguments = ["csv", "--option", f"path={table}", "--from-beginning", "--once", "--json"]
    first, second = (export(of(topics, environment), *arguments) for _ in range(2))
    assert first.returncode == second.returncode == 0, first.stderr + second.stderr
    # At least once: what could not be committed is said, and comes again.
    again = sum(first.stderr.count(said) for said in ("it joins again", "not committed"))
    assert json.loads(first.stdout)["written"] in range(3, 3 * (1 + again) + 1), first.stderr
    assert json.loads(second.stdout)["written"] in range(3 * again + 1), first.stderr + second.stderr
    assert {line.split(",")[0] for line in table.read_text().splitlines()} == {
        "alert-0", "alert-1", "alert-2", "alert_id",
    }  # fmt: skip
    lines = tmp_path / "a.jsonl"
    arguments = ["jsonlines", "--option", f"path={lines}", "--from-beginning", "--once"]
    assert export(of(topics, environment), *arguments).returncode == 0
    assert export(of(topics, environment), *arguments, "--held").returncode == 0
    assert {msgspec.json.decode(line)["alert_id"] for line in lines.read_bytes().splitlines()} == {
        "alert-0", "alert-1", "alert-2", "alert-7",
    }  # fmt: skip


@pytest.mark.kafka
@pytest.mark.slow
def test_killed_and_run_again_the_command_exports_every_alert(
    topics: Settings, environment: dict[str, str], tmp_path: Path
) -> None:
    send(topics, range(3000))
    lines = tmp_path / "a.jsonl"
    arguments = ["jsonlines", "--option", f"path={lines}", "--from-beginning"]

    def exported() -> set[str]:
        raw = lines.read_bytes().splitlines() if lines.exists() else []
        return {record["alert_id"] for line in raw if (record := whole(line))}

    for least in (1, 1001):
        process = subprocess.Popen(
            [*EXPORT, *arguments], env=of(topics, environment), stderr=subprocess.DEVNULL
        )
        try:
            until(lambda least=least: len(exported()) >= least)  # type: ignore[misc]
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    process = subprocess.Popen(
        [*EXPORT, *arguments, "--json"], env=of(topics, environment), stdout=subprocess.PIPE
    )
    try:
        # The killed ones may have exported all the rest: what comes now says that this one is at work.
        send(topics, range(3000, 3010))
        until(lambda: len(exported()) == 3010, seconds=120)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert json.loads(output)["failed"] == 0
    result = export(of(topics, environment), *arguments, "--once", "--json")
    assert json.loads(result.stdout)["read"] == 0


def whole(line: bytes) -> Any:
    try:
        return msgspec.json.decode(line)
    except msgspec.DecodeError:
        return None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["csvv"], "no sink 'csvv'; known: "),
        (["csv"], "csv: Object missing required field `path`"),
        (["csv", "--option", "path=x", "--option", "colour=red"], "no option 'colour'"),
        (["csv", "--option", "path"], "write KEY=VALUE"),
    ],
)
def test_a_wrong_request_is_named(environment: dict[str, str], arguments: list[str], words: str) -> None:
    result = export(environment, *arguments)
    assert (result.returncode, words in result.stderr) == (2, True), result.stderr


def test_help_has_an_example_for_each_way_out(environment: dict[str, str]) -> None:
    result = export(environment | {"COLUMNS": "200", "TERM": "dumb"}, "--help")
    for sink in ("webhook", "csv", "jsonlines"):
        assert f"relistwatch alerts export {sink}" in " ".join(result.stdout.replace("│", " ").split())
