"""A worker for the model of the delivery protocol: the product's stage and outbox, and Faust's own reckoning of what may
be committed, around a broker in memory and a clock that the model moves."""

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Any

import faust
from faust.transport.consumer import Consumer
from faust.types import TP
from faust.types.tuples import ConsumerMessage
from model_broker import Broker, Producer

from streams.kafka_clients.outbox import Outbox
from streams.metrics.metrics import Metrics
from streams.photos.reader import PhotoReader
from streams.settings import Settings
from streams.stages.fingerprint import FingerprintListings

TOPIC = "listings"
EXPLODES = "explodes"
METRICS = Metrics()
APP = faust.App("model", broker="aiokafka://nobody", store="memory://", value_serializer="raw")
APP.topics._acking_topics.add(TOPIC)


class Died(BaseException):
    """In place of the process's end."""


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose clock is the model's, and which runs only what can run now."""

    now = 0.0

    def time(self) -> float:
        return self.now

    def settle(self) -> None:
        """Everything that needs no time and no broker is done."""
        while True:
            self.call_soon(self.stop)
            self.run_forever()
            if not self._ready:  # type: ignore[attr-defined]
                return


class Acks(Consumer):
    """Faust's bookkeeping of acknowledged messages; its other half is the model's."""

    def assignment(self) -> set[TP]:
        return set()

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        raise NotImplementedError


for name in list(Acks.__abstractmethods__):
    setattr(Acks, name, None)
Acks.__abstractmethods__ = frozenset()


class ExplodingStage(FingerprintListings):
    """The product's stage, which fails for some listings as a fault of ours would."""

    async def process(self, messages: Any) -> Any:
        if any(EXPLODES.encode() in (message.value or b"") for message in messages):
            raise RuntimeError("a fault of ours")
        return await super().process(messages)


class ModelOutbox(Outbox):
    """The product's outbox with the model's producer."""

    def __init__(self, broker: Broker, too_large: frozenset[bytes]) -> None:
        super().__init__(Settings(), METRICS)
        self._broker, self._too_large = broker, too_large
        broker.processes += 1
        self.process = broker.processes
        self._producer = self._new()  # type: ignore[assignment]

    def _new(self) -> Producer:
        return Producer(self._broker, self._too_large, self.process)

    async def _connected(self) -> Any:
        return self._new()


class Worker:
    """One process's life. `batch` messages are handled together, as Faust's `take_events` gives them: acknowledged when
    the body ends, however it ends."""

    stage_type: type[ExplodingStage] = ExplodingStage
    outbox_type: type[ModelOutbox] = ModelOutbox

    def __init__(
        self, number: int, broker: Broker, loop: Loop, too_large: frozenset[bytes], batch: int
    ) -> None:
        self.number, self._broker, self._loop, self._batch = number, broker, loop, batch
        self.outbox = self.outbox_type(broker, too_large)
        photos = PhotoReader(None, None, METRICS, max_bytes=1)  # type: ignore[arg-type]
        self.stage = self.stage_type(self.outbox, METRICS, photos)
        self.generation = 0
        self.partitions: set[int] = set()
        self.queue: deque[ConsumerMessage] = deque()
        self.hand: asyncio.Task[None] | None = None
        self.positions: dict[int, int] = {}
        self.finished: list[list[tuple[int, int]]] = []
        """Batches that are done, each message by its place; the model takes them out."""
        self._acks = Acks(APP.transport, lambda _: None, None, None, loop=loop)

    @property
    def producer(self) -> Producer:
        return self.outbox._producer  # type: ignore[return-value]

    @property
    def dead(self) -> bool:
        """Whether it ended itself."""
        hand = self.hand
        return hand is not None and hand.done() and isinstance(hand.exception(), Died)

    def revoked(self) -> None:
        """As `Consumer.on_partitions_revoked` and `flow_control.clear` do. What is in hand goes on."""
        for partition in range(len(self._broker.inputs)):
            place = TP(TOPIC, partition)
            for held in (self._acks._gap, self._acks._acked, self._acks._acked_index,
                         self._acks._read_offset, self._acks._committed_offset):  # fmt: skip
                held.pop(place, None)
        self.queue.clear()
        self.partitions = set()

    def assigned(self, partitions: set[int], generation: int) -> None:
        """As `perform_seek` does: from what is committed."""
        self.partitions, self.generation = partitions, generation
        for partition in partitions:
            committed = self._broker.group.committed[partition]
            self.positions[partition] = committed
            self._acks._committed_offset[TP(TOPIC, partition)] = committed or None

    def fetch(self, most: int) -> None:
        for partition in sorted(self.partitions):
            log = self._broker.inputs[partition]
            for offset in range(self.positions[partition], min(self.positions[partition] + most, len(log))):
                one, place = log[offset], TP(TOPIC, partition)
                message = ConsumerMessage(
                    TOPIC, partition, offset, 1.0, 0, None, one.key, one.value, None, 0, 0, place,
                    generation_id=self.generation,
                )  # fmt: skip
                message.incref()
                self._acks.track_message(message)
                self.queue.append(message)
                self.positions[partition] = offset + 1

    def take(self) -> None:
        """Begin the next batch, if none is in hand."""
        if self.hand is not None and not self.hand.done():
            return
        batch = [self.queue.popleft() for _ in range(min(self._batch, len(self.queue)))]
        if batch:
            self.hand = self._loop.create_task(self._work(batch))

    async def _work(self, batch: list[ConsumerMessage]) -> None:
        try:
            await self.body(batch)
        except Died:
            raise
        except BaseException:
            self._acknowledge(batch)
            raise
        self._acknowledge(batch)
        self.finished.append([(message.partition, message.offset) for message in batch])

    def _acknowledge(self, batch: list[ConsumerMessage]) -> None:
        for message in batch:
            message.ack(self._acks)

    async def body(self, batch: list[ConsumerMessage]) -> None:
        await self.stage.handle(batch)

    def commit(self) -> None:
        offsets = self._acks._filter_committable_offsets(list(self._acks._acked))
        mine = {
            place.partition: offset for place, offset in offsets.items() if place.partition in self.partitions
        }
        if mine:
            self._broker.group.commit(self.number, self.generation, mine)
            self._acks._committed_offset.update(offsets)

    def busy(self) -> bool:
        return self.hand is not None and not self.hand.done()

    def abandon(self) -> None:
        """The process is gone: nothing of it runs any more, not even its clearing up."""
        hand = self.hand
        if hand is not None and not hand.done():
            hand._log_destroy_pending = False  # type: ignore[attr-defined]
            self.buried.append(hand)
        self.producer.bury()

    buried: list[Any] = []  # noqa: RUF012  for the whole run: a coroutine that is collected would run its handlers
