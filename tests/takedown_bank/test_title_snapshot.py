"""A title index that was saved and read back goes on exactly as the one that was not."""

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from listing_records import WORDS

from fingerprints.title_index import TitleIndex
from fingerprints.title_likeness import TitlePrint
from fingerprints.title_snapshot import TitleState, encoded, index_of, state_of

OWNERS = st.sampled_from([f"t{n}" for n in range(8)])
TITLES = st.lists(st.sampled_from([*WORDS, "jakte", "jacket", "kemejaflanel"]), min_size=1, max_size=6).map(
    lambda words: TitlePrint(" ".join(words))
)


class TitleMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.lasting, self.moved = TitleIndex(), TitleIndex()

    @rule(owner=OWNERS, titles=st.lists(TITLES, max_size=20))
    def add(self, owner: str, titles: list[TitlePrint]) -> None:
        self.lasting.add(owner, titles)
        self.moved.add(owner, titles)

    @rule(owner=OWNERS)
    def withdraw(self, owner: str) -> None:
        self.lasting.withdraw(owner)
        self.moved.withdraw(owner)

    @rule()
    def save_and_load(self) -> None:
        raw = b"".join(encoded(state_of(self.moved)))
        state = msgspec.msgpack.decode(raw, type=TitleState)
        titles = [title for _, _, title in self.moved._held.values()]
        self.moved = index_of(state, titles)

    @rule(query=TITLES, limit=st.integers(1, 10))
    def search(self, query: TitlePrint, limit: int) -> None:
        assert self.moved.search(query, limit) == self.lasting.search(query, limit)
        assert self.moved.weigh(query, query) == self.lasting.weigh(query, query)
        assert len(self.moved) == len(self.lasting)


TitleMachine.TestCase.settings = settings(max_examples=50, stateful_step_count=30, deadline=None)
TestTitles = TitleMachine.TestCase
