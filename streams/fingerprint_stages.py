"""Listings and takedowns to fingerprints: decode, get the photos, hash, pass on."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from connectors.codec import Codec, RecordError
from connectors.events import EventType, ListingEvent, Takedown
from streams.metrics import Metrics
from streams.outbox import Outbox, Outgoing
from streams.photos import PhotoReader
from streams.pipeline import PhotoOutcome, fingerprint_listing, fingerprint_takedown
from streams.stage import RECEIVED_HEADER, Message, Stage, cloud_event_headers
from streams.topics import FINGERPRINTS, LISTINGS, TAKEDOWN_FINGERPRINTS, TAKEDOWNS

SOURCE = "relistwatch/worker"


class FingerprintListings(Stage):
    """`listings` to `fingerprints`. A removed listing keeps its last fingerprint (docs/decisions/004)."""

    topic = LISTINGS
    name = "fingerprint-listings"

    def __init__(self, outbox: Outbox, metrics: Metrics, photos: PhotoReader) -> None:
        super().__init__(outbox, metrics)
        self._photos = photos
        self._codec = Codec(ListingEvent)

    async def process(self, messages: Sequence[Message]) -> list[Outgoing]:
        """Fingerprints of the newest versions, and dead letters."""
        outgoing: list[Outgoing] = []
        events: list[tuple[Message, ListingEvent]] = []
        for message in messages:
            try:
                event = self.decode(self._codec, message)
            except RecordError as error:
                outgoing.append(self.dead_letter(message, error.kind, str(error)))
                continue
            if event.type is not EventType.REMOVED:
                events.append((message, event))
        outcomes = await self._photos.read_all([event.images for _, event in events])
        now = datetime.now(UTC)
        outgoing += [self._fingerprint(message, event, photos, now)
                     for (message, event), photos in zip(events, outcomes, strict=True)]  # fmt: skip
        return outgoing

    def _fingerprint(
        self, message: Message, event: ListingEvent, photos: Sequence[PhotoOutcome], now: datetime
    ) -> Outgoing:
        headers = cloud_event_headers(event.event_id, "relistwatch.listing.fingerprinted", SOURCE, now)
        headers.append((RECEIVED_HEADER, str(int(message.timestamp * 1000)).encode()))
        value = msgspec.json.encode(fingerprint_listing(event, photos))
        return Outgoing(FINGERPRINTS, event.key.encode(), value, headers)


class FingerprintTakedowns(Stage):
    """`takedowns` to `takedown-fingerprints`; a tombstone passes through."""

    topic = TAKEDOWNS
    name = "fingerprint-takedowns"

    def __init__(self, outbox: Outbox, metrics: Metrics, photos: PhotoReader) -> None:
        super().__init__(outbox, metrics)
        self._photos = photos
        self._codec = Codec(Takedown)

    async def process(self, messages: Sequence[Message]) -> list[Outgoing]:
        """Fingerprints, tombstones and dead letters, in the order of the messages."""
        decoded = [self._decode(message) for message in messages]
        images = [item.listing.images if isinstance(item, Takedown) else () for item in decoded]
        outcomes = await self._photos.read_all(images)
        now = datetime.now(UTC)
        return [
            item if isinstance(item, Outgoing) else self._fingerprint(item, photos, now)
            for item, photos in zip(decoded, outcomes, strict=True)
        ]

    def _decode(self, message: Message) -> Takedown | Outgoing:
        if message.value is None:
            if not message.key:
                return self.dead_letter(
                    message, "missing-key", "a withdrawal names its takedown_id as the key"
                )
            return Outgoing(TAKEDOWN_FINGERPRINTS, message.key, None)
        try:
            takedown: Takedown = self.decode(self._codec, message)
        except RecordError as error:
            return self.dead_letter(message, error.kind, str(error))
        if message.key != takedown.takedown_id.encode():
            detail = f"Takedown: the key must be the takedown_id {takedown.takedown_id!r}, or it cannot be withdrawn"
            return self.dead_letter(message, "wrong-key", detail)
        return takedown

    @staticmethod
    def _fingerprint(takedown: Takedown, photos: Sequence[PhotoOutcome], now: datetime) -> Outgoing:
        headers = cloud_event_headers(takedown.takedown_id, "relistwatch.takedown.fingerprinted", SOURCE, now)
        value = msgspec.json.encode(fingerprint_takedown(takedown, photos))
        return Outgoing(TAKEDOWN_FINGERPRINTS, takedown.takedown_id.encode(), value, headers)
