"""The local broker: data that survives, ports given back, errors that say why, no orphans."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from kafka import KafkaProducer
from kafka.errors import KafkaTimeoutError

from streams.kafka_clients.topic_admin import check_topics, create_topics
from streams.kafka_local.broker import BrokerError, LocalKafka
from streams.kafka_local.layout import is_free
from streams.kafka_local.running import running
from streams.settings import Kafka, Settings, Topics

pytestmark = pytest.mark.kafka


def test_topics_survive_a_kill_and_stop_gives_the_port_back(tmp_path: Path) -> None:
    with LocalKafka(tmp_path, die_with_parent=True) as broker:
        address = broker.bootstrap_servers
        settings = Settings(kafka=Kafka(bootstrap_servers=address))
        create_topics(settings)
        assert running(tmp_path) == broker.pids
        broker.kill_node(0)
        assert broker.pids == running(tmp_path) == []
        broker.start_node(0)
        assert broker.bootstrap_servers == address
        assert check_topics(settings) == []
    assert broker.pids == running(tmp_path) == []
    assert is_free(int(address.rsplit(":", 1)[1]))


def test_three_nodes_go_on_while_one_is_down_and_take_it_back(tmp_path: Path) -> None:
    with LocalKafka(tmp_path, nodes=3, die_with_parent=True) as broker:
        kafka = Kafka(bootstrap_servers=broker.bootstrap_servers)
        settings = Settings(kafka=kafka, topics=Topics(partitions=3, replication=3, min_insync=2))
        create_topics(settings)
        assert check_topics(settings) == []
        broker.kill_node(2)
        assert len(broker.pids) == 2
        producer = KafkaProducer(bootstrap_servers=broker.bootstrap_servers.split(","), acks="all")
        futures = [producer.send("alerts", key=b"%d" % number, value=b"x") for number in range(30)]
        assert {future.get(timeout=60).topic for future in futures} == {"alerts"}
        producer.close()
        broker.start_node(2)
        assert len(broker.pids) == 3
        broker.kill()
    assert broker.pids == []


def test_a_taken_port_is_named_and_nothing_is_started(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        broker = LocalKafka(tmp_path, port=port, die_with_parent=True)
        with pytest.raises(BrokerError, match=f"port {port} is taken by another program"):
            broker.start()
    assert broker.pids == []


def test_a_folder_in_use_is_not_started_a_second_time(tmp_path: Path) -> None:
    with LocalKafka(tmp_path, die_with_parent=True) as broker:
        with pytest.raises(BrokerError, match=f"in use by process {broker.pids[0]}"):
            LocalKafka(tmp_path, die_with_parent=True).start()
        assert running(tmp_path) == broker.pids


def test_a_broker_that_ends_shows_the_end_of_its_log(tmp_path: Path) -> None:
    with LocalKafka(tmp_path, die_with_parent=True):
        pass
    (tmp_path / "node1" / "data" / "meta.properties").write_text("version=1\ncluster.id=another\nnode.id=7\n")
    broker = LocalKafka(tmp_path, die_with_parent=True)
    with pytest.raises(BrokerError, match=r"(?s)ended with 1; the end of .*server\.log:.*node id"):
        broker.start()
    assert broker.pids == running(tmp_path) == []


def test_flags_that_java_does_not_know_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(BrokerError, match="could not prepare"):
        LocalKafka(tmp_path, flags=("-XX:+NoSuchFlag",), die_with_parent=True).start()


def test_no_broker_outlives_a_parent_that_is_killed(tmp_path: Path, kafka: LocalKafka) -> None:
    code = f"""
import sys, time
from pathlib import Path
from streams.kafka_local.broker import LocalKafka
broker = LocalKafka(Path({str(tmp_path)!r}), die_with_parent=True)
broker.start()
print(broker.bootstrap_servers, flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        address = parent.stdout.readline().strip()
        assert len(running(tmp_path)) == 1
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    deadline = time.monotonic() + 10
    # A process that was killed is a zombie, or without a command line, a moment before its sockets are closed.
    while running(tmp_path) or not is_free(int(address.rsplit(":", 1)[1])):
        assert time.monotonic() < deadline, "the broker outlives its parent"
        time.sleep(0.05)


def test_an_unknown_topic_is_never_created_by_accident(kafka: LocalKafka, settings: Settings) -> None:
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap_servers, max_block_ms=2000)
    with pytest.raises(KafkaTimeoutError):
        producer.send(settings.topics.prefix + "listings", b"x").get(timeout=5)
    producer.close()
    assert {difference.what for difference in check_topics(settings)} == {"topic"}
