"""What leaves the resolver: takedowns first, then the word of them; each waited for until Kafka has it."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import structlog

from connectors.backoff import Backoff
from connectors.events import Takedown
from connectors.kafka_delivery import KafkaDelivery
from connectors.sdk import RetryError
from connectors.stop import Stop
from connectors.takedown_status import TakedownChange, TakedownStatus
from streams.engine.carried_prints import header_of
from streams.epoch import moment
from streams.kafka_clients.kafka_options import client_options
from streams.kafka_clients.message_headers import cloud_event_headers
from streams.kafka_clients.outbox import MAX_REQUEST_BYTES, Outgoing
from streams.resolving.listing_finder import Look
from streams.resolving.resolution import (
    Resolved,
    Unresolved,
    published,
    takedown_id_of,
    takedown_of,
    unresolved,
    withdrawn,
)
from streams.resolving.takedown_book import REQUEST_HEADER, SOURCE, TakedownBook
from streams.settings import Settings
from streams.topics import TAKEDOWN_AUDIT, TAKEDOWN_STATUS, TAKEDOWNS, topic_name

log = structlog.get_logger(__name__)

ENVELOPE = 16 * 1024
"""Bytes of a record besides its value and its largest header."""


class ResolverPublisher:
    """Sends, and counts what came of requests. Close it."""

    def __init__(self, settings: Settings, book: TakedownBook, stop: Stop) -> None:
        self._settings, self._book, self._stop = settings, book, stop
        self._delivery = KafkaDelivery(client_options(settings.kafka), max_request_bytes=MAX_REQUEST_BYTES)
        self.counts: Counter[str] = Counter()

    def close(self) -> None:
        """Disconnect."""
        self._delivery.close()

    def send(self, records: Sequence[Outgoing]) -> list[tuple[bytes | None, str]]:
        """Return when Kafka has all of them; those that it will never take, by key, and why.

        Raises:
            RetryError: asked to stop while the broker is away.
            AbortError: the broker refuses us.
        """
        pause, attempt = Backoff(), 0
        while records:
            try:
                for record in records:
                    self._delivery.send(
                        topic_name(record.topic, self._settings.topics),
                        key=record.key,
                        value=record.value,
                        headers=record.headers,
                        record=record.key,
                    )
                return [(refused.record, refused.why) for refused in self._delivery.flush()]
            except RetryError as error:
                if self._stop.is_set():
                    raise
                attempt += 1
                log.warning("the broker is away, sending again", records=len(records), error=str(error))
                self._stop.wait(pause.pause(attempt, error.after))
        return []

    def note(self, changes: Sequence[TakedownChange]) -> None:
        """Put these on the record."""
        self.send([_change_record(change) for change in changes])

    def end_overtaken(self) -> None:
        """Take back what was published in the moment of its withdrawal."""
        now = datetime.now(UTC)
        self.send([_tombstone(takedown_id, now) for takedown_id in self._book.overtaken()])

    def publish(self, statuses: Sequence[TakedownStatus], looks: Sequence[Look], now: datetime) -> int:
        """Publish what is resolved, and put every request's state on the record; how many had an outcome."""
        takedowns: dict[str, Outgoing] = {}
        after: dict[str, TakedownStatus] = {}
        news: list[TakedownChange] = []
        for status, look in zip(statuses, looks, strict=True):
            if look.outcome is None:
                continue
            if isinstance(look.outcome, Unresolved):
                for_good = look.outcome.reason == "no-listing"
                after[status.request_id] = unresolved(
                    status, look.outcome, self._settings.resolve, now, for_good=for_good
                )
                continue
            after[status.request_id] = self._resolved(status, look.outcome, takedowns, now)
            if after[status.request_id].state == "published":
                news += _sightings(status, look, now)
        refused = {(key or b"").decode(): why for key, why in self.send(list(takedowns.values()))}
        self.note(news)
        for request_id, status in after.items():
            if status.state == "published" and (why := refused.get(status.takedown_id or "")):
                before = statuses[[each.request_id for each in statuses].index(request_id)]
                too_large = Unresolved(reason="too-large", detail=why[:300])
                after[request_id] = unresolved(before, too_large, self._settings.resolve, now, for_good=True)
        self.send([_status_record(status) for status in after.values()])
        for status in after.values():
            self.counts[status.reason or status.how or status.state] += 1
        return len(after)

    def _resolved(
        self, status: TakedownStatus, found: Resolved, takedowns: dict[str, Outgoing], now: datetime
    ) -> TakedownStatus:
        listing = found.listing
        takedown_id = takedown_id_of(listing.marketplace, listing.listing_id)
        received_ms = int(status.request.received_at.timestamp() * 1000)
        withdrawn_ms = self._book.withdrawn_ms(takedown_id)
        if withdrawn_ms is not None and withdrawn_ms >= received_ms:
            return withdrawn(status, takedown_id, now)
        in_force_for = self._book.in_force_for(takedown_id)
        # Its own takedown, of before a crash, is sent again: its status may say how it was found.
        if takedown_id in takedowns or in_force_for not in {None, status.request_id}:
            again = msgspec.structs.replace(found, how="same takedown", via=None)
            return published(status, again, takedown_id, now, 0)
        record, kept = self._takedown_record(
            takedown_of(status.request, listing), found, status.request_id, now
        )
        takedowns[takedown_id] = record
        return published(status, found, takedown_id, now, kept)

    def _takedown_record(
        self, takedown: Takedown, found: Resolved, request_id: str, now: datetime
    ) -> tuple[Outgoing, int]:
        """The record, and how many photos' fingerprints go along."""
        headers = cloud_event_headers(takedown.takedown_id, "relistwatch.takedown.published", SOURCE, now)
        headers.append((REQUEST_HEADER, request_id.encode()))
        value = msgspec.json.encode(takedown)
        kept = 0
        if found.prints is not None:
            name, carried = header_of(found.prints)
            # Rather a takedown whose photos may be gone than none.
            if len(value) + len(carried) + ENVELOPE <= self._settings.topics.max_message_bytes:
                headers.append((name, carried))
                kept = len(found.prints.photos)
        return Outgoing(TAKEDOWNS, takedown.takedown_id.encode(), value, headers), kept


def _sightings(status: TakedownStatus, look: Look, now: datetime) -> list[TakedownChange]:
    """What was seen of the listing before its takedown was known."""
    assert isinstance(look.outcome, Resolved)  # noqa: S101  only of those
    listing = look.outcome.listing
    takedown_id = takedown_id_of(listing.marketplace, listing.listing_id)
    if look.gone_at is not None:
        return [
            TakedownChange(
                takedown_id=takedown_id, what="listing removed", at=look.gone_at, by=SOURCE, noted_at=now
            )
        ]
    if look.up_at is not None and look.up_at > status.request.received_at:
        return [
            TakedownChange(
                takedown_id=takedown_id, what="listing seen", at=look.up_at, by=SOURCE, noted_at=now
            )
        ]
    return []


def _status_record(status: TakedownStatus) -> Outgoing:
    headers = cloud_event_headers(
        status.request_id, f"relistwatch.takedown-request.{status.state}", SOURCE, status.tried_at
    )
    return Outgoing(TAKEDOWN_STATUS, status.request_id.encode(), msgspec.json.encode(status), headers)


def _change_record(change: TakedownChange) -> Outgoing:
    headers = cloud_event_headers(
        change.key, "relistwatch.takedown.changed", SOURCE, change.noted_at or moment(0)
    )
    return Outgoing(TAKEDOWN_AUDIT, change.key.encode(), msgspec.json.encode(change), headers)


def _tombstone(takedown_id: str, now: datetime) -> Outgoing:
    headers = cloud_event_headers(takedown_id, "relistwatch.takedown.withdrawn", SOURCE, now)
    return Outgoing(TAKEDOWNS, takedown_id.encode(), None, headers)
