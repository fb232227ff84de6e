"""Faust's consumer, handing a message on without four tasks for each, and no more bytes than there is room for.

`Consumer._drain_messages` waits for its callback together with three events (flow suspended, stopped, crashed), and
for that makes a task of each of the four. The callback puts the message into a queue that nearly always has room, so
it is done at once: it is tried first, and only where it really has to wait is everything as Faust does it. That was
an eighth of all time with short text listings (docs/decisions/014).

Faust bounds what waits for the agents by number, 4,096 messages for each. With photos inline that is gigabytes: here
the bytes that are handed on and not acknowledged are bounded too.
"""

import asyncio
import inspect
import types
from collections.abc import AsyncIterator, Coroutine, Generator
from typing import Any

from aiokafka import AIOKafkaConsumer
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer
from mode.services import WaitResults

from streams.photos.byte_gate import ByteGate
from streams.settings import Worker
from streams.worker.patient_end import PatientEnd
from streams.worker.refused_commits import RefusedCommits

FETCH_WAIT_MS = 100
"""That Kafka may keep a request for records until there are some. One is under way for a broker at a time, and while
it waits for partitions without news, others that were busy when it was sent cannot be asked for: Faust's second and
a half is how late their listings may be (docs/decisions/024)."""
SUSPENDED_SECONDS = 0.2
"""Between two looks whether the flow was suspended, while there is no room."""


class EagerWaiting:
    """In front of a `mode.Service`: its `wait_first` runs the first coroutine up to where it waits."""

    _stopped: Any
    _crashed: Any

    async def wait_first(self, *coros: Any, timeout: Any = None) -> WaitResults:  # noqa: ASYNC109  mode's own
        """As `mode.Service.wait_first`: the first of these to finish, unless the service stops before.

        Raises:
            Exception: what a coroutine raised.
        """
        first, *others = coros
        if not inspect.iscoroutine(first):
            return await super().wait_first(*coros, timeout=timeout)  # type: ignore[misc]
        try:
            waits_for = first.send(None)
        except BaseException as ended:
            for other in others:
                if inspect.iscoroutine(other):
                    other.close()  # never started
            if not isinstance(ended, StopIteration):
                raise
            if self._stopped.is_set() or self._crashed.is_set():
                return WaitResults([], [], True)
            return WaitResults([first], [ended.value], False)
        rest = _going_on(first, waits_for)
        results: WaitResults = await super().wait_first(rest, *others, timeout=timeout)  # type: ignore[misc]
        done = [first if one is rest else one for one in results.done]
        return WaitResults(done, results.results, results.stopped)


class BoundedBytes:
    """In front of a `faust` consumer: `getmany` hands no message on while `buffer_bytes` are not acknowledged yet."""

    buffer_bytes = Worker().buffer_bytes
    flow_active: bool
    should_stop: bool
    _unacked_messages: Any
    _gate: ByteGate | None = None

    @property
    def gate(self) -> ByteGate:
        """What is held of it."""
        if self._gate is None:
            self._gate = ByteGate(self.buffer_bytes)
        return self._gate

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[Any, Any]]:  # noqa: ASYNC109  Faust's own
        """As Faust's, with a wait for room before each message. Heartbeats go on meanwhile, in their thread."""
        async for place, message in super().getmany(timeout):  # type: ignore[misc]
            while self.gate.full:
                if self.should_stop or not self.flow_active:
                    # As Faust where the flow ends between two messages: the next owner begins at what is committed.
                    return
                try:
                    await asyncio.wait_for(self.gate.room(), SUSPENDED_SECONDS)
                except TimeoutError:
                    self._forgive()
            self.gate.take(size_of(message))
            yield place, message

    @property
    def _in_hand(self) -> int:
        return sum(size_of(message) for message in self._unacked_messages if not message.acked)

    def _forgive(self) -> None:
        """What Faust dropped on the way, or an agent left out as from before a rebalance, is never acknowledged. Where
        no agent has anything in hand for so long, all that is held are such."""
        if not self._in_hand:
            self.gate.hold(0)

    def ack(self, message: Any) -> bool:
        """As Faust's."""
        first = not message.acked
        acknowledged: bool = super().ack(message)  # type: ignore[misc]
        if first and message.acked:
            self.gate.give(size_of(message))
        return acknowledged

    async def on_partitions_assigned(self, assigned: Any, generation_id: int = 0) -> None:
        """As Faust's. What waited for the agents was thrown away when the partitions were revoked."""
        self.gate.hold(self._in_hand)
        await super().on_partitions_assigned(assigned, generation_id)  # type: ignore[misc]


def size_of(message: Any) -> int:
    """Bytes of the message's value."""
    return len(message.value or b"")


class PromptThread(AIOKafkaConsumerThread):  # type: ignore[misc]
    """Faust's thread around aiokafka's consumer, with `FETCH_WAIT_MS` for its own."""

    def _create_worker_consumer(self, transport: Any) -> AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        return consumer


class EagerConsumer(EagerWaiting, BoundedBytes, PatientEnd, RefusedCommits, Consumer):  # type: ignore[misc]
    """A Faust consumer that waits so."""

    def _new_consumer_thread(self) -> PromptThread:
        return PromptThread(self, loop=self.loop, beacon=self.beacon)


async def _going_on(started: Coroutine[Any, Any, Any], waits_for: Any) -> Any:
    """A coroutine that another may await although it has begun; `waits_for` is what it yielded last."""
    return await _rest(started, waits_for)


@types.coroutine
def _rest(started: Coroutine[Any, Any, Any], waits_for: Any) -> Generator[Any, Any, Any]:
    try:
        while True:
            try:
                sent = yield waits_for
            except GeneratorExit:
                raise
            except BaseException as thrown:  # noqa: BLE001  cancelling too: it is the coroutine's to handle
                waits_for = started.throw(thrown)
            else:
                waits_for = started.send(sent)
    except StopIteration as ended:
        return ended.value
    finally:
        started.close()
