"""Requests resolved from what was seen, on a real Kafka: each becomes one takedown, and its status says how."""

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest
from kafka_client import KafkaClient
from listing_records import inline, listing, drawn_photo
from takedown_records import RECEIVED, after, changes, newest, request, send_requests, statuses

from connectors.events import EventType, Takedown
from connectors.takedown_status import TakedownStatus
from streams.carried_prints import prints_of
from streams.pipeline import fingerprint_listing
from streams.resolution import takedown_id_of

pytestmark = pytest.mark.kafka
Resolve = Callable[..., dict[str, int]]


def takedowns(client: KafkaClient) -> dict[str, Takedown]:
    return newest(client, "takedowns", Takedown)


def see(client: KafkaClient, *events, prints: bool = True) -> None:
    client.send_all("listings", [(event.key, event) for event in events])
    if prints:
        alive = [event for event in events if event.type is not EventType.REMOVED]
        client.send_all("fingerprints", [(event.key, fingerprint_listing(event, [])) for event in alive])


def test_a_listing_that_was_seen_becomes_a_takedown(client: KafkaClient, resolve: Resolve) -> None:
    see(client, listing(1), listing(2))
    send_requests(client, request(1))
    assert resolve() == {"seen": 1}
    takedown_id = takedown_id_of("pasar-uji", "l1")
    (takedown,) = takedowns(client).values()
    assert takedown.takedown_id == takedown_id
    assert (takedown.listing.title, takedown.listing.event_id) == (listing(1).title, "e1")
    assert (takedown.authority, takedown.reason, takedown.source) == ("kementerian", "barang palsu", "ministry")
    assert takedown.taken_down_at == RECEIVED
    status = statuses(client)["r1"]
    assert (status.state, status.how, status.takedown_id, status.attempts) == ("published", "seen", takedown_id, 1)
    assert [change.state for change in status.changes] == ["received", "resolved", "published"]
    assert status.request == request(1)
