"""The worker's Prometheus metrics: named once, here. docs/metrics.md is their reference."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from connectors.flows import Flows
from streams.metrics.build_info import add_build_info
from streams.metrics.flow_metrics import FlowMetrics

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
FINE_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25)
"""For what is done some thousand times a second: aligning two photos takes less than a millisecond."""


class Metrics:
    """All metrics of one worker, in a registry of its own so that tests run several side by side."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        add_build_info(self.registry)
        self.events_in = Counter(
            "relistwatch_events_in", "Messages taken from a topic.", ["topic"], registry=self.registry
        )
        self.events_out = Counter(
            "relistwatch_events_out",
            "Messages acknowledged by the broker.",
            ["topic"],
            registry=self.registry,
        )
        self.flows = Flows()
        for direction in ("in", "out"):
            self.registry.register(FlowMetrics(self.flows, direction))
        self.alerts = Counter("relistwatch_alerts", "Alerts by kind.", ["kind"], registry=self.registry)
        self.alerts_held = Counter(
            "relistwatch_alerts_held", "Alerts of a takedown that meets too many listings, held for review.",
            registry=self.registry,
        )  # fmt: skip
        self.policy_differences = Counter(
            "relistwatch_policy_differences", "Listings that the shadow policy decides otherwise, by kind.",
            ["kind"], registry=self.registry,
        )  # fmt: skip
        self.verdicts_read = Counter(
            "relistwatch_verdicts_read",
            "Verdicts taken in, those taken back among them.",
            registry=self.registry,
        )
        self.seller_links = Counter(
            "relistwatch_seller_links", "Pairs of accounts linked, once a pair, reason and batch.",
            registry=self.registry,
        )  # fmt: skip
        self.allowed = Counter(
            "relistwatch_allowed", "Photos and titles that met a takedown but are ones that honest sellers use.",
            registry=self.registry,
        )  # fmt: skip
        self.dead_letters = Counter(
            "relistwatch_dead_letters", "Messages set aside.", ["stage", "error"], registry=self.registry
        )
        self.unknown_fields = Counter(
            "relistwatch_unknown_fields", "Fields that no record type knows, left out.", ["topic"],
            registry=self.registry,
        )  # fmt: skip
        self.photo_failures = Counter(
            "relistwatch_photo_failures", "Photos without a fingerprint, by cause.", ["error"],
            registry=self.registry,
        )  # fmt: skip
        self.photos_kept = Counter(
            "relistwatch_photos_kept", "Photos for the photo store, by what became of them.", ["outcome"],
            registry=self.registry,
        )  # fmt: skip
        self.photos_found = Counter(
            "relistwatch_photos_found", "Photos that a record names by digest, by what the photo store had.",
            ["outcome"], registry=self.registry,
        )  # fmt: skip
        self.stage_seconds = Histogram(
            "relistwatch_stage_seconds", "Time of one batch in a stage.", ["stage"], buckets=SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self.photo_seconds = Histogram(
            "relistwatch_photo_seconds", "Time of one photo: fetched, kept and fingerprinted.", ["step"],
            buckets=SECONDS, registry=self.registry,
        )  # fmt: skip
        self.photos_settled = Counter(
            "relistwatch_photos_settled", "Photos of listings by the tier of the search that settled them.",
            ["tier"], registry=self.registry,
        )  # fmt: skip
        self.photo_match_seconds = Histogram(
            "relistwatch_photo_match_seconds", "Time of a photo, or of a pair of them, in a stage of the search.",
            ["stage"], buckets=FINE_SECONDS, registry=self.registry,
        )  # fmt: skip
        self.event_to_alert = Histogram(
            "relistwatch_event_to_alert_seconds", "From the listing's arrival on Kafka to its alert's acknowledgement.",
            buckets=SECONDS, registry=self.registry,
        )  # fmt: skip
        self.index_size = Gauge(
            "relistwatch_takedown_index_size",
            "What the takedown index holds.",
            ["what"],
            registry=self.registry,
        )
        self.photo_index_bytes = Gauge(
            "relistwatch_photo_index_bytes", "What the takedowns' photos take, in memory and in mapped files.",
            ["where"], registry=self.registry,
        )  # fmt: skip
        self.index_age = Gauge(
            "relistwatch_takedown_index_age_seconds", "Since the index last heard from the broker.",
            registry=self.registry,
        )  # fmt: skip
        self.snapshot_age = Gauge(
            "relistwatch_snapshot_age_seconds", "Since the newest snapshot held all takedowns.",
            registry=self.registry,
        )  # fmt: skip
        self.snapshots = Counter(
            "relistwatch_snapshots", "Snapshots: loaded, discarded, written, failed.", ["outcome"],
            registry=self.registry,
        )  # fmt: skip
        self.heartbeats_failed = Counter(
            "relistwatch_heartbeats_failed", "Heartbeats that could not be sent.", registry=self.registry
        )
        self.shard = Gauge(
            "relistwatch_shard", "The number of shards, by the shard that this worker is, where the takedowns are "
            "divided.", ["shard", "of"], registry=self.registry,
        )  # fmt: skip
        self.shard_wait = Gauge(
            "relistwatch_shard_wait_seconds", "Since when the worker that gathers waits for another shard's answer.",
            ["shard"], registry=self.registry,
        )  # fmt: skip
        self.shard_unanswered = Counter(
            "relistwatch_shard_unanswered", "Listings about which a shard never answered, as far as Kafka still knows.",
            ["shard"], registry=self.registry,
        )  # fmt: skip
        self.lag = Gauge(
            "relistwatch_lag", "Messages on the broker not yet committed.", ["topic", "partition"],
            registry=self.registry,
        )  # fmt: skip

    def timed(self, stage: str) -> AbstractContextManager[None]:
        """Observe how long the block takes, as a batch in `stage`."""
        return observed(self.stage_seconds.labels(stage))

    def timed_match(self, stage: str) -> AbstractContextManager[None]:
        """Observe how long the block takes, as the photo search's `stage`."""
        return observed(self.photo_match_seconds.labels(stage))


@contextmanager
def observed(histogram: Histogram) -> Iterator[None]:
    """Observe how long the block takes."""
    started = perf_counter()
    try:
        yield
    finally:
        histogram.observe(perf_counter() - started)
