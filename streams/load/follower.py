"""Alerts, held alerts and dead letters as they come, through a consumer without a group: none is taken from anyone."""

import time
from collections.abc import Iterator
from typing import Any, Self

import msgspec

from connectors.kafka_offsets import of_every
from streams.kafka_clients.message_headers import received_ms
from streams.kafka_clients.record_reader import ReadError, Record, connected, partitions_of
from streams.load.tally import Arrived, Tally
from streams.settings import Settings
from streams.topics import ALERTS, DEAD_LETTERS, HELD_ALERTS, topic_name

POLL_MS = 50


class _Letter(msgspec.Struct):
    error: str
    key: bytes | None = None


class Follower:
    """What comes after it was entered. For one thread.

    Raises:
        ReadError: on entering, a topic is not there or the broker cannot be reached.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._letters = topic_name(DEAD_LETTERS, settings.topics)
        self._held = topic_name(HELD_ALERTS, settings.topics)
        self._consumer: Any = None

    def __enter__(self) -> Self:
        self._consumer = connected(self._settings)
        names = [topic_name(spec, self._settings.topics) for spec in (ALERTS, HELD_ALERTS, DEAD_LETTERS)]
        try:
            partitions = [
                each for name in names for each in partitions_of(self._settings, self._consumer, name)
            ]
        except ReadError:
            self._consumer.close()
            raise
        self._consumer.assign(partitions)
        # Where each ends now, and not where it will when it is first read.
        for partition, end in of_every(self._consumer.end_offsets, partitions).items():
            self._consumer.seek(partition, end)
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def poll(self, wait_ms: float = POLL_MS) -> Iterator[tuple[Record, float]]:
        """What has come, each with when it was read (`time.monotonic`); waits so long where nothing has."""
        batches = self._consumer.poll(timeout_ms=wait_ms)
        at = time.monotonic()
        for batch in batches.values():
            for record in batch:
                yield record, at

    def count(self, tally: Tally, began: float) -> bool:
        """Count what has come; whether there was anything. `began`: the load's 0, by `time.monotonic`."""
        got = False
        for record, at in self.poll():
            got = True
            if record.topic == self._letters:
                try:
                    letter = msgspec.json.decode(record.value or b"", type=_Letter)
                except msgspec.MsgspecError:
                    continue
                tally.dead_letter(letter.key, letter.error)
            else:
                tally.alert(
                    Arrived(
                        value=record.value or b"",
                        at=at - began,
                        appended_ms=record.timestamp,
                        listed_ms=received_ms(record.headers),
                        held=record.topic == self._held,
                    )
                )
        return got
