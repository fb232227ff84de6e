"""The platform's own takedowns: one added, one withdrawn; each with who, when and why."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

import msgspec

from connectors.codec import Codec, RecordError
from connectors.events import Takedown
from connectors.field_types import Key, Marketplace
from connectors.kafka_delivery import KafkaDelivery
from connectors.links import LinkTarget, RefusedLink, recognise
from connectors.sdk import AbortError
from connectors.short_links import ShortLinks, Unresolved
from connectors.stop import Stop
from connectors.takedown_requests import RequestSource, TakedownRequest
from connectors.takedown_status import TakedownChange, TakedownStatus
from streams.kafka_clients.kafka_options import client_options
from streams.kafka_clients.message_headers import cloud_event_headers
from streams.kafka_clients.outbox import Outgoing
from streams.kafka_clients.record_reader import Progress, RecordReader, no_progress
from streams.resolving.request_book import target_key
from streams.resolving.takedown_book import DESK
from streams.settings import Settings
from streams.takedowns.requests import send_requests
from streams.topics import TAKEDOWN_AUDIT, TAKEDOWN_STATUS, TAKEDOWNS, topic_name

REQUEST_BYTES = 1024 * 1024


class NoListingError(ValueError):
    """The text is neither a link to a listing nor a listing's key; the message says why."""


def target_of(text: str, stop: Stop | None = None) -> LinkTarget:
    """The listing that a link or a key (`marketplace:listing_id`) means; a short link is looked up where `stop` is
    given.

    Raises:
        NoListingError: it means none.
    """
    text = text.strip()
    found = recognise(text)
    if isinstance(found, LinkTarget):
        return found
    if isinstance(found, RefusedLink):
        marketplace, colon, listing_id = text.partition(":")
        if colon and not listing_id.startswith("//"):
            try:
                return _checked(marketplace, listing_id)
            except msgspec.ValidationError:
                pass
        raise NoListingError(found.why)
    if stop is None:
        raise NoListingError("a short link, which is not looked up here; give the listing's own")
    with ShortLinks(stop) as links:
        answer = links.resolve(found)
    if isinstance(answer, Unresolved):
        raise NoListingError(f"the short link leads to no listing: {answer.why}")
    return answer


class _Key(msgspec.Struct, frozen=True):
    marketplace: Marketplace
    listing_id: Key


def _checked(marketplace: str, listing_id: str) -> LinkTarget:
    msgspec.convert({"marketplace": marketplace, "listing_id": listing_id}, _Key)
    return LinkTarget(marketplace, listing_id, "")


def request_of(
    text: str,
    target: LinkTarget,
    *,
    received_at: datetime,
    by: str,
    reason: str | None = None,
    authority: str | None = None,
    source: RequestSource = "platform",
) -> TakedownRequest:
    """The request of one person for one listing. Its id is of all that it says: asking again is another request."""
    said = [target.marketplace, target.listing_id, target.slug, received_at, by, reason, authority, source]
    digest = hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:32]
    return TakedownRequest(
        request_id=f"add-{digest}",
        link=text,
        marketplace=target.marketplace,
        listing_id=target.listing_id,
        slug=target.slug,
        url=target.url or None,
        reason=reason,
        authority=authority,
        source=source,
        received_at=received_at,
        by=by,
    )


def send_request(settings: Settings, request: TakedownRequest) -> None:
    """Return when Kafka has the request; a resolver makes the takedown of it.

    Raises:
        RecordError: a field is out of its range.
        RetryError: the broker cannot be reached.
        AbortError: it refuses us.
    """
    value = msgspec.json.encode(request)
    Codec(TakedownRequest).decode(value)
    for refused in send_requests(settings, [(request.key.encode(), value)], request.received_at):
        raise AbortError(f"kafka refuses the request: {refused}")


def takedown_in_force(
    settings: Settings, takedown_id: str, progress: Progress = no_progress
) -> Takedown | None:
    """The takedown of this id, if it is on `takedowns` now.

    Raises:
        ReadError: the topic cannot be read.
    """
    wanted, codec, found = takedown_id.encode(), Codec(Takedown, ours=True), None
    with RecordReader(settings, TAKEDOWNS) as reader:
        for record in reader.existing(progress):
            if record.key == wanted:
                found = record.value
    return None if found is None else codec.decode(found).record


def requests_for(
    settings: Settings, takedown_id: str, progress: Progress = no_progress
) -> list[TakedownStatus]:
    """The requests that this takedown stands for, the earliest first.

    Raises:
        ReadError: the topic cannot be read.
    """
    codec = Codec(TakedownStatus, ours=True)
    found: dict[str, TakedownStatus] = {}
    with RecordReader(settings, TAKEDOWN_STATUS) as reader:
        for record in reader.existing(progress):
            if record.value is None:
                continue
            try:
                status = codec.decode(record.value).record
            except RecordError:
                continue
            found.pop(status.request_id, None)
            if status.takedown_id == takedown_id:
                found[status.request_id] = status
    return sorted(found.values(), key=lambda status: status.request.received_at)


def withdraw(settings: Settings, takedown_id: str, *, at: datetime, by: str, reason: str) -> TakedownChange:
    """Take a takedown back. First it is on the record, then in force: where this ends half way, a resolver, or
    doing it again, ends it.

    Raises:
        RecordError: a field is out of its range.
        RetryError: the broker cannot be reached.
        AbortError: it refuses us.
    """
    change = TakedownChange(
        takedown_id=takedown_id, what="withdrawn", at=at, by=by, reason=reason, noted_at=at
    )
    value = msgspec.json.encode(change)
    Codec(TakedownChange).decode(value)
    headers = cloud_event_headers(change.key, "relistwatch.takedown.changed", DESK, at)
    _send(settings, [Outgoing(TAKEDOWN_AUDIT, change.key.encode(), value, headers)])
    headers = cloud_event_headers(takedown_id, "relistwatch.takedown.withdrawn", DESK, at)
    _send(settings, [Outgoing(TAKEDOWNS, takedown_id.encode(), None, headers)])
    return change


def means(status: TakedownStatus, text: str, target: LinkTarget | None) -> bool:
    """Whether a request is the one that a person names: by its id, its takedown's, its link or its listing."""
    request = status.request
    if text in {request.request_id, status.takedown_id, request.link}:
        return True
    if target is None:
        return False
    key = target_key(target.marketplace, target.listing_id, target.slug)
    return key is not None and key == target_key(request.marketplace, request.listing_id, request.slug)


def _send(settings: Settings, records: Sequence[Outgoing]) -> None:
    with KafkaDelivery(client_options(settings.kafka), max_request_bytes=REQUEST_BYTES) as delivery:
        for record in records:
            topic = topic_name(record.topic, settings.topics)
            delivery.require_topic(topic)
            delivery.send(
                topic, key=record.key, value=record.value, headers=record.headers, record=record.key
            )
        for refused in delivery.flush():
            raise AbortError(f"kafka refuses the record: {refused.why}")
