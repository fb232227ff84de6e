"""What one step of the feed brought, of each the newest: duplicates and what was overtaken are gone. Pure."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import structlog

from connectors.codec import RecordError
from connectors.events import Alert
from streams.console.feed import other_rows, takedown_rows
from streams.console.feed.alert_rows import alert_row, row_of, together, verdict_row
from streams.console.feed.fitting import Row
from streams.console.feed.takedown_rows import key_of
from streams.kafka_clients.record_reader import Record
from streams.topics import (
    ALERTS,
    DEAD_LETTERS,
    HELD_ALERTS,
    SELLER_LINKS,
    TAKEDOWN_AUDIT,
    TAKEDOWN_FINGERPRINTS,
    TAKEDOWN_REQUESTS,
    TAKEDOWN_STATUS,
    TAKEDOWNS,
    VERDICTS,
    TopicSpec,
)

log = structlog.get_logger(__name__)

KINDS: Mapping[str, str] = {
    ALERTS.name: "alerts",
    HELD_ALERTS.name: "alerts",
    VERDICTS.name: "alerts",
    TAKEDOWNS.name: "takedowns",
    TAKEDOWN_FINGERPRINTS.name: "takedowns",
    TAKEDOWN_AUDIT.name: "takedowns",
    TAKEDOWN_REQUESTS.name: "requests",
    TAKEDOWN_STATUS.name: "requests",
    SELLER_LINKS.name: "seller-links",
    DEAD_LETTERS.name: "dead-letters",
}
"""What open pages are told when a topic brought something."""
TOPICS = (
    (ALERTS, HELD_ALERTS, TAKEDOWN_REQUESTS, DEAD_LETTERS, SELLER_LINKS),
    (VERDICTS, TAKEDOWNS, TAKEDOWN_STATUS, TAKEDOWN_AUDIT, TAKEDOWN_FINGERPRINTS),
)
"""What is followed. The first are read before the second: a verdict's alert is there when it is."""
LOGGED_EACH = 3
"""Unreadable records of one topic in one batch that are logged; all are counted."""


@dataclass(slots=True)
class Batch:
    """Rows by their key. Records of before `since_ms` are passed over. A None is taken away."""

    since_ms: int
    alerts: dict[str, Row] = field(default_factory=dict)
    judged: dict[str, Row] = field(default_factory=dict)
    """The alerts that came inside verdicts, for those that are on no topic any more."""
    together: dict[str, list[Row]] = field(default_factory=dict)
    """The other takedowns of these alerts' clusters."""
    verdicts: dict[str, Row | None] = field(default_factory=dict)
    takedowns: dict[str, Row] = field(default_factory=dict)
    withdrawn: dict[str, int] = field(default_factory=dict)
    """Of takedowns whose record did not come in this batch: when."""
    photos: dict[str, Row | None] = field(default_factory=dict)
    requests: dict[str, Row] = field(default_factory=dict)
    statuses: dict[str, Row | None] = field(default_factory=dict)
    changes: dict[str, Row | None] = field(default_factory=dict)
    links: dict[str, Row | None] = field(default_factory=dict)
    letters: dict[tuple[int, int], Row] = field(default_factory=dict)
    kinds: set[str] = field(default_factory=set)
    unreadable: Counter[str] = field(default_factory=Counter)
    """Records that were none, by topic."""

    def take(self, topic: TopicSpec, records: Sequence[Record]) -> None:
        """Take in records of one topic, in their order."""
        self.kinds.add(KINDS[topic.name])
        take = _TAKE[topic.name]
        for record in records:
            try:
                take(self, record)
            except (RecordError, msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
                self.unreadable[topic.name] += 1
                if self.unreadable[topic.name] <= LOGGED_EACH:
                    log.warning(
                        f"no {topic.holds}, left out",
                        topic=topic.name,
                        partition=record.partition,
                        offset=record.offset,
                        error=str(error)[:500],
                    )

    def take_alert(self, record: Record) -> None:
        """An alert that all may see."""
        self._put_alert(*alert_row(record, held=False))

    def take_held(self, record: Record) -> None:
        """An alert held back from a flood."""
        self._put_alert(*alert_row(record, held=True))

    def _put_alert(self, row: Row, alert: Alert) -> None:
        if row["matched_ms"] < self.since_ms:
            return
        self.together[row["alert_id"]] = together(alert)
        # A duplicate tells nothing new, but that a held alert was released.
        first = self.alerts.setdefault(row["alert_id"], row)
        first["held"] = first["held"] and row["held"]
        if first["took_ms"] is None:
            first["took_ms"] = row["took_ms"]

    def take_verdict(self, record: Record) -> None:
        """A verdict with its alert, or the taking back of one."""
        key = key_of(record)
        self.verdicts[key] = None
        found = verdict_row(key, record.value)
        if found is None:
            return
        row, verdict = found
        alert = row_of(verdict.alert, msgspec.json.encode(verdict.alert), held=False, took_ms=None)
        if alert["matched_ms"] >= self.since_ms:
            self.together[key] = together(verdict.alert)
            self.judged[key] = alert
            self.verdicts[key] = row

    def take_takedown(self, record: Record) -> None:
        """A takedown, or its withdrawal."""
        key = key_of(record)
        if record.value is not None:
            self.takedowns[key] = takedown_rows.takedown_row(record)
            self.withdrawn.pop(key, None)
        elif key in self.takedowns:
            self.takedowns[key]["withdrawn_ms"] = record.timestamp
        else:
            self.withdrawn[key] = record.timestamp

    def take_photos(self, record: Record) -> None:
        """Which photo of a takedown has which digest."""
        key = key_of(record)
        self.photos[key] = None if record.value is None else takedown_rows.photos_row(record)

    def take_request(self, record: Record) -> None:
        """A request; the same once more says nothing new."""
        row = takedown_rows.request_row(record)
        if row["received_ms"] >= self.since_ms:
            self.requests.setdefault(row["request_id"], row)

    def take_status(self, record: Record) -> None:
        """Where a request stands."""
        key = key_of(record)
        row = None if record.value is None else takedown_rows.status_row(record)
        if row is None or row["received_ms"] >= self.since_ms:
            self.statuses[key] = row

    def take_change(self, record: Record) -> None:
        """What befell a takedown."""
        self.changes[key_of(record)] = None if record.value is None else takedown_rows.change_row(record)

    def take_link(self, record: Record) -> None:
        """Two accounts that seem to be one seller."""
        key = other_rows.link_id(record.key)
        self.links[key] = None if record.value is None else other_rows.link_row(record)

    def take_letter(self, record: Record) -> None:
        """A dead letter."""
        row = other_rows.letter_row(record)
        if row["failed_ms"] >= self.since_ms:
            self.letters[record.partition, record.offset] = row


_TAKE: Mapping[str, Callable[[Batch, Record], None]] = {
    ALERTS.name: Batch.take_alert,
    HELD_ALERTS.name: Batch.take_held,
    VERDICTS.name: Batch.take_verdict,
    TAKEDOWNS.name: Batch.take_takedown,
    TAKEDOWN_FINGERPRINTS.name: Batch.take_photos,
    TAKEDOWN_AUDIT.name: Batch.take_change,
    TAKEDOWN_REQUESTS.name: Batch.take_request,
    TAKEDOWN_STATUS.name: Batch.take_status,
    SELLER_LINKS.name: Batch.take_link,
    DEAD_LETTERS.name: Batch.take_letter,
}
