"""Batches off a Faust stream: in order, bounded, acknowledged when the next is asked for and never before."""

import asyncio
from collections.abc import AsyncGenerator
from time import monotonic
from types import SimpleNamespace
from typing import Any

import faust
from faust.types import TP
from faust.types.tuples import ConsumerMessage
from mode.utils.queues import FlowControlEvent, ThrowableQueue

from streams.worker.message_batches import batches

PLACE = TP("listings", 0)
GENERATION = 7


class Consumer:
    """Of Faust's what tracks messages and takes acknowledgements."""

    def __init__(self) -> None:
        self.tracked: list[int] = []
        self.acked: list[int] = []

    def track_message(self, message: ConsumerMessage) -> None:
        self.tracked.append(message.offset)

    def ack(self, message: ConsumerMessage) -> None:
        self.acked.append(message.offset)


class Feed:
    """A stream over Faust's own queue and messages."""

    def __init__(self) -> None:
        self.flow = FlowControlEvent(initially_suspended=False)
        self.queue: Any = ThrowableQueue(flow_control=self.flow, clear_on_resume=True)
        self.consumer = Consumer()
        self.app = SimpleNamespace(
            consumer=self.consumer,
            flow_control=self.flow,
            consumer_generation_id=GENERATION,
            monitor=SimpleNamespace(stream_inbound_time={}),
        )
        self.channel = self
        self.should_stop = False

    def __aiter__(self) -> "Feed":
        return self

    async def __anext__(self) -> Any:
        return await self.queue.get()

    def put(self, *offsets: int, generation: int = GENERATION) -> None:
        for offset in offsets:
            message = ConsumerMessage("listings", 0, offset, 1.0, 0, None, b"k", b"v", None, 1, 1, PLACE,
                                      generation_id=generation)  # fmt: skip
            message.incref()
            self.queue.put_nowait(faust.Event(self.app, b"k", b"v", None, message))

    def batches(self, most: int = 3, within: float = 0.0) -> AsyncGenerator[list[Any], None]:
        return batches(self, most, within)


async def offsets(given: AsyncGenerator[list[Any], None]) -> list[int]:
    return [message.offset for message in await asyncio.wait_for(anext(given), 5)]


async def test_what_is_there_comes_in_order_and_no_more_than_asked_for() -> None:
    feed = Feed()
    feed.put(*range(7))
    given = feed.batches()
    assert [await offsets(given) for _ in range(3)] == [[0, 1, 2], [3, 4, 5], [6]]


async def test_a_batch_is_acknowledged_when_the_next_is_asked_for() -> None:
    feed = Feed()
    feed.put(*range(4))
    given = feed.batches()
    await offsets(given)
    assert (feed.consumer.tracked, feed.consumer.acked) == ([0, 1, 2], [])
    await offsets(given)
    assert (feed.consumer.tracked, feed.consumer.acked) == ([0, 1, 2, 3], [0, 1, 2])
    # Thrown away in the middle, as by a body that raises: not acknowledged.
    await given.aclose()
    assert feed.consumer.acked == [0, 1, 2]


async def test_others_are_waited_for_once() -> None:
    feed = Feed()
    asyncio.get_running_loop().call_later(0.02, feed.put, 0)
    asyncio.get_running_loop().call_later(0.05, feed.put, 1)
    assert await offsets(feed.batches(within=0.5)) == [0, 1]


async def test_a_full_batch_waits_for_nothing() -> None:
    feed = Feed()
    feed.put(*range(3))
    assert await offsets(feed.batches(within=3600.0)) == [0, 1, 2]


async def test_what_was_fetched_before_a_rebalance_is_left_out_unacknowledged() -> None:
    feed = Feed()
    feed.put(0, 1, generation=GENERATION - 1)
    feed.put(2)
    given = feed.batches()
    assert await offsets(given) == [2]
    feed.put(3, 4, 5, generation=GENERATION - 1)
    feed.put(6)
    assert await offsets(given) == [6]
    assert (feed.consumer.tracked, feed.consumer.acked) == ([2, 6], [2])


async def test_a_rebalance_while_others_are_waited_for_throws_the_batch_away() -> None:
    feed = Feed()
    feed.put(0)

    def rebalanced() -> None:
        feed.flow.suspend()
        feed.flow.clear()
        feed.app.consumer_generation_id = GENERATION + 1
        feed.flow.resume()
        feed.put(0, generation=GENERATION + 1)

    asyncio.get_running_loop().call_later(0.02, rebalanced)
    given = feed.batches(within=0.2)
    [message] = await asyncio.wait_for(anext(given), 5)
    assert (message.offset, message.generation_id) == (0, GENERATION + 1)
    assert feed.consumer.tracked == [0]


async def test_cancelling_the_stream_ends_it_and_acknowledges_nothing_more() -> None:
    waiting = Feed()
    ended = asyncio.create_task(_all(waiting.batches()))
    await asyncio.sleep(0)
    waiting.queue._throw(StopAsyncIteration())
    assert await asyncio.wait_for(ended, 5) == []
    gathering = Feed()
    gathering.put(0, 1)
    gathering.queue._throw(StopAsyncIteration())
    assert await asyncio.wait_for(_all(gathering.batches()), 5) == []
    assert gathering.consumer.acked == []


async def test_a_stream_that_stops_gives_no_further_batch() -> None:
    feed = Feed()
    feed.put(*range(6))
    given = feed.batches()
    await offsets(given)
    feed.should_stop = True
    assert [batch async for batch in given] == []
    # The batch that was in hand is done.
    assert feed.consumer.acked == [0, 1, 2]


async def test_fausts_watch_hears_of_each_partition() -> None:
    feed = Feed()
    feed.put(0)
    await offsets(feed.batches())
    assert set(feed.app.monitor.stream_inbound_time) == {PLACE}


async def _all(given: AsyncGenerator[list[Any], None]) -> list[Any]:
    return [batch async for batch in given]


async def test_a_message_that_is_tracked_already_is_not_tracked_again() -> None:
    feed = Feed()
    feed.put(0)
    event = feed.queue.get_nowait()
    given = feed.batches(most=1)
    for _ in range(2):  # as when two agents read one topic
        feed.queue.put_nowait(event)
        assert await offsets(given) == [0]
    assert feed.consumer.tracked == [0]


async def test_faust_hears_when_a_partition_s_messages_came_in() -> None:
    feed = Feed()
    feed.put(0)
    before = monotonic()
    assert await offsets(feed.batches()) == [0]
    assert before <= feed.app.monitor.stream_inbound_time[PLACE] <= monotonic()


async def test_one_less_than_a_full_batch_waits_for_the_last() -> None:
    feed = Feed()
    feed.put(0, 1)
    given = feed.batches(most=3, within=0.5)
    asyncio.get_running_loop().call_later(0.05, feed.put, 2)
    assert await offsets(given) == [0, 1, 2]
