"""One step of the stream: a batch of messages in, acknowledged records out, and no message lost or fatal.

A message that cannot be handled goes to `dead-letters` with its raw bytes. A batch ends, and Faust may commit
it, only when everything that it made is acknowledged.
"""

import asyncio
import os
import traceback
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec
import structlog

from connectors.codec import Codec, RecordError
from connectors.events import DeadLetter
from connectors.flows import by_marketplace
from streams.kafka_clients.message_headers import attempt_of, header_items
from streams.kafka_clients.outbox import Outbox, Outgoing, TooLargeError
from streams.logs import key_text
from streams.metrics.metrics import Metrics
from streams.topics import DEAD_LETTERS, TopicSpec

log = structlog.get_logger(__name__)


class Message(Protocol):
    """What a stage needs of Faust's message; `timestamp` in seconds since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp: float
    key: bytes | None
    value: bytes | None
    headers: Any


class Stage(ABC):
    """Handles the messages of one topic. Subclasses say what becomes of a batch; failures are kept here."""

    topic: TopicSpec
    name: str
    flow: str | None = None
    """Under which its listings are counted by marketplace; None where it has none."""
    gives: TopicSpec | None = None
    """Whose acknowledged records are counted as given."""

    def __init__(self, outbox: Outbox, metrics: Metrics) -> None:
        self.outbox = outbox
        self.metrics = metrics
        self.handled = 0
        """Messages finished since start; liveness watches it."""

    @abstractmethod
    async def process(self, messages: Sequence[Message]) -> list[Outgoing]:
        """The records that these messages make; a message that fails becomes a dead letter among them."""

    def moved(self) -> int:
        """Grows whenever the work on its messages gets on, within a batch too where that may take long."""
        return self.handled

    async def handle(self, messages: Sequence[Message]) -> None:
        """Finish a batch, whatever it holds. Never raises: Faust would commit the batch and lose it."""
        self.metrics.events_in.labels(self.topic.name).inc(len(messages))
        try:
            with self.metrics.timed(self.name):
                outgoing = await self._process_guarded(messages)
                delivered = await self._deliver(messages, outgoing)
            self._count(messages, delivered)
        except BaseException:  # noqa: BLE001
            # Returning or raising lets Faust commit a batch that was not delivered. Ending here keeps
            # it uncommitted, and another worker gets it again (docs/delivery.md).
            log.critical("batch not delivered, ending uncommitted", stage=self.name, messages=len(messages),
                         error=traceback.format_exc())  # fmt: skip
            os._exit(70)
        self.handled += len(messages)

    def _count(self, messages: Sequence[Message], delivered: Sequence[Outgoing]) -> None:
        """Both together, when the batch is done: a batch that is given up is counted by whoever gets it again."""
        if self.flow is None:
            return
        flows = self.metrics.flows
        flows.take(self.flow, by_marketplace(message.key for message in messages))
        given = [record.about for record in delivered if record.topic is self.gives]
        flows.give(self.flow, by_marketplace(given))

    async def _process_guarded(self, messages: Sequence[Message]) -> list[Outgoing]:
        try:
            return await self.process(messages)
        except Exception:
            if len(messages) == 1:
                return [self.dead_letter(messages[0], "internal-error", traceback.format_exc(limit=-3))]
            log.warning("batch failed, handling its messages one by one", stage=self.name, exc_info=True)
        outgoing: list[Outgoing] = []
        for message in messages:
            outgoing += await self._process_guarded([message])
        return outgoing

    async def _deliver(self, messages: Sequence[Message], outgoing: list[Outgoing]) -> list[Outgoing]:
        """What is acknowledged in the end."""
        while True:
            try:
                await self.outbox.deliver(outgoing)
                return outgoing
            except TooLargeError as error:
                # What was acknowledged before is sent again: the same ids, which at least once allows.
                log.error("record too large to send", stage=self.name, topic=error.outgoing.topic.name,
                          key=key_text(error.outgoing.about))  # fmt: skip
                outgoing = [record for record in outgoing if record is not error.outgoing]
                outgoing += [
                    self.dead_letter(message, "too-large", str(error))
                    for message in messages
                    if message.key == error.outgoing.about
                ]

    def decode(self, codec: Codec[Any], message: Message) -> Any:
        """The record in the message.

        Raises:
            RecordError: it is none, or there is no value.
        """
        if message.value is None:
            raise RecordError("empty-value", f"{codec.record_type.__name__}: the message has no value")
        decoded = codec.decode(message.value)
        if decoded.unknown_fields:
            self.metrics.unknown_fields.labels(self.topic.name).inc(len(decoded.unknown_fields))
        return decoded.record

    def dead_letter(self, message: Message, error: str, detail: str) -> Outgoing:
        """The message set aside, raw bytes and all, with why."""
        self.metrics.dead_letters.labels(self.name, error).inc()
        headers = header_items(message.headers)
        letter = DeadLetter(
            topic=message.topic,
            partition=message.partition,
            offset=message.offset,
            key=message.key,
            value=message.value,
            headers=headers,
            error=error,
            detail=detail[:2000],
            stage=self.name,
            attempt=attempt_of(headers),
            failed_at=datetime.now(UTC),
        )
        return Outgoing(DEAD_LETTERS, message.key, msgspec.json.encode(letter))


async def breathe() -> None:
    """Let heartbeats and health checks run in the middle of a long batch."""
    await asyncio.sleep(0)
