"""What a running part says of itself every few seconds: where it runs, how it is, and what it has done since its start.

Topic `heartbeats`, key `instance`. Figures only grow while `instance` and `started_at` stay the same.
"""

from typing import Literal

from msgspec import Struct

from connectors.field_types import Timestamp

PartKind = Literal["worker", "lookback", "resolver", "connector"]
PartState = Literal["starting", "ready", "stopping", "failing"]

LOST_AFTER = 3.0
"""A part that is silent for so many times its `every_seconds` is lost: one heartbeat may be late by a pause of the
broker, two by another."""


class IndexState(Struct, frozen=True, kw_only=True):
    """The takedowns that the part holds. `age_seconds`: since the broker last answered its reader;
    `snapshot_age_seconds`: since the newest snapshot held all of them, None without one."""

    takedowns: int
    photos: int
    memory_bytes: int
    disk_bytes: int
    age_seconds: float
    snapshot_age_seconds: float | None


class ConnectorHealth(Struct, frozen=True, kw_only=True):
    """A connector's counters (`connectors.counts`). `requests_per_second`: the rate limit in force now, which
    refusals lower; None is unlimited."""

    connector: str
    read: int
    written: int
    skipped: int
    failed: int
    notices: int
    retries: int
    requests: int
    throttled: int
    checkpoints: int
    last_success_at: Timestamp | None
    requests_per_second: float | None


class Flow(Struct, frozen=True, kw_only=True):
    """Listings of one marketplace through one stage since the start.

    `connect`: events that the source yielded, events acknowledged. `fingerprint`: events taken, fingerprints
    acknowledged. `match`: fingerprints taken, alerts acknowledged, held ones not among them.
    """

    stage: str
    """`connect`, `fingerprint` or `match`."""
    marketplace: str
    """As in the key; `other` for what is no marketplace's name, and for names past the first 50."""
    taken: int
    given: int


class Heartbeat(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One part at one moment. Topic `heartbeats`, key `instance`.

    A part that ends in good order sends a last one with the state `stopping`; one that is silent for three times
    `every_seconds` is lost.
    """

    instance: str
    """Of this process; a connector's begins with the name under which its checkpoint is kept."""
    kind: PartKind
    host: str
    pid: int
    version: str
    started_at: Timestamp
    at: Timestamp
    every_seconds: float
    state: PartState
    detail: str | None = None
    """Why it is not ready, for a person."""
    shard: str = "1/1"
    partitions: dict[str, tuple[int, ...]] = {}
    """By the topic's name without its prefix."""
    index: IndexState | None = None
    connector: ConnectorHealth | None = None
    flows: tuple[Flow, ...] = ()
    alerts: dict[str, int] = {}
    """By kind, since the start."""
    dead_letters: dict[str, int] = {}
    """By stage and error with a space between them, since the start."""
    photo_failures: dict[str, int] = {}
    """Photos without a fingerprint by cause, since the start."""
