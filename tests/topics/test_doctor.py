"""The doctor on a real broker, and on what it should find wrong."""

import re
import time
import tomllib
from pathlib import Path

import msgspec
import pytest
from kafka import KafkaProducer

from streams.doctor import broker_health, doctor
from streams.doctor.doctor import LEAST, PINNED, examine
from streams.doctor.finding import Finding
from streams.settings import Kafka, Settings, Worker
from streams.topics import ALL_TOPICS
from streams.worker.worker_process import free_port


def by_check(settings: Settings) -> dict[str, Finding]:
    return {finding.check: finding for finding in examine(settings)}


@pytest.mark.kafka
def test_all_is_well_on_a_broker_with_its_topics(topics: Settings) -> None:
    findings = by_check(topics)
    assert {check for check, finding in findings.items() if finding.state == "fail"} == set(), findings
    assert findings.keys() == {
        "python", *PINNED, *LEAST, "clock", "disk", "broker", "clock skew", "topics", "partitions", "listing times",
        "parts",
    }  # fmt: skip
    assert re.search(r"^1 at 127\.0\.0\.1:\d+, Kafka 4\.3 ", findings["broker"].detail)
    # Broker and test are on one machine, so whatever is found must be within its own error.
    ahead, error = re.findall(r"[+-]?\d+\.\d+", findings["clock skew"].detail)
    assert abs(float(ahead)) <= float(error) + 0.001
    assert findings["clock skew"].state == "ok"


@pytest.mark.kafka
def test_missing_topics_fail_and_say_what_to_do(settings: Settings) -> None:
    failed = {check: finding for check, finding in by_check(settings).items() if finding.state == "fail"}
    assert failed.keys() == {"topics"}
    assert "relistwatch topics create" in failed["topics"].advice
    assert failed["topics"].detail.endswith(f"; {len(ALL_TOPICS) - 5} more")


@pytest.mark.kafka
def test_too_few_brokers_and_replicas_fail(topics: Settings) -> None:
    asked = msgspec.structs.replace(topics.topics, replication=3, min_insync=2)
    findings = by_check(msgspec.structs.replace(topics, topics=asked))
    assert findings["broker"].state == "fail"
    assert "start as many brokers" in findings["broker"].advice
    assert findings["partitions"].state == "fail"
    assert "too few replicas in sync" in findings["partitions"].detail


@pytest.mark.kafka
def test_listings_from_the_future_are_a_warning(topics: Settings) -> None:
    producer = KafkaProducer(bootstrap_servers=topics.kafka.bootstrap_servers)
    name = topics.topics.prefix + "listings"
    now = int(time.time() * 1000)
    producer.send(name, b"{}", timestamp_ms=now, partition=1).get(timeout=10)
    assert by_check(topics)["listing times"].state == "ok"
    producer.send(name, b"{}", timestamp_ms=now + 600_000, partition=2).get(timeout=10)
    producer.close()
    finding = by_check(topics)["listing times"]
    assert finding.state == "warn"
    seconds = re.search(r"(\d+) s in the future", finding.detail)
    assert seconds is not None
    assert 500 < int(seconds[1]) <= 600


@pytest.mark.kafka
def test_a_clock_that_is_wrong_is_found_against_the_brokers(
    topics: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Late:
        """This machine's clock, an hour behind."""

        @staticmethod
        def time() -> float:
            return time.time() - 3600

    monkeypatch.setattr(broker_health, "time", Late)
    finding = by_check(topics)["clock skew"]
    assert finding.state == "warn"
    assert "is +3600." in finding.detail or "is +3599." in finding.detail
    assert "NTP" in finding.advice


def test_an_absent_broker_fails_and_the_rest_is_still_checked() -> None:
    findings = by_check(Settings(kafka=Kafka(bootstrap_servers=f"127.0.0.1:{free_port()}")))
    assert {check for check, finding in findings.items() if finding.state == "fail"} == {"broker"}
    assert {"disk", "clock", "aiokafka"} <= findings.keys()
    assert "topics" not in findings


def test_another_version_than_the_measured_one_fails_with_the_command_to_mend_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    versions = {"faust-streaming": "0.15.4", "aiokafka": "0.14.0", "pillow": "11.3.0rc1"}
    monkeypatch.setattr(doctor, "version", lambda name: versions.get(name, "99.1"))
    found = {finding.check: finding for finding in doctor._versions()}
    assert found["faust-streaming"].state == "fail"
    assert found["faust-streaming"].advice == "pip install 'faust-streaming==0.15.3'"
    assert found["pillow"].advice == "pip install 'pillow>=12'"
    assert {check for check, finding in found.items() if finding.state == "ok"} == {
        "python", "aiokafka", *LEAST.keys() - {"pillow"},
    }  # fmt: skip


def test_the_versions_are_those_of_the_package() -> None:
    """pyproject.toml says them once more; they must not drift apart."""
    project = Path(__file__).parents[2] / "pyproject.toml"
    said = tomllib.loads(project.read_text())["project"]["dependencies"]
    for package, wanted in PINNED.items():
        assert f"{package}=={wanted}" in said
    for package, wanted in LEAST.items():
        assert any(line.startswith(f"{package}>={wanted},") for line in said), package


def test_a_machine_without_a_clock_fails() -> None:
    assert doctor._clock(lambda: 86_400.0).state == "fail"
    assert doctor._clock(lambda: 1_790_000_000.0).state == "ok"


def test_a_data_folder_that_is_a_file_fails(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    finding = doctor._disk(Settings(worker=Worker(data_dir=str(file / "data"))))
    assert finding.state == "fail"
    assert "worker.data_dir" in finding.advice
    assert doctor._disk(Settings(worker=Worker(data_dir=str(tmp_path / "new" / "folder")))).state in {
        "ok",
        "warn",
    }
