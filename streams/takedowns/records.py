"""What the topics hold of takedowns: requests, their states, takedowns in force, changes, alerts and verdicts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from connectors.codec import Codec, RecordError
from connectors.events import Alert, Takedown
from connectors.takedown_requests import TakedownRequest
from connectors.takedown_status import TakedownChange, TakedownStatus
from connectors.verdicts import Verdict
from streams.kafka_clients.record_reader import Progress, Record, RecordReader, no_progress
from streams.settings import Settings
from streams.takedowns.cases import Published
from streams.topics import (
    ALERTS,
    TAKEDOWN_AUDIT,
    TAKEDOWN_REQUESTS,
    TAKEDOWN_STATUS,
    TAKEDOWNS,
    TopicSpec,
)
from streams.verdicts.desk import verdicts_in_force

R = TypeVar("R", bound=Struct)


@dataclass(slots=True)
class TakedownRecords:
    """All that is needed for a report or a status."""

    requests: list[TakedownRequest] = field(default_factory=list)
    statuses: list[TakedownStatus] = field(default_factory=list)
    takedowns: list[Published] = field(default_factory=list)
    changes: list[TakedownChange] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    verdicts: dict[str, Verdict] = field(default_factory=dict)


def read_records(settings: Settings, progress: Progress = no_progress) -> TakedownRecords:
    """The newest of each, as the topics hold them now. Photos and evidence are let go: there may be many.

    Raises:
        ReadError: a topic cannot be read.
    """
    requests = _newest(settings, TAKEDOWN_REQUESTS, TakedownRequest, lambda _, each: each, progress)
    statuses = _newest(settings, TAKEDOWN_STATUS, TakedownStatus, lambda _, each: each, progress)
    takedowns = _newest(settings, TAKEDOWNS, Takedown, _published, progress)
    changes = _newest(settings, TAKEDOWN_AUDIT, TakedownChange, lambda _, each: each, progress)
    alerts = _newest(settings, ALERTS, Alert, _without_evidence, progress)
    return TakedownRecords(
        requests=list(requests.values()),
        statuses=list(statuses.values()),
        takedowns=list(takedowns.values()),
        changes=list(changes.values()),
        alerts=list(alerts.values()),
        verdicts=dict(verdicts_in_force(settings, progress)),
    )


S = TypeVar("S")


def _newest(
    settings: Settings,
    topic: TopicSpec,
    kind: type[R],
    keep: Callable[[Record, R], S],
    progress: Progress,
) -> dict[bytes | tuple[int, int], S]:
    """The newest record of each key that is such a record; requests may share a key and are all kept."""
    codec = Codec(kind, ours=True)
    found: dict[bytes | tuple[int, int], S] = {}
    with RecordReader(settings, topic) as reader:
        for record in reader.existing(progress):
            place = (record.partition, record.offset)
            key = place if record.key is None or topic is TAKEDOWN_REQUESTS else record.key
            found.pop(key, None)
            if record.value is None:
                continue
            try:
                found[key] = keep(record, codec.decode(record.value).record)
            except RecordError:
                # No such record: the worker or the resolver has set it aside and said so.
                continue
    return found


def _published(record: Record, takedown: Takedown) -> Published:
    listing = replace(takedown.listing, images=(), description=None)
    return Published(replace(takedown, listing=listing), datetime.fromtimestamp(record.timestamp / 1000, UTC))


def _without_evidence(_: Record, alert: Alert) -> Alert:
    return replace(alert, evidence=(), other_takedowns=())
