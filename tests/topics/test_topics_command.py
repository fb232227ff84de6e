"""`relistwatch topics` and `relistwatch doctor` as scripts call them: output, JSON and exit codes."""

import json
import os

import loaded_command
import msgspec
import pytest

from streams.settings import Kafka, Settings, as_environment
from streams.topics import ALL_TOPICS
from streams.worker.worker_process import free_port


def call(settings: Settings, *arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    done = loaded_command.call(arguments, os.environ | as_environment(settings))
    return done.returncode, done.stdout, done.stderr


@pytest.mark.kafka
def test_create_check_and_doctor(settings: Settings) -> None:
    code, out, _ = call(settings, "topics", "check")
    assert code == 1
    assert out.count("do: relistwatch topics create") == len(ALL_TOPICS)
    code, out, _ = call(settings, "topics", "create", "--partitions", "3", "--json")
    assert code == 0
    assert list(json.loads(out).values()) == [True] * len(ALL_TOPICS)
    code, out, _ = call(settings, "topics", "create")
    assert (code, out.count("exists ")) == (0, len(ALL_TOPICS))
    fewer = msgspec.structs.replace(settings, topics=msgspec.structs.replace(settings.topics, partitions=3))
    assert call(fewer, "topics", "check")[:2] == (0, "all topics are as the settings say\n")
    code, out, _ = call(settings, "topics", "check", "--json")
    assert code == 1
    assert {(found["what"], found["is_"], found["must_be"]) for found in json.loads(out)} == {
        ("number of partitions", "3", "4")
    }
    code, out, _ = call(fewer, "doctor", "--json")
    said = json.loads(out)
    assert code == 0, said
    assert {finding["state"] for finding in said["findings"]} <= {"ok", "warn"}
    assert said["settings"]["topics"]["prefix"] == settings.topics.prefix


@pytest.mark.kafka
def test_a_refused_creation_is_exit_code_1(settings: Settings) -> None:
    code, out, said = call(settings, "topics", "create", "--replication", "5")
    assert (code, out) == (1, "")
    assert "See topics.replication" in said


def test_an_absent_broker_is_exit_code_3_and_fails_the_doctor() -> None:
    absent = Settings(kafka=Kafka(bootstrap_servers=f"127.0.0.1:{free_port()}", sasl_password="rahasia"))
    code, out, said = call(absent, "topics", "check", "--json")
    assert (code, out) == (3, "")
    assert "relistwatch kafka up" in said
    assert "Traceback" not in said
    code, out, said = call(absent, "doctor")
    assert code == 1
    assert "FAIL  broker: no Kafka answers" in out
    assert "kafka.sasl_password = '***'" in out
    assert "rahasia" not in out + said
