"""Listings and takedowns to fingerprints: decode, get the photos, hash, pass on."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import structlog

from connectors.codec import Codec, RecordError
from connectors.events import EventType, ListingEvent, Takedown
from streams.engine.carried_prints import missing_images, prints_of, put_together, with_carried
from streams.engine.pipeline import PhotoOutcome, fingerprint_listing, fingerprint_takedown
from streams.kafka_clients.message_headers import RECEIVED_HEADER, cloud_event_headers, header_items
from streams.kafka_clients.outbox import Outbox, Outgoing
from streams.logs import key_text
from streams.metrics.metrics import Metrics
from streams.photos.reader import PhotoReader
from streams.records import Prints
from streams.stages.stage import Message, Stage
from streams.topics import FINGERPRINTS, LISTINGS, TAKEDOWN_FINGERPRINTS, TAKEDOWNS

log = structlog.get_logger(__name__)

SOURCE = "relistwatch/worker"


class FingerprintListings(Stage):
    """`listings` to `fingerprints`. A removed listing keeps its last fingerprint (docs/decisions/004)."""

    topic = LISTINGS
    name = "fingerprint-listings"
    flow = "fingerprint"
    gives = FINGERPRINTS

    def __init__(self, outbox: Outbox, metrics: Metrics, photos: PhotoReader) -> None:
        super().__init__(outbox, metrics)
        self._photos = photos
        self._codec = Codec(ListingEvent)

    def moved(self) -> int:
        """A photo more is a step, too."""
        return self.handled + self._photos.finished

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
    """`takedowns` to `takedown-fingerprints`; a tombstone passes through.

    Photos whose fingerprints came along with the takedown are not read (`streams.engine.carried_prints`).
    """

    topic = TAKEDOWNS
    name = "fingerprint-takedowns"

    def __init__(self, outbox: Outbox, metrics: Metrics, photos: PhotoReader) -> None:
        super().__init__(outbox, metrics)
        self._photos = photos
        self._codec = Codec(Takedown)

    def moved(self) -> int:
        """A photo more is a step, too."""
        return self.handled + self._photos.finished

    async def process(self, messages: Sequence[Message]) -> list[Outgoing]:
        """Fingerprints, tombstones and dead letters, in the order of the messages."""
        decoded = [self._decode(message) for message in messages]
        carried = [
            self._carried(message) if isinstance(item, Takedown) else None
            for item, message in zip(decoded, messages, strict=True)
        ]
        images = [item.listing.images if isinstance(item, Takedown) else () for item in decoded]
        missing = [missing_images(each, prints) for each, prints in zip(images, carried, strict=True)]
        outcomes = await self._photos.read_all(
            [[each[number] for number in numbers] for each, numbers in zip(images, missing, strict=True)]
        )
        now = datetime.now(UTC)
        return [
            item
            if isinstance(item, Outgoing)
            else self._fingerprint(item, put_together(len(each), numbers, read), prints, now)
            for item, each, numbers, read, prints in zip(
                decoded, images, missing, outcomes, carried, strict=True
            )
        ]

    def _carried(self, message: Message) -> Prints | None:
        try:
            return prints_of(header_items(message.headers))
        except RecordError as error:
            # The takedown counts without them; its photos are read as any other's.
            self.metrics.photo_failures.labels("carried-unreadable").inc()
            log.warning("fingerprints that came with a takedown cannot be read", key=key_text(message.key),
                        error=str(error))  # fmt: skip
            return None

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
    def _fingerprint(
        takedown: Takedown, photos: Sequence[PhotoOutcome], carried: Prints | None, now: datetime
    ) -> Outgoing:
        headers = cloud_event_headers(takedown.takedown_id, "relistwatch.takedown.fingerprinted", SOURCE, now)
        made = with_carried(fingerprint_takedown(takedown, photos), takedown, carried)
        value = msgspec.json.encode(made)
        return Outgoing(TAKEDOWN_FINGERPRINTS, takedown.takedown_id.encode(), value, headers)
