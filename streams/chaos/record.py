"""The record of a run: what was planted, what the topics held in the end, and which faults there were when.

All that the verdict is found from, and nothing of the product's: another program could have written it. Times are
seconds since 1970.
"""

from hashlib import blake2b
from typing import Literal

from msgspec import Struct

Kind = Literal["honest", "relist", "poison"]
Channel = Literal["producer", "market"]


class Planted(Struct):
    """One listing version that was sent. `version`: a digest of its title, by which its sightings are told apart."""

    key: str
    version: str
    kind: Kind
    sent_at: float
    channel: Channel = "producer"
    takedown: str | None = None
    """Of a relist: the takedown that its alert must name."""
    error: str | None = None
    """Of a poison: the kind of its dead letter."""
    acknowledged: bool = False
    """By Kafka, to whoever sent it; of a market's listing: it was shown."""


class SeenAlert(Struct):
    """One record of `alerts` or `held-alerts`. `at`: when a broker appended it."""

    alert_id: str
    key: str
    version: str
    kind: str
    takedowns: tuple[str, ...]
    at: float
    caught_by: str = "arrival"
    topic: str = "alerts"


class SeenLetter(Struct):
    """One record of `dead-letters`."""

    key: str
    error: str
    topic: str
    detail: str = ""


class Seen(Struct):
    """All that the checker read, each partition from its start to its end."""

    listings: list[tuple[str, str]]
    """Key and version of every record, duplicates too; the version of what cannot be read is empty."""
    fingerprints: list[tuple[str, str]]
    alerts: list[SeenAlert]
    letters: list[SeenLetter]
    photo_failures: dict[str, int]
    """Photos on `fingerprints` without a fingerprint, by why."""


class FaultRun(Struct):
    """One fault as it was done. `ended`: when its hand was taken off; `recovered`: when alerts came in time again and
    every worker was in its group, None where they did not."""

    name: str
    began: float
    ended: float
    recovered: float | None
    note: str = ""
    problems: tuple[str, ...] = ()


class Record(Struct):
    """One run."""

    seed: int
    rate: float
    """Listings a second that were asked for."""
    planted: list[Planted]
    seen: Seen
    faults: list[FaultRun]
    restarts: list[str]
    """What the supervisor started again, with the exit codes."""


def version_of(title: str) -> str:
    """The digest of a title that stands for a listing's version here."""
    return blake2b(title.encode(), digest_size=6).hexdigest()
