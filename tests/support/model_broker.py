"""Kafka in memory, as far as the delivery protocol goes: logs, a group's offsets and generations, and a producer whose
acknowledgements come, are lost or never come as it is told."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiokafka.errors import (
    KafkaConnectionError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    OutOfOrderSequenceNumber,
)


@dataclass(frozen=True, slots=True)
class Input:
    """A message of the topic that is read."""

    kind: str
    key: bytes
    value: bytes | None
    event_id: str


@dataclass(frozen=True, slots=True)
class Written:
    """A record that the broker has; `by` is the process that sent it."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    by: int


@dataclass(slots=True)
class Group:
    """A consumer group of one topic. A commit of another generation than the newest is refused."""

    committed: dict[int, int]
    owners: dict[int, int] = field(default_factory=dict)
    generation: int = 0

    def rebalance(self, owners: dict[int, int]) -> None:
        self.owners = owners
        self.generation += 1

    def commit(self, member: int, generation: int, offsets: dict[int, int]) -> bool:
        if generation != self.generation or any(self.owners.get(each) != member for each in offsets):
            return False
        self.committed.update(offsets)
        return True


class Broker:
    """What outlives every worker."""

    def __init__(self, partitions: int) -> None:
        self.inputs: list[list[Input]] = [[] for _ in range(partitions)]
        self.written: list[Written] = []
        self.group = Group(dict.fromkeys(range(partitions), 0))
        self.away = False
        self.processes = 0


class Task:
    """Of aiokafka's sender, what says that it is dead."""

    def __init__(self) -> None:
        self.dead = False

    def done(self) -> bool:
        return self.dead


class Producer:
    """In place of an AIOKafkaProducer: what is sent waits until the model lets the broker take it, in order."""

    def __init__(self, broker: Broker, too_large: frozenset[bytes], process: int) -> None:
        self._process = process
        self._broker, self._too_large = broker, too_large
        self._waiting: deque[tuple[Written, asyncio.Future[None]]] = deque()
        self._sender = self
        self.sender_task = Task()
        self.refused = False

    async def send(
        self,
        topic: str,
        *,
        key: bytes | None,
        value: bytes | None,
        partition: None,
        headers: Sequence[tuple[str, bytes]],
    ) -> "asyncio.Future[None]":
        if self.sender_task.dead:
            raise KafkaTimeoutError
        if key in self._too_large and topic == "fingerprints":
            raise MessageSizeTooLargeError
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.refused:
            future.set_exception(OutOfOrderSequenceNumber())
            return future
        self._waiting.append((Written(topic, key, value, tuple(headers), self._process), future))
        return future

    async def stop(self) -> None:
        self.fail(len(self._waiting))

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def take(self, count: int, *, acknowledge: bool) -> None:
        """The broker writes the next so many; without an acknowledgement the client's time runs out."""
        for _ in range(min(count, len(self._waiting))):
            record, future = self._waiting.popleft()
            self._broker.written.append(record)
            if future.done():
                continue
            if acknowledge:
                future.set_result(None)
            else:
                future.set_exception(KafkaTimeoutError())

    def fail(self, count: int) -> None:
        """The next so many are never written."""
        for _ in range(min(count, len(self._waiting))):
            _, future = self._waiting.popleft()
            if not future.done():
                future.set_exception(KafkaConnectionError())

    def refuse(self, *, dies: bool) -> None:
        """The broker refuses its numbers from now on; of that aiokafka's sender dies, or it does not."""
        self.refused, self.sender_task.dead = True, dies
        for _, future in self._waiting:
            if not future.done():
                future.set_exception(OutOfOrderSequenceNumber())
        self._waiting.clear()

    def bury(self) -> None:
        """The process is gone: what it waits for never comes."""
        self._waiting.clear()
