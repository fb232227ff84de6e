"""The delivery protocol as a state machine: two workers, a group of two partitions, and everything that may happen to
them in whatever order. What is checked is docs/delivery.md; what is driven is the product's code (model_worker)."""

from typing import Any

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from listing_records import START
from model_broker import Broker, Input
from model_worker import EXPLODES, Loop, Worker

from connectors.events import DeadLetter, EventType, ListingEvent

PARTITIONS = 2
KINDS = ["ok", "ok", "ok", "ok", "poison", "empty", "explodes", "large", "removed"]
"""Ordinary listings of a partition are versions of one; what cannot be handled has keys of its own."""
WORKERS = st.integers(0, 1)
ANSWERS = st.lists(st.sampled_from(["written", "written", "unsaid", "lost"]), min_size=1, max_size=4)


class DeliveryMachine(RuleBasedStateMachine):
    """Every message is handled by the product's stage, sent by its outbox, committed by Faust's reckoning."""

    worker_type: type[Worker] = Worker

    @initialize(batch=st.integers(1, 4))
    def begin(self, batch: int) -> None:
        self.batch = batch
        self.broker = Broker(PARTITIONS)
        self.loop = Loop()
        self.gone: list[Any] = []
        """What ended processes had under way; kept, so that nothing of it runs."""
        self.too_large = frozenset(f"m:large{n}".encode() for n in range(PARTITIONS))
        self.read = 0
        self.made: dict[str, tuple[bytes | None, bytes | None]] = {}
        self.letters: dict[tuple[int, int], bytes | None] = {}
        self.workers: list[Worker | None] = [None, None]
        for number in (0, 1):
            self.workers[number] = self.started(number)
        self.rebalanced([0, 1])

    def started(self, number: int) -> Worker:
        return self.worker_type(number, self.broker, self.loop, self.too_large, self.batch)

    def settle(self) -> None:
        self.loop.settle()
        for number, worker in enumerate(self.workers):
            if worker is not None and worker.dead:
                self.gone.append(worker)
                self.workers[number] = None

    @rule(
        kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=3),
        partition=st.integers(0, PARTITIONS - 1),
    )
    def messages_come(self, kinds: list[str], partition: int) -> None:
        for kind in kinds:
            self.message(kind, partition)

    def message(self, kind: str, partition: int) -> None:
        log = self.broker.inputs[partition]
        event_id = f"e{partition}-{len(log)}"
        name = f"p{partition}" if kind in {"ok", "removed"} else f"{kind}{partition}"
        event = ListingEvent(
            event_id=event_id,
            type=EventType.REMOVED if kind == "removed" else EventType.CREATED,
            marketplace="m",
            listing_id=name,
            title=EXPLODES if kind == "explodes" else f"jaket varsity {event_id}",
            observed_at=START,
        )
        value = {"poison": b"{torn", "empty": None}.get(kind, msgspec.json.encode(event))
        log.append(Input(kind, event.key.encode(), value, event_id))

    @rule(number=WORKERS, most=st.integers(0, 3), takes=st.booleans())
    def a_worker_goes_on(self, number: int, most: int, takes: bool) -> None:
        if (worker := self.workers[number]) is not None:
            worker.fetch(0 if self.broker.away else most)
            if takes:
                worker.take()
                self.settle()

    @rule(number=WORKERS)
    def a_worker_commits(self, number: int) -> None:
        if (worker := self.workers[number]) is not None and not self.broker.away:
            worker.commit()

    @rule(
        kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=4),
        partition=st.integers(0, PARTITIONS - 1),
    )
    def messages_come_and_are_begun(self, kinds: list[str], partition: int) -> None:
        """The ordinary way, so that much of what else happens falls into the middle of a batch."""
        for kind in kinds:
            self.message(kind, partition)
        for number in (0, 1):
            self.a_worker_goes_on(number, len(kinds), True)

    @rule(
        kinds=st.lists(st.sampled_from(KINDS), min_size=2, max_size=4),
        partition=st.integers(0, PARTITIONS - 1),
        answers=ANSWERS,
        then=st.one_of(st.just(()), ANSWERS.map(tuple)),
    )
    def a_batch_is_begun_and_answered(
        self, kinds: list[str], partition: int, answers: list[str], then: tuple[str, ...]
    ) -> None:
        """Some steps at once, or most examples would end before they came to the middle of anything."""
        self.messages_come_and_are_begun(kinds, partition)
        for number in (0, 1):
            self.the_broker_answers(number, answers)
        if then:
            self.time_passes(1.0)
            for number in (0, 1):
                self.the_broker_answers(number, list(then))

    @precondition(lambda self: self.anyone_busy())
    @rule(number=WORKERS, answers=ANSWERS)
    def the_broker_answers(self, number: int, answers: list[str]) -> None:
        """One record after another is written and acknowledged, is written and the acknowledgement is lost, or runs
        out of time."""
        if (worker := self.workers[number]) is None:
            return
        producer = worker.producer
        for answer in answers:
            if self.broker.away or answer == "lost":
                producer.fail(1)
            else:
                producer.take(1, acknowledge=answer == "written")
        self.settle()

    @rule(number=WORKERS, dies=st.booleans())
    def a_producers_numbers_are_refused(self, number: int, dies: bool) -> None:
        if (worker := self.workers[number]) is not None:
            worker.producer.refuse(dies=dies)
            self.settle()

    @rule(away=st.sampled_from([True, False, False]))
    def the_broker_goes_or_comes(self, away: bool) -> None:
        self.broker.away = away

    @rule(seconds=st.sampled_from([0.2, 1.0, 5.0]))
    def time_passes(self, seconds: float) -> None:
        self.loop.now += seconds
        self.settle()

    @rule(number=WORKERS, on_their_way=st.integers(0, 2))
    def a_worker_is_killed(self, number: int, on_their_way: int) -> None:
        if (worker := self.workers[number]) is not None:
            worker.producer.take(0 if self.broker.away else on_their_way, acknowledge=False)
            # Not settled: whoever is dead does not hear of it.
            worker.abandon()
            self.gone.append(worker)
            self.workers[number] = None

    def anyone_busy(self) -> bool:
        """Whether a batch is in anyone's hand."""
        return any(worker is not None and worker.busy() for worker in self.workers)

    @precondition(lambda self: self.anyone_busy())
    @rule()
    def workers_are_ended_in_the_middle(self) -> None:
        for worker in self.workers:
            if worker is not None and worker.hand is not None and worker.busy():
                worker.hand.cancel()
        self.settle()

    @precondition(lambda self: None in self.workers)
    @rule()
    def workers_are_started(self) -> None:
        for number, worker in enumerate(self.workers):
            self.workers[number] = worker or self.started(number)

    @precondition(lambda self: not self.broker.away)
    @rule(owners=st.lists(WORKERS, min_size=PARTITIONS, max_size=PARTITIONS))
    def the_group_rebalances(self, owners: list[int]) -> None:
        self.rebalanced(owners)

    def rebalanced(self, owners: list[int]) -> None:
        """Everyone is told, gives all up, and those who have nothing in hand get their share. Whoever has is left out:
        the group does not wait for ever."""
        for worker in self.workers:
            if worker is not None:
                worker.revoked()
        members = [worker for worker in self.workers if worker is not None and not worker.busy()]
        by_number = {worker.number: worker for worker in members}
        got = {
            partition: owner if owner in by_number else members[0].number
            for partition, owner in enumerate(owners)
            if members
        }
        self.broker.group.rebalance(got)
        for worker in members:
            mine = {partition for partition, owner in got.items() if owner == worker.number}
            worker.assigned(mine, self.broker.group.generation)

    @precondition(lambda self: not self.broker.away)
    @rule(number=WORKERS)
    def the_group_forgets_a_worker_that_does_not_hear_of_it(self, number: int) -> None:
        """As with one that was stopped past its session: it goes on with what it takes for its own."""
        other = self.workers[1 - number]
        if other is None or other.busy():
            return
        other.revoked()
        self.broker.group.rebalance(dict.fromkeys(range(PARTITIONS), other.number))
        other.assigned(set(range(PARTITIONS)), self.broker.group.generation)

    @invariant()
    def what_is_committed_has_come_out(self) -> None:
        if not hasattr(self, "broker"):
            return
        self.look_at_outputs()
        for partition, committed in self.broker.group.committed.items():
            for offset, one in enumerate(self.broker.inputs[partition][:committed]):
                out = one.event_id in self.made or (partition, offset) in self.letters
                assert out or one.kind == "removed", f"{one.kind} {one.event_id} is committed, and lost"

    def look_at_outputs(self) -> None:
        """Whatever comes again is the same."""
        for record in self.broker.written[self.read :]:
            headers = dict(record.headers)
            if record.topic == "fingerprints":
                event_id = headers["ce_id"].decode()
                same = (record.key, record.value)
                assert self.made.setdefault(event_id, same) == same, "a duplicate is not what came first"
            else:
                letter = msgspec.json.decode(record.value or b"", type=DeadLetter)
                place = (letter.partition, letter.offset)
                assert self.broker.inputs[letter.partition][letter.offset].value == letter.value
                assert self.letters.setdefault(place, letter.key) == letter.key
        self.read = len(self.broker.written)

    @invariant()
    def a_batch_that_is_done_has_come_out_in_order(self) -> None:
        for worker in getattr(self, "workers", ()):
            if worker is None:
                continue
            for batch in worker.finished:
                newest: dict[bytes, str] = {}
                for partition, offset in batch:
                    one = self.broker.inputs[partition][offset]
                    if one.kind == "ok":
                        newest[one.key] = one.event_id
                last = {
                    record.key: dict(record.headers)["ce_id"].decode()
                    for record in self.broker.written
                    if record.by == worker.outbox.process and record.topic == "fingerprints"
                }
                for key, event_id in newest.items():
                    assert key in last, "a batch is done, and nothing of it came out"
                    assert last[key] == event_id, "an older version of a listing came last"
            worker.finished.clear()

    def teardown(self) -> None:
        """All comes to rest: whoever died is started again, and everything has come out."""
        if not hasattr(self, "broker"):
            return
        self.broker.away = False
        try:
            self.come_to_rest()
            self.what_is_committed_has_come_out()
            ends = {partition: len(log) for partition, log in enumerate(self.broker.inputs)}
            assert self.broker.group.committed == ends, "what came in is not finished"
        finally:
            self.end()

    def come_to_rest(self) -> None:
        for turn in range(200):
            for number, worker in enumerate(self.workers):
                self.workers[number] = worker or self.started(number)
            if turn % 10 == 0:
                self.rebalanced([0, 1])
            for worker in self.workers:
                assert worker is not None
                worker.fetch(3)
                worker.take()
            self.settle()
            for worker in self.workers:
                if worker is not None:
                    worker.producer.take(worker.producer.waiting, acknowledge=True)
            self.time_passes(5.0)
            self.a_batch_that_is_done_has_come_out_in_order()
            for number in (0, 1):
                self.a_worker_commits(number)
            if all(
                self.broker.group.committed[partition] == len(log)
                for partition, log in enumerate(self.broker.inputs)
            ) and not any(worker.busy() for worker in self.workers if worker is not None):
                return

    def end(self) -> None:
        for worker in [*self.gone, *self.workers]:
            if worker is not None:
                worker.abandon()
        self.loop.close()
