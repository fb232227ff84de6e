"""The index of descriptions gives what comparing all of them gives, also after it was saved and read back."""

import random
from collections.abc import Sequence

import msgspec
import pytest
from description_texts import EDITS, original
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from fingerprints.description_index import OWNERS_AT_MOST, DescriptionIndex, DescriptionState
from fingerprints.description_likeness import FLOOR, HASHES, DescriptionPrint, compare
from fingerprints.description_print import description_print
from fingerprints.registry import LinearIndex

OWNERS = st.sampled_from([f"t{number}" for number in range(8)])


@st.composite
def prints(draw: st.DrawFn) -> DescriptionPrint:
    """Sketches that share much or little: of three bases, a part taken from a fourth."""
    base = random.Random(draw(st.integers(0, 2))).randbytes(HASHES)
    other = random.Random(draw(st.integers(3, 5))).randbytes(HASHES)
    cut = draw(st.integers(0, HASHES))
    return DescriptionPrint(base[:cut] + other[cut:], draw(st.integers(1, 2_000)))


class DescriptionMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.index = DescriptionIndex()
        self.linear: LinearIndex[DescriptionPrint] = LinearIndex(compare, FLOOR)

    @rule(owner=OWNERS, held=st.lists(prints(), max_size=12))
    def add(self, owner: str, held: Sequence[DescriptionPrint]) -> None:
        self.index.add(owner, held)
        self.linear.add(owner, held)

    @rule(owner=OWNERS)
    def withdraw(self, owner: str) -> None:
        self.index.withdraw(owner)
        self.linear.withdraw(owner)

    @rule()
    def save_and_load(self) -> None:
        raw = msgspec.msgpack.encode(self.index.state())
        self.index = DescriptionIndex.of_state(msgspec.msgpack.decode(raw, type=DescriptionState))

    @rule(query=prints(), limit=st.integers(0, 30))
    def search(self, query: DescriptionPrint, limit: int) -> None:
        hits = self.linear.search(query, limit)
        assert self.index.search(query, limit) == hits
        assert len(self.index) == len(self.linear)
        everyone = {hit.owner for hit in self.linear.search(query, 1_000) if hit.similarity >= 0.6}
        assert self.index.held_by(query) == len(everyone)


DescriptionMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestDescriptions = DescriptionMachine.TestCase


def test_edited_descriptions_are_found_among_many() -> None:
    rng = random.Random(1)
    texts = [original(rng) for _ in range(800)]
    index = DescriptionIndex()
    for number, sentences in enumerate(texts):
        index.add(f"t{number}", [printed(sentences)])
    found = 0
    for number in range(0, 800, 4):
        hits = index.search(printed(EDITS["30% of words removed"](texts[number], rng)), 3)
        found += bool(hits) and hits[0].owner == f"t{number}"
    assert found >= 0.95 * 200


def test_what_very_many_share_is_counted_to_a_limit() -> None:
    rng = random.Random(2)
    shared, single = printed(original(rng)), printed(original(rng))
    index = DescriptionIndex()
    for number in range(OWNERS_AT_MOST + 20):
        index.add(f"t{number:03}", [shared])
    index.add("single", [single, single])
    assert index.held_by(shared) == OWNERS_AT_MOST
    assert index.held_by(single) == 1
    assert index.held_by(printed(original(rng))) == 0
    assert [hit.owner for hit in index.search(shared, 3)] == ["t000", "t001", "t002"]


def test_nothing_is_left_of_withdrawn_owners() -> None:
    rng = random.Random(3)
    held = [printed(original(rng)) for _ in range(100)]
    index = DescriptionIndex()
    for number, one in enumerate(held):
        index.add(f"t{number}", [one, held[0]])
    for number in range(100):
        index.withdraw(f"t{number}")
    index.withdraw("never added")
    assert len(index) == 0
    assert not any(index.search(one, 5) for one in held)
    assert index.state() == DescriptionState([], [], [], b"")
    assert len(DescriptionIndex.of_state(index.state())) == 0


def test_a_sketch_of_another_length_is_refused_and_changes_nothing() -> None:
    index = DescriptionIndex()
    whole = printed(original(random.Random(4)))
    index.add("t1", [whole])
    with pytest.raises(ValueError, match=str(HASHES)):
        index.add("t1", [DescriptionPrint(b"short", 5)])
    assert [hit.owner for hit in index.search(whole, 1)] == ["t1"]


def printed(sentences: list[str]) -> DescriptionPrint:
    fingerprint = description_print("\n".join(sentences))
    assert fingerprint is not None
    return fingerprint
