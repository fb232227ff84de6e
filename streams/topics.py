"""The topics: what each holds, how long, and how it is cleaned up. Created explicitly, never by accident."""

from dataclasses import dataclass, field

from streams.settings import Topics

DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """One topic as it must exist on the broker."""

    name: str
    holds: str
    cleanup: str
    retention_days: int | None = None
    partitions: int | None = None
    """None takes the settings' number."""
    extra: dict[str, str] = field(default_factory=dict)

    def config(self, settings: Topics) -> dict[str, str]:
        """The topic's configuration, as broker property names and values."""
        config = {
            "cleanup.policy": self.cleanup,
            "max.message.bytes": str(settings.max_message_bytes),
            "min.insync.replicas": str(settings.min_insync),
            "retention.ms": str(self.retention_days * DAY_MS) if self.retention_days else "-1",
        }
        return config | self.extra


LISTINGS = TopicSpec("listings", "ListingEvent", "delete", 7)
FINGERPRINTS = TopicSpec("fingerprints", "ListingFingerprint", "compact,delete", 30)
TAKEDOWN_REQUESTS = TopicSpec("takedown-requests", "TakedownRequest", "delete", 365)
TAKEDOWNS = TopicSpec("takedowns", "Takedown", "compact")
TAKEDOWN_STATUS = TopicSpec("takedown-status", "TakedownStatus", "compact")
TAKEDOWN_AUDIT = TopicSpec("takedown-audit", "TakedownChange", "compact")
TAKEDOWN_FINGERPRINTS = TopicSpec("takedown-fingerprints", "TakedownFingerprint", "compact")
ALERTS = TopicSpec("alerts", "Alert", "delete", 90)
HELD_ALERTS = TopicSpec("held-alerts", "Alert", "delete", 90)
POLICY_DIFFERENCES = TopicSpec("policy-differences", "PolicyDifference", "delete", 30)
SELLER_LINKS = TopicSpec("seller-links", "SellerLink", "compact")
VERDICTS = TopicSpec("verdicts", "Verdict", "compact")
DEAD_LETTERS = TopicSpec(
    "dead-letters", "DeadLetter", "delete", 30, extra={"max.message.bytes": str(24 * 1024 * 1024)}
)
CONNECTOR_STATE = TopicSpec("connector-state", "a connector's checkpoint", "compact", partitions=1)

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
    VERDICTS,
    DEAD_LETTERS,
    CONNECTOR_STATE,
)


def topic_name(spec: TopicSpec, settings: Topics) -> str:
    """The name on the broker, with the settings' prefix."""
    return settings.prefix + spec.name
