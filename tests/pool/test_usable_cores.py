"""Processes are as many as the container's cores, not as the machine's."""

import os
from pathlib import Path

import pytest

from streams.usable_cores import usable_cores

MACHINE = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("cpu_max", "cores"),
    [
        ("100000 100000\n", 1),
        ("150000 100000\n", min(2, MACHINE)),
        ("50000 100000\n", 1),
        ("6400000 100000\n", MACHINE),
        ("max 100000\n", MACHINE),
        ("", MACHINE),
        ("no number\n", MACHINE),
        ("1 0\n", MACHINE),
        (None, MACHINE),
    ],
)
def test_the_smaller_of_limit_and_machine(tmp_path: Path, cpu_max: str | None, cores: int) -> None:
    if cpu_max is not None:
        (tmp_path / "cpu.max").write_text(cpu_max)
    assert usable_cores(tmp_path) == cores


def test_cores_that_the_process_may_not_use_do_not_count(tmp_path: Path) -> None:
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert usable_cores(tmp_path) == 1
    finally:
        os.sched_setaffinity(0, allowed)
