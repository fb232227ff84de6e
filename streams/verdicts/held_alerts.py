"""Alerts held back from a flood, released once somebody has looked: copied from `held-alerts` to `alerts`."""

from collections.abc import Iterator
from dataclasses import dataclass

from connectors.codec import Codec, RecordError
from connectors.events import Alert
from connectors.kafka_delivery import KafkaDelivery
from connectors.sdk import AbortError
from streams.kafka_clients.kafka_options import client_options
from streams.kafka_clients.record_reader import Progress, Record, RecordReader, no_progress
from streams.settings import Settings
from streams.topics import ALERTS, HELD_ALERTS, topic_name

REQUEST_BYTES = 8 * 1024 * 1024

_codec = Codec(Alert)


@dataclass(frozen=True, slots=True)
class Release:
    """What came of a release: different alerts, `released` now and `there` on `alerts` before."""

    released: int
    there: int


def release(settings: Settings, takedown_id: str, progress: Progress = no_progress) -> Release:
    """Copy this takedown's held alerts that are not on `alerts` yet, byte for byte, and wait until Kafka has them.

    A second time, or after a failure, it sends what is missing. Alerts are told by `alert_id`.

    Raises:
        ReadError: a topic cannot be read.
        RetryError: the broker went away; some alerts may have been sent.
        AbortError: the broker refuses us or a record.
    """
    with RecordReader(settings, HELD_ALERTS) as held:
        missing = {alert_id for alert_id, _ in _held(held, takedown_id, progress)}
        found = len(missing)
        if missing:
            with RecordReader(settings, ALERTS) as there:
                for record in there.existing(progress):
                    missing.discard((record.key or b"").decode("utf-8", "replace"))
        left = len(missing)
        if missing:
            _send(settings, held, takedown_id, missing, progress)
    return Release(left, found - left)


def _send(
    settings: Settings, held: RecordReader, takedown_id: str, missing: set[str], progress: Progress
) -> None:
    topic = topic_name(ALERTS, settings.topics)
    with KafkaDelivery(client_options(settings.kafka), max_request_bytes=REQUEST_BYTES) as delivery:
        delivery.require_topic(topic)
        for alert_id, record in _held(held, takedown_id, progress):
            if alert_id in missing:
                missing.discard(alert_id)
                delivery.send(
                    topic, key=record.key, value=record.value, headers=list(record.headers), record=alert_id
                )
        for refused in delivery.flush():
            raise AbortError(f"kafka refuses the alert {refused.record}: {refused.why}")


def _held(reader: RecordReader, takedown_id: str, progress: Progress) -> Iterator[tuple[str, Record]]:
    """The alerts on `held-alerts` of this takedown, or of takedowns that are one with it."""
    for record in reader.existing(progress):
        if record.value is None:
            continue
        try:
            alert = _codec.decode(record.value).record
        except RecordError:
            continue
        if (
            takedown_id in (alert.takedown.takedown_id, *alert.cluster)
            and record.key == alert.alert_id.encode()
        ):
            yield alert.alert_id, record
