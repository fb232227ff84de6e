"""The delivery promise, whatever happens in which order; and the same machine finds out whoever breaks it."""

import asyncio
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
import structlog
from delivery_machine import DeliveryMachine
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from model_worker import Died, ExplodingStage, ModelOutbox, Worker

from streams.kafka_clients.outbox import Outgoing, TooLargeError
from streams.stages import stage as stage_module

BUDGET = settings(
    max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(autouse=True)
def an_end_that_can_be_seen(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process does not end, the model's worker does; and what workers log of their bad days is not written."""

    def end(_: int) -> NoReturn:
        raise Died

    monkeypatch.setattr(stage_module, "os", SimpleNamespace(_exit=end))
    structlog.configure(processors=[dropped])
    yield
    structlog.reset_defaults()


def dropped(*_: Any) -> NoReturn:
    raise structlog.DropEvent


DeliveryMachine.TestCase.settings = BUDGET
test_nothing_is_lost_and_nothing_overtakes = DeliveryMachine.TestCase


class CommitsBeforeTheAcknowledgement(Worker):
    """Takes a batch for done while its records are on their way."""

    async def body(self, batch: Any) -> None:
        self.buried.append(asyncio.ensure_future(self.stage.handle(batch)))
        await asyncio.sleep(0)


class GivesUpSending(ModelOutbox):
    """Sends once; what failed is forgotten."""

    async def deliver(self, records: Sequence[Outgoing]) -> None:
        await self._send(records)


class SendsAgainWhatFailedAlone(ModelOutbox):
    """What came after it for the same key has overtaken it."""

    async def deliver(self, records: Sequence[Outgoing]) -> None:
        left = list(records)
        while left:
            failed = await self._send(left)
            left = [record for record in left if record in failed]
            if left:
                await asyncio.sleep(1)
                await self._replace_refused()


class KeepsADeadProducer(ModelOutbox):
    """Asks it again and again."""

    async def _replace_refused(self) -> None:
        return


class DropsWhatExplodes(ExplodingStage):
    """Commits past a message that failed."""

    async def _process_guarded(self, messages: Any) -> list[Outgoing]:
        try:
            return await self.process(messages)
        except RuntimeError:
            return []


class DropsWhatIsTooLarge(ExplodingStage):
    """Without a dead letter."""

    async def _deliver(self, messages: Any, outgoing: list[Outgoing]) -> list[Outgoing]:
        while True:
            try:
                await self.outbox.deliver(outgoing)
                return outgoing
            except TooLargeError as error:
                outgoing = [record for record in outgoing if record is not error.outgoing]


class DropsWhatIsTorn(ExplodingStage):
    """Without a dead letter."""

    async def process(self, messages: Any) -> Any:
        return [record for record in await super().process(messages) if record.topic.name == "fingerprints"]


class ReturnsWhenItIsEnded(ExplodingStage):
    """Faust commits a batch whose body ends, however it ends."""

    async def handle(self, messages: Any) -> None:
        try:
            outgoing = await self._process_guarded(messages)
            await self._deliver(messages, outgoing)
        except asyncio.CancelledError:
            return


class DropsOnRebalance(Worker):
    """What it had fetched counts as done when its partitions are taken."""

    def revoked(self) -> None:
        for message in self.queue:
            message.ack(self._acks)
        self.commit()
        super().revoked()


class CommitsForAGenerationThatIsOver(Worker):
    """And with what it fetched, not with what it handled."""

    def commit(self) -> None:
        mine = {partition: self.positions[partition] for partition in self.partitions}
        self._broker.group.commit(self.number, self._broker.group.generation, mine)


def of(
    *, outbox: type[ModelOutbox] = ModelOutbox, stage: type[ExplodingStage] = ExplodingStage
) -> type[Worker]:
    """A worker with one part of it replaced."""
    return type("Mutant", (Worker,), {"outbox_type": outbox, "stage_type": stage})


MUTANTS = {
    "commits before the acknowledgement": CommitsBeforeTheAcknowledgement,
    "gives up sending": of(outbox=GivesUpSending),
    "sends again what failed alone": of(outbox=SendsAgainWhatFailedAlone),
    "keeps a dead producer": of(outbox=KeepsADeadProducer),
    "drops what explodes": of(stage=DropsWhatExplodes),
    "drops what is too large": of(stage=DropsWhatIsTooLarge),
    "drops what is torn": of(stage=DropsWhatIsTorn),
    "returns when it is ended": of(stage=ReturnsWhenItIsEnded),
    "drops on a rebalance": DropsOnRebalance,
    "commits what it fetched": CommitsForAGenerationThatIsOver,
}


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_the_machine_finds_out_who_breaks_the_promise(name: str) -> None:
    machine = type("Broken", (DeliveryMachine,), {"worker_type": MUTANTS[name]})
    with pytest.raises(AssertionError):
        run_state_machine_as_test(
            machine, settings=settings(BUDGET, database=None, print_blob=False, phases=[Phase.generate])
        )
