"""Where running connectors stand: on the topic `connector-state`, in a folder, or in memory."""

import os
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import msgspec
from kafka import KafkaConsumer, TopicPartition
from kafka import errors as kafka_errors
from msgspec import Struct

from connectors.clock import Clock, SystemClock
from connectors.errors import AbortError, RetryError
from connectors.field_types import Timestamp
from connectors.kafka_delivery import KafkaDelivery
from connectors.kafka_offsets import of_every

MAX_STATE_BYTES = 256 * 1024
READ_SECONDS = 30.0


class ConnectorState(Struct, frozen=True, kw_only=True):
    """Where a connector stands. Topic `connector-state`, key: the instance's name. Never holds a secret."""

    connector: str
    """The source's name."""
    version: str
    """The source's version, which made the state."""
    state: dict[str, Any]
    saved_at: Timestamp


class Checkpoints(Protocol):
    """A store of checkpoints by instance."""

    def load(self, instance: str) -> ConnectorState | None:
        """The newest, or None where there is none."""

    def save(self, instance: str, state: ConnectorState) -> None:
        """Keep it. When this returns it is safe."""

    def close(self) -> None:
        """Disconnect."""


class MemoryCheckpoints:
    """Checkpoints that end with the process: for tests, and for sources that have none."""

    def __init__(self) -> None:
        self.states: dict[str, ConnectorState] = {}
        self.saved: list[ConnectorState] = []
        """All of them, in order."""

    def load(self, instance: str) -> ConnectorState | None:
        """The newest."""
        return self.states.get(instance)

    def save(self, instance: str, state: ConnectorState) -> None:
        """Keep it here."""
        self.states[instance] = state
        self.saved.append(state)

    def close(self) -> None:
        """Nothing to do."""


class FileCheckpoints:
    """Checkpoints as files, for runs without a broker: `INSTANCE/checkpoint.json` in the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, instance: str) -> ConnectorState | None:
        """The newest. Raises AbortError where the file is none."""
        try:
            return _decoded(instance, self._file(instance).read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise AbortError(f"the checkpoint of {instance} cannot be read: {error.strerror}") from None

    def save(self, instance: str, state: ConnectorState) -> None:
        """Put it in the place of the one before; after a crash one of the two is there, whole."""
        file = self._file(instance)
        new = file.with_suffix(".new")
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with new.open("wb") as written:
                written.write(_encoded(instance, state))
                written.flush()
                os.fsync(written.fileno())
            new.replace(file)
        except OSError as error:
            raise RetryError(f"the checkpoint of {instance} cannot be written: {error.strerror}") from None

    def close(self) -> None:
        """Nothing to do."""

    def _file(self, instance: str) -> Path:
        return self._folder / instance / "checkpoint.json"


class KafkaCheckpoints:
    """Checkpoints on a compacted topic. A save returns when all in-sync replicas have it."""

    def __init__(self, client: Mapping[str, Any], topic: str) -> None:
        self._client, self._topic = dict(client), topic
        self._delivery = KafkaDelivery(client, max_request_bytes=2 * MAX_STATE_BYTES)

    def load(self, instance: str) -> ConnectorState | None:
        """The newest of the instance, from reading the topic to its end.

        Raises:
            RetryError: the broker is away.
            AbortError: the topic does not exist, or what is on it is no checkpoint.
        """
        return self.load_all().get(instance)

    def load_all(self, clock: Clock | None = None) -> dict[str, ConnectorState]:
        """The newest of every instance. Raises as `load`."""
        self._delivery.require_topic(self._topic)
        try:
            with closing(KafkaConsumer(**self._client, group_id=None, enable_auto_commit=False)) as consumer:
                raw = _newest(consumer, self._topic, clock or SystemClock())
        except kafka_errors.KafkaError as error:
            raise RetryError(f"kafka: {type(error).__name__}: {error}") from error
        return {instance: _decoded(instance, value) for instance, value in raw.items()}

    def save(self, instance: str, state: ConnectorState) -> None:
        """Put it on the topic and wait for the acknowledgement.

        Raises:
            RetryError: the broker is away.
            AbortError: the state is too large.
        """
        value = msgspec.json.encode(state)
        if len(value) > MAX_STATE_BYTES:
            raise AbortError(
                f"the checkpoint of {instance} has {len(value)} bytes, {MAX_STATE_BYTES} allowed"
            )
        self._delivery.send(self._topic, key=instance.encode(), value=value)
        if refused := self._delivery.flush():
            raise AbortError(f"the checkpoint of {instance} was refused: {refused[0].why}")

    def forget(self, instance: str) -> None:
        """Take the checkpoint away: the next run begins as a first one. Raises RetryError."""
        self._delivery.send(self._topic, key=instance.encode(), value=None)
        self._delivery.flush()

    def close(self) -> None:
        """Disconnect."""
        self._delivery.close()


def _newest(consumer: KafkaConsumer, topic: str, clock: Clock) -> dict[str, bytes]:
    partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
    consumer.assign(partitions)
    ends = of_every(consumer.end_offsets, partitions)
    consumer.seek_to_beginning(*partitions)
    newest: dict[str, bytes] = {}
    deadline = clock.monotonic() + READ_SECONDS
    while any(consumer.position(partition) < ends[partition] for partition in partitions):
        if clock.monotonic() > deadline:
            raise RetryError(f"kafka: {topic} could not be read to its end in {READ_SECONDS:.0f} s")
        for records in consumer.poll(timeout_ms=500).values():
            for record in records:
                name = (record.key or b"").decode(errors="replace")
                if record.value is None:
                    newest.pop(name, None)
                else:
                    newest[name] = record.value
    return newest


def _encoded(instance: str, state: ConnectorState) -> bytes:
    value = msgspec.json.encode(state)
    if len(value) > MAX_STATE_BYTES:
        raise AbortError(f"the checkpoint of {instance} has {len(value)} bytes, {MAX_STATE_BYTES} allowed")
    return value


def _decoded(instance: str, value: bytes) -> ConnectorState:
    try:
        return msgspec.json.decode(value, type=ConnectorState)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise AbortError(
            f"the checkpoint of {instance} cannot be read ({error}); "
            f"to begin anew: relistwatch connectors forget {instance}"
        ) from None


def checkpoint(connector: str, version: str, state: dict[str, Any], now: datetime) -> ConnectorState:
    """The record of a source's checkpoint."""
    return ConnectorState(connector=connector, version=version, state=state, saved_at=now)
