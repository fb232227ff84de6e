"""Only processes that were really started here are ended: by number and start, on real processes."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from streams.kafka_local.changing import changing
from streams.kafka_local.running import STATE_FILE, end_running, mark_running, running, started


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


def test_a_noted_process_is_known_until_it_ends(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    assert running(tmp_path) == []
    mark_running(tmp_path, [sleeper.pid])
    assert running(tmp_path) == [sleeper.pid]
    assert end_running(tmp_path, 10) == ([sleeper.pid], [])
    assert running(tmp_path) == [], "a zombie has ended, though nobody has asked for its status"
    assert not (tmp_path / STATE_FILE).exists()
    assert end_running(tmp_path, 10) == ([], [])


def test_a_process_that_got_the_number_later_is_left_alone(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    earlier = {str(sleeper.pid): started(sleeper.pid) + "0"}
    (tmp_path / STATE_FILE).write_bytes(msgspec.json.encode(earlier))
    assert running(tmp_path) == []
    assert end_running(tmp_path, 1) == ([], [])
    assert sleeper.poll() is None


def test_one_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as deaf:
        assert deaf.stdout is not None
        assert deaf.stdout.readline() == b"deaf\n"
        mark_running(tmp_path, [deaf.pid])
        assert end_running(tmp_path, 0.5) == ([deaf.pid], [deaf.pid])
        assert deaf.wait() == -9


def test_a_damaged_note_names_no_process(tmp_path: Path) -> None:
    (tmp_path / STATE_FILE).write_text('{"12": ')
    assert running(tmp_path) == []


def test_only_one_process_at_a_time_changes_a_folder(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from streams.kafka_local.changing import changing
print("waits", flush=True)
with changing(Path({str(tmp_path)!r})):
    print("changes", flush=True)
"""
    with changing(tmp_path):
        other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        assert other.stdout is not None
        assert other.stdout.readline() == b"waits\n"
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(0.5)
    assert other.stdout.readline() == b"changes\n"
    assert other.wait(10) == 0
    other.stdout.close()
