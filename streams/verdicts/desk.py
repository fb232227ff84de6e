"""An analyst's desk: the alert found, the verdict on it sent, and all verdicts in force read back."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from connectors.codec import Codec, RecordError
from connectors.events import Alert
from connectors.kafka_delivery import KafkaDelivery
from connectors.sdk import AbortError
from connectors.verdicts import Verdict
from streams.kafka_clients.kafka_options import client_options
from streams.kafka_clients.message_headers import cloud_event_headers
from streams.kafka_clients.record_reader import Progress, RecordReader, no_progress
from streams.settings import Settings
from streams.topics import ALERTS, HELD_ALERTS, VERDICTS, topic_name
from streams.verdicts.feed import verdict_of

SOURCE = "relistwatch/verdicts"
REQUEST_BYTES = 1024 * 1024
"""An alert is some kilobytes, its longest texts are bounded."""

Foreign = Callable[[str, str], None]
"""Called with the key of a record that is no verdict, and why."""


def find_alert(settings: Settings, alert_id: str, progress: Progress = no_progress) -> Alert | None:
    """The alert of this id, from `alerts` or else from `held-alerts`, both read from their start.

    Raises:
        ReadError: a topic cannot be read.
    """
    wanted, codec = alert_id.encode(), Codec(Alert)
    for topic in (ALERTS, HELD_ALERTS):
        with RecordReader(settings, topic) as reader:
            for record in reader.existing(progress):
                if record.key != wanted or record.value is None:
                    continue
                try:
                    alert = codec.decode(record.value).record
                except RecordError:
                    continue
                if alert.alert_id == alert_id:
                    return alert
    return None


class VerdictMessage(NamedTuple):
    """A verdict as it goes to Kafka, or with the value None the taking back of one."""

    key: bytes
    value: bytes | None
    headers: list[tuple[str, bytes]]


def verdict_message(alert_id: str, verdict: Verdict | None) -> VerdictMessage:
    """The record that puts the verdict under its alert's id, or with None takes back what is there.

    Raises:
        RecordError: a field of the verdict is out of its range.
    """
    if verdict is None:
        return VerdictMessage(alert_id.encode(), None, [])
    value = msgspec.json.encode(verdict)
    Codec(Verdict).decode(value)
    headers = cloud_event_headers(alert_id, "relistwatch.verdict", SOURCE, verdict.decided_at)
    return VerdictMessage(alert_id.encode(), value, headers)


def send_verdict(settings: Settings, alert_id: str, verdict: Verdict | None) -> None:
    """Put the verdict under its alert's id, or with None take back what is there; returns when Kafka has it.

    Raises:
        RecordError: a field of the verdict is out of its range.
        RetryError: the broker cannot be reached.
        AbortError: it refuses us or the record.
    """
    message = verdict_message(alert_id, verdict)
    topic = topic_name(VERDICTS, settings.topics)
    with KafkaDelivery(client_options(settings.kafka), max_request_bytes=REQUEST_BYTES) as delivery:
        delivery.require_topic(topic)
        delivery.send(topic, key=message.key, value=message.value, headers=message.headers, record=alert_id)
        for refused in delivery.flush():
            raise AbortError(f"kafka refuses the verdict on {refused.record}: {refused.why}")


def verdicts_in_force(
    settings: Settings, progress: Progress = no_progress, on_foreign: Foreign | None = None
) -> Mapping[str, Verdict]:
    """Each alert's newest verdict that was not taken back, by `alert_id`.

    Raises:
        ReadError: the topic cannot be read.
    """
    found: dict[str, Verdict] = {}
    with RecordReader(settings, VERDICTS) as reader:
        for record in reader.existing(progress):
            key = (record.key or b"").decode("utf-8", "replace")
            found.pop(key, None)
            try:
                verdict = verdict_of(key, record.value)
            except RecordError as error:
                if on_foreign is not None:
                    on_foreign(key, str(error))
                continue
            if verdict is not None:
                found[key] = verdict
    return found
