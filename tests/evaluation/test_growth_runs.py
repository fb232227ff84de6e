"""The measurements of growth from end to end, on few entries: what they say must be of what they did."""

import mmap
import os
import subprocess
import sys
from pathlib import Path

import pytest

from streams.benchmarks.start import disk_bytes, memory_of
from streams.evaluation.memory_growth import KINDS, Limit, Row, grown, report
from streams.process_memory import private, resident, resident_of_files

SIZE = 32 << 20


def unsaid(_text: str) -> None:
    """Progress that nobody reads."""


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_index_grows_until_the_memory_is_at_its_limit(kind: str) -> None:
    plenty = Limit(own=1_000.0, machine=1_000.0)
    rows = list(grown(kind, (500, 1_500), plenty, unsaid))
    assert [(row.entries, row.fits) for row in rows] == [(500, True), (1_500, True)]
    assert all(row.median > 0 and row.p99 >= row.median and row.fill_seconds > 0 for row in rows)
    full = list(grown(kind, (500, 1_500), Limit(own=0.0, machine=1_000.0), unsaid))
    assert [(row.entries, row.fits) for row in full] == [(0, False)]


def test_the_exponent_is_of_one_kind_and_of_the_row_before() -> None:
    rows = [
        Row("titles", 1_000, 900.0, 1.0, 2.0, 10.0, 50.0),
        Row("titles", 4_000, 800.0, 1.0, 9.0, 20.0, 70.0, fits=False),
        Row("hashes", 8_000, 500.0, 1.0, 3.0, 80.0, 90.0),
    ]
    first, second, third = list(report(rows))[2:5]
    assert first.endswith("|  |")
    assert "4,000 (memory full)" in second
    assert second.endswith("| 0.50 |")
    assert third.endswith("|  |")


def test_a_process_by_itself_reports_a_table() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "streams.evaluation.memory_growth", "--sizes", "300,600", "--kinds", "hashes"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [line.split("|")[2].strip() for line in done.stdout.splitlines()[2:4]] == ["300", "600"]


def test_the_kernels_figures_are_read() -> None:
    found = memory_of([os.getpid()])
    assert 0 < found.private <= found.pss <= found.rss
    assert memory_of([os.getpid()] * 2).rss >= 2 * found.rss * 0.9


def test_what_a_process_takes_and_gives_back_is_seen() -> None:
    before = resident(), private()
    with mmap.mmap(-1, SIZE, flags=mmap.MAP_PRIVATE) as taken:
        taken.write(b"x" * SIZE)
        held = resident() - before[0], private() - before[1]
    assert min(held) > SIZE * 0.9
    assert resident() - before[0] < SIZE * 0.5
    assert 0 < resident_of_files() < resident()


def test_a_process_that_has_ended_has_no_memory() -> None:
    with subprocess.Popen(["true"]) as ended:
        os.waitid(
            os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT
        )  # a zombie, as nobody has taken its exit code yet
        with pytest.raises(ProcessLookupError):
            resident(ended.pid)
    with pytest.raises(OSError, match=str(ended.pid)):
        private(ended.pid)


def test_a_file_with_two_names_takes_its_disk_once(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    (first / "rows.bin").write_bytes(os.urandom(1 << 20))
    (second / "rows.bin").hardlink_to(first / "rows.bin")
    assert 1 << 20 <= disk_bytes([first, second]) < 2 << 20


def test_a_scan_of_photos_of_takedowns_alerts_on_each() -> None:
    command = [sys.executable, "-m", "streams.evaluation.scan_speed", "--photos", "8", "--aim", "600"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| listings alerted | 8 of 8 |" in done.stdout
    assert "| largest process, MB | " in done.stdout
