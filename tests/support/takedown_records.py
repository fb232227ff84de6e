"""Requests for tests, and a look at what came of them."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from kafka_client import KafkaClient
from listing_records import START, listing

from connectors.takedown_requests import ListPlace, TakedownRequest
from connectors.takedown_status import StatusChange, TakedownChange, TakedownStatus

RECEIVED = START + timedelta(hours=1)


def request(number: int, **changes: Any) -> TakedownRequest:
    """The request to take listing `number` down, in row `number` of a ministry's list."""
    original = listing(number)
    fields: dict[str, Any] = {
        "request_id": f"r{number}",
        "link": f"https://pasar-uji.example/{original.listing_id}",
        "marketplace": original.marketplace,
        "listing_id": original.listing_id,
        "reason": "barang palsu",
        "authority": "kementerian",
        "source": "ministry",
        "received_at": RECEIVED,
        "by": "analyst-7",
        "list": ListPlace(name="daftar.csv", sha256="0" * 64, row=number + 1),
    }
    return TakedownRequest(**(fields | changes))


def send_requests(client: KafkaClient, *requests: TakedownRequest) -> None:
    client.send_all("takedown-requests", [(each.link, each) for each in requests])


def newest(client: KafkaClient, topic: str, kind: type[Any]) -> dict[str, Any]:
    """The newest record of each key now on the topic; a tombstone takes its key away."""
    found: dict[str, Any] = {}
    for message in client.existing(topic):
        key = message.key.decode()
        found.pop(key, None)
        if message.value is not None:
            found[key] = msgspec.json.decode(message.value, type=kind)
    return found


def statuses(client: KafkaClient) -> dict[str, TakedownStatus]:
    return newest(client, "takedown-status", TakedownStatus)


def changes(client: KafkaClient) -> list[TakedownChange]:
    found = newest(client, "takedown-audit", TakedownChange)
    return sorted(found.values(), key=lambda change: (change.takedown_id, change.at))


def after(**time: float) -> datetime:
    """So long after the requests came in."""
    return RECEIVED + timedelta(**time)


def takedown_status(asked: TakedownRequest, **fields: Any) -> TakedownStatus:
    """The status of a request that has been tried twice."""
    full: dict[str, Any] = {
        "request_id": asked.request_id,
        "request": asked,
        "partition": 3,
        "state": "unresolved",
        "reason": "connector-away",
        "detail": "shopee: answered 500",
        "attempts": 2,
        "tried_at": after(minutes=5),
        "next_try_at": after(minutes=15),
        "changes": (StatusChange(at=RECEIVED, state="received", detail="analyst-7"),),
    }
    return TakedownStatus(**(full | fields))


def takedown_change(**fields: Any) -> TakedownChange:
    """A withdrawal."""
    full: dict[str, Any] = {
        "takedown_id": "td-1", "what": "withdrawn", "at": after(hours=2), "by": "analyst-7", "reason": "licensed",
    }  # fmt: skip
    return TakedownChange(**(full | fields))
