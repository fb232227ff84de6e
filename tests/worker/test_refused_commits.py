"""Messages whose commit was refused come again after the rebalance, and are committed then: on Faust's own consumer."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from faust.transport.drivers.aiokafka import Consumer
from faust.types import TP
from intervaltree import IntervalTree

from streams.worker.refused_commits import RefusedCommits

PLACE = TP("listings", 0)


@dataclass(eq=False)
class Taken:
    """A message that an agent has handled."""

    offset: int
    acked: bool = False
    tp: TP = PLACE
    topic: str = PLACE.topic


class Kafka(Consumer):  # type: ignore[misc]
    """Faust's part, with a broker that says what it is told to; only what commits is set up."""

    def __init__(self) -> None:
        async def flush() -> None:
            """Nothing is under way."""

        self.app = SimpleNamespace(
            topics=SimpleNamespace(acks_enabled_for=lambda _: True),
            producer=SimpleNamespace(flush=flush),
            tables=SimpleNamespace(on_commit=lambda _: None),
            monitor=SimpleNamespace(on_tp_commit=lambda _: None),
        )
        self.log = SimpleNamespace(dev=lambda *_: None)
        self.in_transaction = False
        self._acked, self._acked_index = defaultdict(list), defaultdict(set)
        self._committed_offset = defaultdict(lambda: None)
        self._gap = defaultdict(IntervalTree)
        self._unacked_messages: Any = set()
        self._waiting_for_ack = None
        self.committed: dict[TP, int] = {}
        self.takes: Callable[[], bool] = lambda: True

    def assignment(self) -> set[TP]:
        return {PLACE}

    async def _handle_attached(self, _: Any) -> None:
        """Nothing is attached."""

    async def _commit(self, offsets: Any) -> bool:
        await asyncio.sleep(0)
        if taken := self.takes():
            self.committed.update(offsets)
        return taken

    def rebalance(self) -> None:
        """As Faust does of what is revoked and comes back, with nothing committed."""
        for state in (self._acked, self._acked_index, self._committed_offset):
            state.pop(PLACE, None)

    async def handle(self, *offsets: int) -> bool:
        for offset in offsets:
            message = Taken(offset)
            self._unacked_messages.add(message)
            self.ack(message)
        return bool(await self._commit_tps([PLACE], start_new_transaction=True))


class Ours(RefusedCommits, Kafka):
    """What a worker has."""


@pytest.mark.parametrize(("kind", "mended"), [(Ours, True), (Kafka, False)])
async def test_what_was_refused_while_the_group_was_rebalanced_is_committed_when_it_comes_again(
    kind: type[Kafka], mended: bool
) -> None:
    consumer = kind()

    def refuses() -> bool:
        consumer.rebalance()
        return False

    consumer.takes = refuses
    assert not await consumer.handle(*range(11))
    consumer.takes = lambda: True
    # Faust alone passes it over: when this fails, Faust has been mended, and this class is needed no more.
    assert await consumer.handle(*range(11)) is mended
    assert consumer.committed == ({PLACE: 11} if mended else {})


async def test_what_was_read_from_kafka_in_between_stands() -> None:
    consumer = Ours()

    def refuses() -> bool:
        consumer.rebalance()
        consumer._committed_offset[PLACE] = 5
        return False

    consumer.takes = refuses
    assert not await consumer.handle(*range(11))
    assert consumer._committed_offset[PLACE] == 5
    consumer.takes = lambda: True
    assert await consumer.handle(*range(5, 11))
    assert consumer.committed == {PLACE: 11}


async def test_what_kafka_takes_is_noted_once() -> None:
    consumer = Ours()
    assert await consumer.handle(0, 1, 2)
    assert consumer._committed_offset[PLACE] == 3
    consumer.takes = lambda: False
    assert not await consumer.handle(3)
    assert consumer._committed_offset[PLACE] == 3
    # What was refused once is not put back by a later commit.
    consumer.takes = lambda: True
    assert await consumer.handle(4)
    assert consumer._committed_offset[PLACE] == 5
