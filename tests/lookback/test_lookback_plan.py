"""The protocol between live matching and looking back: whatever happens in which order, no pair is missed."""

from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from streams.lookback.plan import LookbackPlan, from_seq_of

SETTLE = 10.0


def noted(*ids: str, settle: float = SETTLE) -> LookbackPlan:
    plan = LookbackPlan(settle)
    for offset, one in enumerate(ids):
        plan.note(one, 0, offset, withdrawn=False, arrived_at=0.0, now=0.0)
    return plan


def test_first_at_once_then_closing_when_settled() -> None:
    plan = noted("a", "b")
    phase, wanted = plan.next(0.0, 10)
    assert (phase, [one.takedown_id for one in wanted], from_seq_of(wanted)) == ("first", ["a", "b"], 0)
    plan.looked(wanted, began=0.0, up_to_seq=7)
    assert plan.next(SETTLE - 0.1, 10) is None
    assert plan.commits() == {0: 0}
    phase, wanted = plan.next(SETTLE, 10)
    assert (phase, from_seq_of(wanted)) == ("closing", 7)
    plan.looked(wanted, began=SETTLE, up_to_seq=9)
    assert plan.commits() == {0: 2}
    assert plan.next(99.0, 10) is None


def test_a_first_pass_that_began_after_settling_is_the_last() -> None:
    plan = noted("a")
    phase, wanted = plan.next(SETTLE + 1, 10)
    plan.looked(wanted, began=SETTLE + 1, up_to_seq=7)
    assert (phase, len(plan), plan.commits()) == ("first", 0, {0: 1})


def test_what_is_committed_is_all_that_is_done_before_it() -> None:
    plan = noted("a", "b", "c")
    a, b, c = plan.next(50.0, 10)[1]
    plan.looked([c, a], began=50.0, up_to_seq=1)
    assert plan.commits() == {0: 1}
    plan.looked([b], began=50.0, up_to_seq=1)
    assert plan.commits() == {0: 3}


def test_a_newer_record_begins_anew_and_a_tombstone_ends_it() -> None:
    plan = noted("a", "b")
    _, wanted = plan.next(0.0, 10)
    plan.note("a", 0, 2, withdrawn=False, arrived_at=0.0, now=5.0)
    plan.note("b", 0, 3, withdrawn=True, arrived_at=0.0, now=5.0)
    plan.looked(wanted, began=0.0, up_to_seq=7)
    assert plan.commits() == {0: 2}, "what the pass was for is replaced"
    phase, again = plan.next(6.0, 10)
    assert (phase, [(one.takedown_id, one.offset) for one in again]) == ("first", [("a", 2)])


@dataclass
class Topics:
    """What the broker holds: listings' fingerprints and takedowns, each with when it came."""

    listings: list[int] = field(default_factory=list)
    takedowns: list[tuple[str, float, bool]] = field(default_factory=list)
    committed: int = 0
    alerted: set[tuple[int, str]] = field(default_factory=set)


class Interleavings(RuleBasedStateMachine):
    """Workers that know a takedown within `SETTLE` of its arrival, and a look back that crashes. Every listing
    resembles every takedown that is in force when all is over."""

    commit_early = False
    """What the test must find out."""
    one_pass = False

    @initialize()
    def begin(self) -> None:
        self.topics = Topics()
        self.now = 0.0
        self.matched = 0
        self.known = 0
        self.start()

    def start(self) -> None:
        """A new process: the store has some of the listings, which a restart keeps."""
        self.plan = LookbackPlan(0.0 if self.one_pass else SETTLE)
        self.read = self.topics.committed
        self.stored: list[int] = []
        self.passing = None

    @rule()
    def a_listing_comes(self) -> None:
        self.topics.listings.append(len(self.topics.listings))

    @rule(number=st.integers(0, 3), withdrawn=st.booleans())
    def a_takedown_comes(self, number: int, withdrawn: bool) -> None:
        self.topics.takedowns.append((f"t{number}", self.now, withdrawn and number == 0))

    @rule(seconds=st.sampled_from([0.5, 3.0, SETTLE]))
    def time_passes(self, seconds: float) -> None:
        # Before a takedown is `SETTLE` old, the worker has it, or it matches nothing meanwhile.
        self.now += seconds
        while (
            self.known < len(self.topics.takedowns)
            and self.topics.takedowns[self.known][1] + SETTLE <= self.now
        ):
            self.known += 1

    @rule()
    def the_worker_reads_a_takedown(self) -> None:
        self.known = min(self.known + 1, len(self.topics.takedowns))

    @rule()
    def the_worker_matches_listings(self) -> None:
        while self.matched < len(self.topics.listings):
            self.topics.alerted |= {
                (self.topics.listings[self.matched], one) for one in self.in_force(self.known)
            }
            self.matched += 1

    @rule(most=st.integers(1, 4))
    def the_look_back_reads_takedowns(self, most: int) -> None:
        while self.read < len(self.topics.takedowns) and most:
            most -= 1
            name, at, withdrawn = self.topics.takedowns[self.read]
            self.plan.note(name, 0, self.read, withdrawn=withdrawn, arrived_at=at, now=self.now)
            self.read += 1
            if self.commit_early:
                self.topics.committed = self.read

    @precondition(lambda self: self.passing is None)
    @rule(most=st.integers(1, 3))
    def a_pass_begins(self, most: int) -> None:
        chosen = self.plan.next(self.now, most)
        if chosen is not None:
            self.stored = list(self.topics.listings)
            self.passing = (chosen[1], self.now, len(self.stored))

    @precondition(lambda self: self.passing is not None)
    @rule()
    def a_pass_ends(self) -> None:
        wanted, began, up_to = self.passing
        found = self.stored[from_seq_of(wanted) : up_to]
        in_force = self.in_force(self.read)
        self.topics.alerted |= {
            (one, w.takedown_id) for one in found for w in wanted if w.takedown_id in in_force
        }
        self.plan.looked(wanted, began=began, up_to_seq=up_to)
        self.passing = None
        self.the_look_back_commits()

    @rule()
    def the_look_back_commits(self) -> None:
        if not self.commit_early:
            self.topics.committed = self.plan.commits().get(0, self.topics.committed)

    @rule()
    def the_look_back_crashes(self) -> None:
        self.start()

    def in_force(self, up_to: int) -> set[str]:
        force: set[str] = set()
        for name, _, withdrawn in self.topics.takedowns[:up_to]:
            (force.discard if withdrawn else force.add)(name)
        return force

    @invariant()
    def nothing_is_committed_that_was_not_read(self) -> None:
        if hasattr(self, "topics"):
            assert self.topics.committed <= len(self.topics.takedowns)

    def teardown(self) -> None:
        """All comes to rest: everybody reads on, and no pair is missing."""
        if not hasattr(self, "topics"):
            return
        if self.passing is not None:
            self.a_pass_ends()
        self.the_look_back_reads_takedowns(len(self.topics.takedowns))
        for _ in range(3):
            self.time_passes(SETTLE)
            while self.plan.next(self.now, 2) is not None:
                self.a_pass_begins(2)
                self.a_pass_ends()
        self.the_worker_matches_listings()
        self.the_look_back_commits()
        pairs = {
            (one, name) for one in self.topics.listings for name in self.in_force(len(self.topics.takedowns))
        }
        assert pairs <= self.topics.alerted
        assert self.topics.committed == len(self.topics.takedowns)


Interleavings.TestCase.settings = settings(
    max_examples=400, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
test_no_pair_is_missed = Interleavings.TestCase


class CommitsEarly(Interleavings):
    commit_early = True


class LooksOnce(Interleavings):
    one_pass = True


@pytest.mark.parametrize("wrong", [CommitsEarly, LooksOnce])
def test_the_model_notices_a_protocol_that_loses(wrong: type[Interleavings]) -> None:
    with pytest.raises(AssertionError):
        run_state_machine_as_test(
            wrong,
            settings=settings(
                Interleavings.TestCase.settings,
                max_examples=2000,
                database=None,
                print_blob=False,
                phases=[Phase.generate],
            ),
        )


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=30), st.data())
def test_commits_never_go_back(records, data) -> None:
    plan, now, last = LookbackPlan(SETTLE), 0.0, 0
    for offset, (name, withdrawn) in enumerate(records):
        plan.note(name, 0, offset, withdrawn=withdrawn, arrived_at=now, now=now)
        now += data.draw(st.floats(0, 6))
        chosen = plan.next(now, 2)
        if chosen and data.draw(st.booleans()):
            plan.looked(chosen[1], began=now, up_to_seq=1)
        assert last <= plan.commits()[0] <= offset + 1
        last = plan.commits()[0]
