"""The metrics of a look back beside a worker's. docs/metrics.md is their reference."""

from contextlib import AbstractContextManager

from prometheus_client import Counter, Gauge, Histogram

from streams.metrics.metrics import Metrics, observed

PASS_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)


class LookbackMetrics(Metrics):
    """A worker's metrics and these."""

    def __init__(self) -> None:
        super().__init__()
        self.listings = Gauge(
            "relistwatch_lookback_listings", "Recent listings held, earlier versions among them.",
            registry=self.registry,
        )  # fmt: skip
        self.listing_photos = Gauge("relistwatch_lookback_photos", "Their photos.", registry=self.registry)
        self.store_bytes = Gauge(
            "relistwatch_lookback_store_bytes", "Of disk that they take.", registry=self.registry
        )
        self.waiting = Gauge(
            "relistwatch_lookback_waiting",
            "Takedowns that wait for a pass.",
            ["phase"],
            registry=self.registry,
        )
        self.oldest = Gauge(
            "relistwatch_lookback_oldest_seconds", "Since the takedown arrived that is not done for longest.",
            registry=self.registry,
        )  # fmt: skip
        self.takedowns = Counter(
            "relistwatch_lookback_takedowns", "Takedowns looked back for, once a pass.", ["phase"],
            registry=self.registry,
        )  # fmt: skip
        self.pass_seconds = Histogram(
            "relistwatch_lookback_pass_seconds", "Time of one pass, delivery included.", ["phase"],
            buckets=PASS_SECONDS, registry=self.registry,
        )  # fmt: skip
        self.matched = Counter(
            "relistwatch_lookback_matched", "Listings that a pass matched, by what brought them up.", ["found"],
            registry=self.registry,
        )  # fmt: skip
        self.sent_before = Counter(
            "relistwatch_lookback_sent_before", "Alerts that were on a topic already.", registry=self.registry
        )
        self.takedown_to_alert = Histogram(
            "relistwatch_lookback_takedown_to_alert_seconds",
            "From the takedown's arrival on Kafka to the acknowledgement of an alert that a look back gave.",
            buckets=PASS_SECONDS, registry=self.registry,
        )  # fmt: skip

    def timed_pass(self, phase: str) -> AbstractContextManager[None]:
        """Observe how long the block takes, as a pass of this phase."""
        return observed(self.pass_seconds.labels(phase))
