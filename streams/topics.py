"""The topics: what each holds, how long, and how it is cleaned up. Created explicitly, never by accident."""

from dataclasses import dataclass, field

from streams.settings import Settings, Topics

MINUTE_MS = 60 * 1000
DAY_MS = 24 * 60 * MINUTE_MS


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """One topic as it must exist on the broker."""

    name: str
    holds: str
    cleanup: str
    retention_days: int | None = None
    partitions: int | None = None
    """None takes the settings' number."""
    of_generation: bool = False
    """Holds fingerprints of one version of the algorithms, so each generation has a topic of its own."""
    retention_minutes: int | None = None
    """Instead of days, for what is of no use the next day."""
    extra: dict[str, str] = field(default_factory=dict)

    def config(self, settings: Topics) -> dict[str, str]:
        """The topic's configuration, as broker property names and values."""
        config = {
            "cleanup.policy": self.cleanup,
            "max.message.bytes": str(settings.max_message_bytes),
            "min.insync.replicas": str(settings.min_insync),
            "retention.ms": str(self.retention_ms),
        }
        return config | self.extra

    @property
    def retention_ms(self) -> int:
        """How long a record is kept; -1 is for ever."""
        if self.retention_minutes is not None:
            return self.retention_minutes * MINUTE_MS
        return -1 if self.retention_days is None else self.retention_days * DAY_MS

    @property
    def kept(self) -> str:
        """How long a record is kept, in words."""
        if self.retention_minutes is not None:
            return f"kept {self.retention_minutes} minutes"
        return f"kept {self.retention_days} days" if self.retention_days else "kept for ever"


LISTINGS = TopicSpec("listings", "ListingEvent", "delete", 7)
FINGERPRINTS = TopicSpec("fingerprints", "ListingFingerprint", "compact,delete", 30, of_generation=True)
TAKEDOWN_REQUESTS = TopicSpec("takedown-requests", "TakedownRequest", "delete", 365)
TAKEDOWNS = TopicSpec("takedowns", "Takedown", "compact")
TAKEDOWN_STATUS = TopicSpec("takedown-status", "TakedownStatus", "compact")
TAKEDOWN_AUDIT = TopicSpec("takedown-audit", "TakedownChange", "compact")
TAKEDOWN_FINGERPRINTS = TopicSpec(
    "takedown-fingerprints", "TakedownFingerprint", "compact", of_generation=True
)
ALERTS = TopicSpec("alerts", "Alert", "delete", 90)
HELD_ALERTS = TopicSpec("held-alerts", "Alert", "delete", 90)
POLICY_DIFFERENCES = TopicSpec("policy-differences", "PolicyDifference", "delete", 30)
SELLER_LINKS = TopicSpec("seller-links", "SellerLink", "compact")
SHARD_ANSWERS = TopicSpec("shard-answers", "ShardAnswer", "delete", 7, of_generation=True)
VERDICTS = TopicSpec("verdicts", "Verdict", "compact")
DEAD_LETTERS = TopicSpec(
    "dead-letters", "DeadLetter", "delete", 30, extra={"max.message.bytes": str(24 * 1024 * 1024)}
)
CONNECTOR_STATE = TopicSpec("connector-state", "a connector's checkpoint", "compact", partitions=1)
HEARTBEATS = TopicSpec(
    "heartbeats", "Heartbeat", "delete", partitions=1, retention_minutes=60,
    # Only whole segments are ever removed, and never the one that is written to: with Kafka's own 7 days and 1 GB
    # an hour would be a week. Ten minutes of a hundred workers' heartbeats are some 30 MB.
    extra={"segment.ms": str(10 * MINUTE_MS), "segment.bytes": str(32 * 1024 * 1024)},
)  # fmt: skip

ALL_TOPICS = (
    LISTINGS,
    FINGERPRINTS,
    TAKEDOWN_REQUESTS,
    TAKEDOWNS,
    TAKEDOWN_STATUS,
    TAKEDOWN_AUDIT,
    TAKEDOWN_FINGERPRINTS,
    ALERTS,
    HELD_ALERTS,
    POLICY_DIFFERENCES,
    SELLER_LINKS,
    SHARD_ANSWERS,
    VERDICTS,
    DEAD_LETTERS,
    CONNECTOR_STATE,
    HEARTBEATS,
)


def topic_name(spec: TopicSpec, settings: Topics) -> str:
    """The name on the broker, with the settings' prefix and, where it is one of its topics, generation."""
    return settings.prefix + spec.name + (numbered(settings) if spec.of_generation else "")


def names_on_broker(settings: Topics) -> dict[str, str]:
    """For each topic's name on the broker the name that it has here."""
    return {topic_name(spec, settings): spec.name for spec in ALL_TOPICS}


def numbered(settings: Topics) -> str:
    """What stands at the end of a generation's names: `-2` and so on, nothing for the first."""
    return "" if settings.generation == 1 else f"-{settings.generation}"


def workers_group(settings: Settings) -> str:
    """The workers' consumer group, which the names of the shards' and the look back's groups begin with: each
    generation has its own, so that none takes partitions from another."""
    return settings.kafka.group + numbered(settings.topics)
