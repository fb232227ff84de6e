"""The topic `takedown-requests`: what was requested before, and new requests sent."""

from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec
from msgspec import Struct

from connectors.kafka_delivery import KafkaDelivery
from streams.kafka_clients.kafka_options import client_options
from streams.kafka_clients.message_headers import cloud_event_headers
from streams.kafka_clients.record_reader import Progress, RecordReader, no_progress
from streams.settings import Settings
from streams.takedowns.importing import KnownRequests
from streams.topics import TAKEDOWN_REQUESTS, topic_name

SOURCE = "relistwatch/takedowns/import"
TYPE = "relistwatch.takedown-request.received"
REQUEST_BYTES = 1024 * 1024
"""A request is a kilobyte, its texts are bounded."""
TELL_EVERY = 1000


class _Asked(Struct):
    """As much of a request as says who asked for what."""

    link: str
    source: str
    url: str | None = None
    authority: str | None = None


def known_requests(settings: Settings, progress: Progress = no_progress) -> KnownRequests:
    """Everything that is on the topic, read once from its start. What is no request is nobody's.

    Raises:
        ReadError: the topic cannot be read.
    """
    known = KnownRequests()
    decoder = msgspec.json.Decoder(_Asked)
    with RecordReader(settings, TAKEDOWN_REQUESTS) as reader:
        for record in reader.existing(progress):
            if record.value is None:
                continue
            try:
                asked = decoder.decode(record.value)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                continue
            known.put(asked.url or asked.link, asked.authority, asked.source)
    return known


def send_requests(
    settings: Settings,
    messages: Iterable[tuple[bytes, bytes]],
    received_at: datetime,
    progress: Callable[[int], None] = lambda _: None,
) -> list[str]:
    """Send all of them; returns when Kafka has them. What it will never take, with the reason, is returned.

    Raises:
        RetryError: the broker cannot be reached. What it has by then it keeps: sending all again leaves it out.
        AbortError: it refuses us.
    """
    topic = topic_name(TAKEDOWN_REQUESTS, settings.topics)
    identity = msgspec.json.Decoder(_Identity)
    with KafkaDelivery(client_options(settings.kafka), max_request_bytes=REQUEST_BYTES) as delivery:
        delivery.require_topic(topic)
        for count, (key, value) in enumerate(messages, 1):
            headers = cloud_event_headers(identity.decode(value).request_id, TYPE, SOURCE, received_at)
            delivery.send(topic, key=key, value=value, headers=headers, record=key)
            if count % TELL_EVERY == 0:
                progress(count)
        return [f"{each.record.decode('utf-8', 'replace')}: {each.why}" for each in delivery.flush()]


class _Identity(Struct):
    request_id: str
