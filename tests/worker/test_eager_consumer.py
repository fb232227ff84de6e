"""Waiting for the first to finish gives what Faust's own gives, wherever the first coroutine has to wait."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from mode import Service

from streams.worker.eager_consumer import BoundedBytes, EagerConsumer, EagerWaiting


class Plain(Service):
    """Faust's way."""


class Eager(EagerWaiting, Service):
    """Ours, in front of the same."""


async def at_once(log: list[str]) -> str:
    log.append("at once")
    return "done"


async def later(log: list[str]) -> str:
    log.append("begun")
    for _ in range(3):
        await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await asyncio.sleep(0.01)
    log.append("ended")
    return "late"


async def never(log: list[str]) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        log.append("cancelled")


async def fails(log: list[str]) -> None:
    raise ValueError("at once")


async def fails_later(log: list[str]) -> None:
    await asyncio.sleep(0)
    raise ValueError("later")


async def handles_a_failure(log: list[str]) -> str:
    future = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(future.set_exception, KeyError("inside"))
    try:
        await future
    except KeyError:
        log.append("handled")
    await asyncio.sleep(0)
    return "went on"


async def outcome(kind: type[Service], first: Callable[[list[str]], Awaitable[Any]], *, stopped: bool) -> Any:
    """What came of waiting for it beside an event that never comes, and what it did."""
    service, log = kind(), []
    if stopped:
        service._stopped.set()
    coroutine = first(log)
    flow = asyncio.Event()
    if first is never:
        asyncio.get_running_loop().call_later(0.02, flow.set)
    try:
        async with asyncio.timeout(5):
            found = await service.wait_first(coroutine, flow.wait())
    except ValueError as error:
        return "raised", str(error), log
    await asyncio.sleep(0.01)
    which = [one is coroutine for one in found.done]
    return which, found.results, found.stopped, log


@pytest.mark.parametrize("first", [at_once, later, never, fails, fails_later, handles_a_failure])
async def test_it_gives_what_faust_gives(first: Callable[[list[str]], Awaitable[Any]]) -> None:
    ours, theirs = [await outcome(kind, first, stopped=False) for kind in (Eager, Plain)]
    assert ours == theirs
    assert ours != ([], [], False, [])


async def test_a_service_that_has_stopped_says_so_although_the_first_is_done() -> None:
    which, results, stopped, log = await outcome(Eager, at_once, stopped=True)
    assert (which, results, stopped, log) == ([], [], True, ["at once"])


async def test_cancelling_reaches_what_is_waited_for() -> None:
    log: list[str] = []
    service = Eager()
    waiting = asyncio.create_task(service.wait_first(never(log), asyncio.Event().wait()))
    await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.sleep(0)
    assert log == ["cancelled"]


async def test_events_are_waited_for_as_before() -> None:
    event = asyncio.Event()
    asyncio.get_running_loop().call_soon(event.set)
    assert (await Eager().wait_first(event)).done == [event]


def test_the_worker_uses_it() -> None:
    from streams.metrics.metrics import Metrics
    from streams.settings import Settings
    from streams.worker.worker import build_app

    app, _, _ = build_app(Settings(), Metrics())
    assert issubclass(app.transport.Consumer, EagerConsumer)
    assert app.transport.Consumer.buffer_bytes == Settings().worker.buffer_bytes


@dataclass(eq=False)
class Sent:
    value: bytes | None
    acked: bool = False


class Source:
    """Of Faust's consumer what hands messages on and takes acknowledgements."""

    def __init__(self) -> None:
        self.flow_active, self.should_stop = True, False
        self.agent_takes = True
        self._unacked_messages: set[Sent] = set()

    async def getmany(self, timeout: float) -> Any:  # noqa: ASYNC109
        for number in range(10):
            message = Sent(b"x" * 400)
            if self.agent_takes:
                self._unacked_messages.add(message)
            yield number, message

    def ack(self, message: Sent) -> bool:
        message.acked = True
        return True

    async def on_partitions_assigned(self, assigned: object, generation_id: int) -> None:
        self.assigned = assigned


class Bounded(BoundedBytes, Source):
    buffer_bytes = 1000


async def handed_on(consumer: Bounded, got: list[Sent]) -> None:
    async for _, message in consumer.getmany(1.0):
        got.append(message)


async def settled(got: list[Sent], count: int) -> None:
    for _ in range(500):
        if len(got) >= count:
            break
        await asyncio.sleep(0.01)
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(got) == count


async def test_no_more_bytes_are_handed_on_than_there_is_room_for() -> None:
    consumer, got = Bounded(), []
    task = asyncio.create_task(handed_on(consumer, got))
    await settled(got, 3)
    assert consumer.gate.held == 1200
    consumer.ack(got[0])
    consumer.ack(got[0])
    await settled(got, 4)
    for message in got[1:4]:
        consumer.ack(message)
    await settled(got, 7)
    # A rebalance: what waited is thrown away, and counts no more.
    consumer.agent_takes = False
    consumer._unacked_messages.clear()
    await consumer.on_partitions_assigned({1}, 2)
    await asyncio.wait_for(task, 5)
    assert len(got) == 10


async def test_a_suspended_flow_does_not_wait_for_room() -> None:
    consumer, got = Bounded(), []
    task = asyncio.create_task(handed_on(consumer, got))
    await settled(got, 3)
    consumer.flow_active = False
    await asyncio.wait_for(task, 5)
    assert len(got) == 3


async def test_what_is_never_acknowledged_does_not_hold_up_the_rest() -> None:
    consumer, got = Bounded(), []
    consumer.agent_takes = False
    await asyncio.wait_for(handed_on(consumer, got), 30)
    assert len(got) == 10


async def test_what_an_agent_has_in_hand_is_not_forgiven() -> None:
    consumer, got = Bounded(), []
    task = asyncio.create_task(handed_on(consumer, got))
    await settled(got, 3)
    consumer._forgive()
    assert consumer.gate.held == 1200
    task.cancel()
