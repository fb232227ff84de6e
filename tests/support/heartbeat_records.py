"""A heartbeat with every field for tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from streams.health.heartbeat import ConnectorHealth, Flow, Heartbeat, IndexState

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def heartbeat(**changes: Any) -> Heartbeat:
    """A worker's, which is ready."""
    fields: dict[str, Any] = {
        "instance": "worker-host-1-0a1b2c3d",
        "kind": "worker",
        "host": "host-1",
        "pid": 4711,
        "version": "0.1.0",
        "started_at": NOON - timedelta(minutes=5),
        "at": NOON,
        "every_seconds": 2.0,
        "state": "ready",
        "detail": "all is well",
        "shard": "2/8",
        "partitions": {"listings": (0, 3), "fingerprints": (1,)},
        "index": IndexState(
            takedowns=1200, photos=3400, memory_bytes=14_000_000, disk_bytes=90_000_000,
            age_seconds=0.2, snapshot_age_seconds=61.5,
        ),
        "connector": ConnectorHealth(
            connector="shopee", read=10, written=9, skipped=1, failed=0, notices=0, retries=2, requests=7,
            throttled=1, checkpoints=3, last_success_at=NOON, requests_per_second=5.0,
        ),
        "flows": (
            Flow(stage="fingerprint", marketplace="pasar-uji", taken=500, given=498),
            Flow(stage="match", marketplace="pasar-uji", taken=498, given=7),
        ),
        "alerts": {"relist": 6, "still_up": 1},
        "dead_letters": {"fingerprint-listings malformed-json": 2},
        "photo_failures": {"not-found": 3},
    }  # fmt: skip
    return Heartbeat(**(fields | changes))
