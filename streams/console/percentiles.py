"""Percentiles by nearest rank (ISO 3534-1 has the order statistic): always one of the values. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Latency:
    """How long something took, in milliseconds, over `count` cases."""

    p50: float
    p95: float
    p99: float
    count: int


def percentile(ordered: Sequence[float], share: float) -> float:
    """The least value that `share` of all (0 to 1) do not exceed; `ordered` ascends and is not empty."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def latency(took_ms: Sequence[float]) -> Latency | None:
    """Of times in any order; None where there are none."""
    if not took_ms:
        return None
    ordered = sorted(took_ms)
    p50, p95, p99 = (percentile(ordered, share) for share in (0.5, 0.95, 0.99))
    return Latency(p50, p95, p99, len(ordered))
