"""Percentiles by nearest rank (ISO 3534-1 has the order statistic): always one of the values. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Latency:
    """How long something took, in milliseconds, over `count` cases."""

    p50: float
    p95: float
    p99: float
    count: int


def percentile(values: Sequence[float], percent: int) -> float:
    """The least of the values, in any order and not none, that so many percent of all do not exceed.

    Counted in whole numbers: 0.07 times 100 is more than 7 in floating point, and its rank would be one too high.
    """
    rank = max(1, -(-percent * len(values) // 100))
    return sorted(values)[rank - 1]


def latency(took_ms: Sequence[float]) -> Latency | None:
    """Of times in any order; None where there are none."""
    if not took_ms:
        return None
    ordered = sorted(took_ms)
    p50, p95, p99 = (percentile(ordered, percent) for percent in (50, 95, 99))
    return Latency(p50, p95, p99, len(ordered))
