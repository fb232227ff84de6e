"""What is judged on the throughput page, for tests: a system in which all is well, and changes to it."""

from datetime import timedelta
from typing import Any

from heartbeat_records import NOON, heartbeat

from streams.console.instances import Instance, Standing
from streams.console.judgement import Facts
from streams.console.store_figures import LetterKind, StoreFigures
from streams.health.heartbeat import Heartbeat
from streams.health.topic_offsets import Offsets, PartitionLag, Place
from streams.percentiles import Latency

NOON_MS = int(NOON.timestamp() * 1000)
PLACES: tuple[Place, ...] = (("listings", 0), ("listings", 1), ("fingerprints", 0), ("takedowns", 0))


def offsets_of(
    lag: int = 0, *, begin: int = 0, committed: int | None = 100, at: float = 0.0, **other: Any
) -> Offsets:
    """Four partitions of which the group has read to 100; `lag` waits in the first."""
    lags = {
        place: PartitionLag(begin, (committed or 0) + (lag if place == PLACES[0] else 0), committed)
        for place in PLACES
    }
    return Offsets(**({"at": at, "lags": lags, "sizes": {"listings": 100 + lag}, "missing": ()} | other))


def store_of(
    *, p95: float = 300.0, count: int = 50, recent: int = 0, minute: float | None = None
) -> StoreFigures:
    """Alerts in time, and dead letters of one kind. `minute`: the p95 of the last minute's ten alerts."""
    letters = (LetterKind("match-listings", "internal-error", 5 + recent, recent, NOON_MS),)
    now = Latency(100.0, minute, minute, 10) if minute is not None else None
    return StoreFigures(Latency(100.0, p95, p95, count), now, {"relist": 3}, 7, letters)


def instance(standing: Standing = "ready", *, silent: float = 1.0, **changes: Any) -> Instance:
    """A part; without changes the worker that has all partitions."""
    has = {"listings": (0, 1), "fingerprints": (0,), "takedowns": (0,)}
    beat = heartbeat(**({"partitions": has, "detail": None, "connector": None, "shard": "1/1"} | changes))
    return Instance(beat, standing, silent, NOON_MS - int(silent * 1000))


def connector(standing: Standing = "ready", **changes: Any) -> Instance:
    """A connector that was lately successful."""
    one: Heartbeat = heartbeat(
        kind="connector", instance="shopee-toko-7", partitions={}, index=None, shard="1/1"
    )
    return instance(standing, **({field: getattr(one, field) for field in one.__struct_fields__} | changes))


def facts_of(**changes: Any) -> Facts:
    """All is well, but for the changes."""
    usual: dict[str, Any] = {
        "now_ms": NOON_MS, "kafka_age": 0.5, "kafka_failure": None, "watched": 600.0, "offsets": offsets_of(), "store": store_of(),
        "parts": (instance(), connector()), "lag_before": 0, "still": dict.fromkeys(PLACES, 1.0),
    }  # fmt: skip
    return Facts(**(usual | changes))


def later(seconds: float) -> Any:
    """A moment after noon."""
    return NOON + timedelta(seconds=seconds)
