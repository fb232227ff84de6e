"""The local broker: verified jars, data that survives, ports given back."""

import json
import socket
from pathlib import Path

import pytest

from streams.kafka_local import jars
from streams.kafka_local.broker import LocalKafka
from streams.settings import Kafka, Settings
from streams.topic_admin import check_topics, create_topics


@pytest.mark.kafka
def test_topics_survive_a_restart_and_stop_gives_the_port_back(tmp_path: Path) -> None:
    with LocalKafka(tmp_path, die_with_parent=True) as broker:
        address = broker.bootstrap_servers
        settings = Settings(kafka=Kafka(bootstrap_servers=address))
        create_topics(settings)
        broker.kill_node(0)
        broker.start_node(0)
        assert broker.bootstrap_servers == address
        assert check_topics(settings) == []
    assert broker.pids == []
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", int(address.rsplit(":", 1)[1])))


@pytest.mark.kafka
def test_a_jar_that_was_changed_is_replaced_and_never_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kafka: LocalKafka
) -> None:
    good = jars.kafka_jars()
    folder = tmp_path / "relistwatch" / f"kafka-{jars.KAFKA_VERSION}"
    folder.mkdir(parents=True)
    for jar in good:
        (folder / jar.name).symlink_to(jar)
    broken = folder / good[0].name
    broken.unlink()
    broken.write_bytes(b"not the jar")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    said: list[str] = []
    again = jars.kafka_jars(said.append)
    assert [jar.read_bytes()[:2] for jar in again] == [b"PK"] * len(again)
    assert len(said) == 1
    assert "1 of" in said[0]


def test_a_jar_with_another_digest_than_the_locks_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    impostor = tmp_path / "kafka-clients.jar"
    impostor.write_bytes(b"PK impostor")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(jars, "read_lock", lambda: {"kafka-clients.jar": "0" * 64})
    monkeypatch.setattr(jars, "_resolve", lambda _: [impostor])
    with pytest.raises(jars.JarError, match=r"SHA-256 .* the lock says 0000"):
        jars.kafka_jars()
    assert list((tmp_path / "cache").rglob("*.jar")) == []


def test_the_lock_names_no_host() -> None:
    text = json.dumps(jars.read_lock())
    assert len(jars.read_lock()) > 40
    assert "://" not in text
