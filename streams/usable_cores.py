"""How many cores this process may use: what its container or unit allows, not what the machine has."""

import math
import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
"""Where a container finds its own limits, as the kernel's cgroup v2 documentation names them."""


def usable_cores(cgroup: Path = CGROUP) -> int:
    """At least one. A machine of 64 cores with a limit of two, `os.cpu_count` says 64: as many processes would share
    two cores, and none would do its photo in time."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min(allowed, _quota(cgroup))))


def _quota(cgroup: Path) -> float:
    """Cores by `cpu.max`: microseconds of each period, or `max`; infinite where there is no such limit."""
    try:
        quota, _, period = (cgroup / "cpu.max").read_text(encoding="ascii").strip().partition(" ")
        return math.inf if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return math.inf
