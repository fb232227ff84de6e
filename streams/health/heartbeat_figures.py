"""What heartbeats say, taken from where it is counted already: metrics, flows, the takedown index."""

import math
import os
import secrets
import socket
from collections.abc import Iterable
from datetime import UTC, datetime

from msgspec.structs import replace
from prometheus_client import Counter

from connectors.flows import FlowCount
from streams.bank.takedown_index import TakedownIndex
from streams.health.heartbeat import Flow, Heartbeat, IndexState, PartKind
from streams.metrics.metrics import Metrics
from streams.program_version import program_version
from streams.settings import Settings


def first_heartbeat(
    settings: Settings, kind: PartKind, instance: str | None = None, shard: str = "1/1"
) -> Heartbeat:
    """What stays the same as long as this process runs. `instance`: where the part has a name of its own, which it
    keeps when it is started again."""
    now, host = datetime.now(UTC), socket.gethostname()[:100] or "unknown"
    return Heartbeat(
        # A process id alone comes again, in a container always as the same.
        instance=instance or f"{kind}-{host}-{os.getpid()}-{secrets.token_hex(4)}",
        kind=kind,
        host=host,
        pid=os.getpid(),
        version=program_version(),
        started_at=now,
        at=now,
        every_seconds=settings.worker.heartbeat_seconds,
        state="starting",
        shard=shard,
    )


def with_figures(heartbeat: Heartbeat, metrics: Metrics, index: TakedownIndex | None) -> Heartbeat:
    """The heartbeat with what the metrics have counted and the index holds; None for a part that has none."""
    return replace(
        heartbeat,
        index=None if index is None else index_state(index),
        flows=flows_of(metrics.flows.counts()),
        alerts=counted(metrics.alerts, ("kind",)),
        dead_letters=counted(metrics.dead_letters, ("stage", "error")),
        photo_failures=counted(metrics.photo_failures, ("error",)),
    )


def index_state(index: TakedownIndex) -> IndexState:
    """What the index holds, and how old that is."""
    bank, snapshot = index.bank, index.snapshot_age
    return IndexState(
        takedowns=len(bank),
        photos=len(bank.photos),
        memory_bytes=bank.photos.memory_bytes,
        disk_bytes=bank.photos.disk_bytes,
        age_seconds=round(index.age, 3),
        snapshot_age_seconds=None if math.isnan(snapshot) else round(snapshot, 3),
    )


def counted(counter: Counter, labels: tuple[str, ...]) -> dict[str, int]:
    """A counter's figures by its labels, with a space between two."""
    return {
        " ".join(sample.labels[label] for label in labels): int(sample.value)
        for family in counter.collect()
        for sample in family.samples
        if sample.name.endswith("_total")
    }


def flows_of(counts: Iterable[FlowCount]) -> tuple[Flow, ...]:
    """The counts as a heartbeat says them."""
    return tuple(Flow(**count._asdict()) for count in counts)
