"""A worker that is told to end gives its agents all the time that they need, and a Kafka that is away ten seconds."""

import asyncio
from dataclasses import dataclass

from structlog.testing import capture_logs

from streams.worker.patient_end import PatientEnd


@dataclass(eq=False)
class Taken:
    acked: bool = False


class Waits:
    """Faust's part: waits until it is let go."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.outcome = "waits"

    async def wait_empty(self) -> None:
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.outcome = "cancelled"
            raise
        self.outcome = "committed"


class Consumer(PatientEnd, Waits):
    patience = 0.3

    def __init__(self, *in_hand: Taken) -> None:
        super().__init__()
        self._unacked_messages = set(in_hand)


async def given_up(consumer: Consumer) -> str:
    """What it says when it gives up."""
    with capture_logs() as said:
        await asyncio.wait_for(consumer.wait_empty(), 5)
    await asyncio.sleep(0)
    assert consumer.outcome == "cancelled"
    (line,) = said
    return f"{line['event'].partition(':')[0]}, {line['in_hand']} in hand"


async def test_a_commit_that_kafka_does_not_take_is_given_up() -> None:
    assert await given_up(Consumer(Taken(acked=True))) == "ending without Kafka, 0 in hand"


async def test_a_delivery_that_kafka_does_not_take_is_given_up() -> None:
    consumer = Consumer(Taken(), Taken(acked=True))
    consumer.undelivered = lambda: 0.31  # type: ignore[method-assign]
    assert await given_up(consumer) == "ending without Kafka, 1 in hand"


async def test_an_agent_that_works_is_waited_for_and_then_kafka_anew() -> None:
    message = Taken()
    consumer = Consumer(message)
    ending = asyncio.ensure_future(consumer.wait_empty())
    await asyncio.sleep(0.8)
    assert not ending.done(), "an agent is waited for beyond Kafka's patience"
    message.acked = True
    await asyncio.sleep(0.05)
    assert not ending.done(), "the commit has its own"
    consumer.go.set()
    await asyncio.wait_for(ending, 5)
    assert consumer.outcome == "committed"
