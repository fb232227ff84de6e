"""The Kafka sink: events to one topic, keyed so that a listing's or a takedown's stay in order."""

import hashlib
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from connectors.events import Alert, ListingEvent, Takedown
from connectors.kafka_delivery import Compression, Headers, KafkaDelivery
from connectors.sdk import AbortError, Event, RawRecord, Sink, SkipError, Withdrawal

REQUEST_BYTES = 8 * 1024 * 1024
WHY_HEADER = "relistwatch_why"
"""On undecoded bytes: why the connector could not map them. Dead letters keep it with the other headers."""
WHY_CHARACTERS = 1000


class KafkaSinkOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of the sink `kafka`."""

    topic: str
    """The topic's name on the broker, prefix included."""
    client: dict[str, Any]
    """What kafka-python needs to reach and sign in to the broker: `bootstrap_servers` and such."""
    records: Literal["listings", "takedowns"] = "listings"
    """What the topic holds; anything else ends the run."""
    origin: str = "relistwatch/connect"
    """CloudEvents `source` of the events."""
    compression: Compression = "none"
    """lz4, snappy and zstd need their own packages."""
    max_request_bytes: Annotated[int, Meta(ge=1024)] = REQUEST_BYTES
    """The largest record; as the topic's max.message.bytes."""


class KafkaSink(Sink[KafkaSinkOptions]):
    """A Kafka topic: idempotent, acks=all; a flush returns when the broker has acknowledged every record."""

    name = "kafka"
    options_type = KafkaSinkOptions

    def __init__(self, options: KafkaSinkOptions) -> None:
        super().__init__(options)
        self._delivery = KafkaDelivery(
            options.client, compression=options.compression, max_request_bytes=options.max_request_bytes
        )

    def open(self) -> None:
        """Reach the broker and check the topic; a broker that is away ends the run before it starts."""
        self._delivery.require_topic(self.options.topic)

    def write(self, batch: Sequence[Event]) -> None:
        """Put the events under way.

        Raises:
            RetryError: the broker is away.
            AbortError: the broker refuses us, or an event does not belong on this topic.
        """
        for event in batch:
            if not belongs(event, self.options.records):
                raise AbortError(f"kafka: a {type(event).__name__} does not belong on {self.options.records}")
        for event in batch:
            key, value = key_and_value(event)
            self._delivery.send(
                self.options.topic,
                key=key,
                value=value,
                headers=cloud_event_headers(event, self.options.origin),
                record=event,
            )

    def flush(self) -> None:
        """Wait for every acknowledgement.

        Raises:
            RetryError: the broker is away.
            SkipError: the broker will never take some of the events, as too large.
        """
        if refused := self._delivery.flush():
            raise SkipError(f"kafka: {refused[0].why}", [each.record for each in refused])

    def close(self) -> None:
        """Disconnect."""
        self._delivery.close()


def belongs(event: Event, records: Literal["listings", "takedowns"]) -> bool:
    """Whether such an event may stand on that topic; undecoded bytes may stand on both."""
    if isinstance(event, RawRecord):
        return True
    return isinstance(event, ListingEvent if records == "listings" else Takedown | Withdrawal)


def key_and_value(event: Event) -> tuple[bytes | None, bytes | None]:
    """The Kafka message of an event; a withdrawal is a null value under the takedown's id."""
    match event:
        case ListingEvent():
            return event.key.encode(), msgspec.json.encode(event)
        case Takedown():
            return event.takedown_id.encode(), msgspec.json.encode(event)
        case Withdrawal():
            return event.takedown_id.encode(), None
        case Alert():
            return event.alert_id.encode(), msgspec.json.encode(event)
        case RawRecord():
            return None if event.key is None else event.key.encode(), event.value


def cloud_event_headers(event: Event, origin: str) -> Headers:
    """The CloudEvents 1.0 attributes as Kafka headers; `ce_time` only where the event has a time."""
    time = None
    match event:
        case ListingEvent():
            identity, kind, time = event.event_id, f"relistwatch.{event.type.value}", event.observed_at
        case Takedown():
            identity, kind, time = event.takedown_id, "relistwatch.takedown.published", event.taken_down_at
        case Withdrawal():
            identity, kind = event.takedown_id, "relistwatch.takedown.withdrawn"
        case Alert():
            identity, kind, time = event.alert_id, "relistwatch.alert", event.matched_at
        case RawRecord():
            # The same bytes have the same id, so a repetition can be told.
            identity, kind = hashlib.sha256(event.value).hexdigest()[:32], "relistwatch.undecoded"
    headers = [("ce_id", identity.encode()), ("ce_type", kind.encode()), ("ce_source", origin.encode())]
    if isinstance(event, RawRecord) and event.why:
        headers.append((WHY_HEADER, event.why[:WHY_CHARACTERS].encode(errors="replace")))
    return headers if time is None else [*headers, ("ce_time", time.isoformat().encode())]
