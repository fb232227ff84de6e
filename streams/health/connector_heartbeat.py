"""What a running connector says of itself in its heartbeats."""

from datetime import UTC, datetime

from msgspec.structs import replace

from connectors.context import Context
from streams.health.heartbeat import ConnectorHealth, Heartbeat
from streams.health.heartbeat_figures import first_heartbeat, flows_of
from streams.health.heartbeat_sender import Heartbeats
from streams.settings import Settings


def connector_heartbeats(
    settings: Settings, connector: str, surroundings: Context, *, of_listings: bool
) -> Heartbeats:
    """The heartbeats of the source `connector` that runs in these surroundings, under its instance's name.

    `of_listings`: what it sends are listings, which are counted by marketplace.
    """

    def say(heartbeat: Heartbeat) -> Heartbeat:
        return replace(
            heartbeat,
            state="stopping" if surroundings.stop.is_set() else "ready",
            connector=connector_health(connector, surroundings),
            flows=flows_of(surroundings.flows.counts()) if of_listings else (),
        )

    return Heartbeats(settings, first_heartbeat(settings, "connector", surroundings.instance), say)


def connector_health(connector: str, surroundings: Context) -> ConnectorHealth:
    """How this running connector is."""
    counts = surroundings.counts
    return ConnectorHealth(
        connector=connector,
        read=counts.read,
        written=counts.written,
        skipped=counts.skipped,
        failed=counts.failed,
        notices=counts.notices,
        retries=counts.retries,
        requests=counts.requests,
        throttled=counts.throttled,
        checkpoints=counts.checkpoints,
        last_success_at=datetime.fromtimestamp(counts.last_success, UTC) if counts.last_success else None,
        requests_per_second=surroundings.requests_per_second,
    )
