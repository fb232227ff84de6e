"""What tests of a running worker do again and again."""

from typing import Any

import msgspec
from kafka_client import KafkaClient

from connectors.events import Alert, Takedown


def alerts_of(messages: list[Any]) -> list[Alert]:
    return [msgspec.json.decode(message.value, type=Alert) for message in messages]


def publish_takedowns(client: KafkaClient, *records: Takedown) -> None:
    """Takedowns, waited for until they are fingerprinted."""
    client.send_all("takedowns", [(record.takedown_id, record) for record in records])
    wanted = {record.takedown_id.encode() for record in records}
    client.read_until("takedown-fingerprints", lambda got: wanted <= {m.key for m in got}, quiet=0.5)


def wait_fingerprinted(client: KafkaClient, *keys: str) -> list[Any]:
    wanted = {key.encode() for key in keys}
    return client.read_until("fingerprints", lambda got: wanted <= {m.key for m in got}, quiet=0.5)
