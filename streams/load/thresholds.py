"""What a load is held to."""

from msgspec import Struct


class Thresholds(Struct, frozen=True, kw_only=True):
    """What a run is held to; None is not judged. Latencies are from when a listing was due until its alert was read.

    The command line has an option for each (`streams.cli.load_thresholds`), with the default that stands here.
    """

    p50_ms: float | None = None
    p95_ms: float | None = 500.0
    p99_ms: float | None = None
    max_ms: float | None = None
    recall: float = 0.99
    missing: int = 0
    """Listings that Kafka has and that came out neither as a fingerprint nor as a dead letter."""
    achieved: float = 0.99
    """Of the rate that was offered."""
    false_alerts: int = 0
    dead_letters: int = 0
    late_ms: float = 50.0
    """For 99% of the listings: a generator that was later was the limit itself."""
