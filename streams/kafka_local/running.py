"""Which processes serve a data folder: written down when they start, and recognised without a doubt later.

A process number is given again to others; a process is ours only if its start is the same too.
"""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

import msgspec

STATE_FILE = "running.json"
POLL_SECONDS = 0.05


def mark_running(data_dir: Path, pids: list[int]) -> None:
    """Note the processes, with when each began; an empty list removes the note."""
    path = data_dir / STATE_FILE
    if not pids:
        path.unlink(missing_ok=True)
        return
    partial = data_dir / f".{STATE_FILE}"
    partial.write_bytes(msgspec.json.encode({str(pid): started(pid) for pid in pids}))
    partial.replace(path)


def running(data_dir: Path) -> list[int]:
    """The noted processes that still run."""
    try:
        marks = msgspec.json.decode((data_dir / STATE_FILE).read_bytes(), type=dict[str, str])
    except (OSError, msgspec.DecodeError):
        return []
    return [int(pid) for pid, mark in marks.items() if mark and started(int(pid)) == mark]


def started(pid: int) -> str:
    """When the process began, as text that no other process of that number has; empty when there is none.

    On Linux from /proc/PID/stat (proc(5), field 22) with the boot's id, elsewhere from ps(1).
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        if Path("/proc/self").exists():
            return ""
        return _started_by_ps(pid)
    # A zombie has ended: only its parent has not asked yet.
    return "" if fields[0] == "Z" else f"{boot} {fields[19]}"


def _started_by_ps(pid: int) -> str:
    answer = subprocess.run(  # noqa: S603  no shell, a number
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],  # noqa: S607  where it stands differs from system to system
        capture_output=True,
        check=False,
        text=True,
    )
    state, _, start = answer.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else start.strip()


def end_running(data_dir: Path, limit: float) -> tuple[list[int], list[int]]:
    """End the noted processes with SIGTERM, after `limit` seconds with SIGKILL: all of them, and those killed."""
    pids = running(data_dir)
    _signal(pids, signal.SIGTERM)
    stubborn = _wait_gone(data_dir, limit)
    _signal(stubborn, signal.SIGKILL)
    _wait_gone(data_dir, limit)
    if not running(data_dir):
        mark_running(data_dir, [])
    return pids, stubborn


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _wait_gone(data_dir: Path, limit: float) -> list[int]:
    deadline = time.monotonic() + limit
    while (left := running(data_dir)) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return left
