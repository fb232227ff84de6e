"""The point index finds exactly the points that meet the query, whatever was added, removed and split before."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from photo_bytes import random_points

from fingerprints.photo_descriptor import LOOSE_AMONG, loose_signs
from fingerprints.photo_print import POINT
from fingerprints.point_blocks import SLOTS
from fingerprints.point_index import FILL, FIRST_BITS, LONGEST_CHAIN, PointIndex
from fingerprints.point_meetings import MOST_DIFFERENT, differing, meets

SEEDS = st.integers(0, 2**32)
FULL = SLOTS * LONGEST_CHAIN
"""Points that one bucket takes."""
ALL = 1 << 30
"""As many nearest ones as there may be."""
ANCHORS = random_points(np.random.default_rng(7), 4)


def clustered(seed: int, many: int) -> np.ndarray:
    """Points whose codes are near one of few: most share their bucket, and the next bits tell them apart."""
    numbers = np.random.default_rng(seed)
    rows = random_points(numbers, many)
    anchors = ANCHORS[numbers.integers(0, len(ANCHORS), many)]
    # A fifth of the points moves in the bits that choose the first bucket, all in the later ones.
    early = numbers.choice([0, 0, 0, 0, 1], many) << numbers.integers(0, FIRST_BITS, many)
    late = (numbers.integers(0, 16, many) << FIRST_BITS) | (1 << numbers.integers(FIRST_BITS, 32, many))
    rows["signs"] = anchors["signs"] ^ (early | late * numbers.integers(0, 2, many)).astype(np.uint32)
    rows["large"] = anchors["large"] ^ numbers.integers(0, 16, many).astype(np.uint16)
    return rows


def found(index: PointIndex, queries: np.ndarray, nearest: int = ALL) -> list[tuple[int, int, int]]:
    met = index.search(queries, nearest)
    return sorted(zip(met.query.tolist(), met.number.tolist(), met.different.tolist(), strict=True))


def truth(
    queries: np.ndarray, held: np.ndarray, numbers: np.ndarray, nearest: int = ALL
) -> list[tuple[int, int, int]]:
    """Each query point with all held ones, one after the other, and the most bits that let no more than
    `nearest` in."""
    kept: list[tuple[int, int, int]] = []
    for query, row in enumerate(meets(queries, held).tolist()):
        met = [(query, int(numbers[h]), bits) for h, bits in enumerate(row) if bits < 255]
        for most in range(MOST_DIFFERENT, -1, -1):
            near = [one for one in met if one[2] <= most]
            if len(near) <= nearest:
                kept += near
                break
    return sorted(kept)


class PointMachine(RuleBasedStateMachine):
    """The index lives beside a plain list of what it holds."""

    def __init__(self) -> None:
        super().__init__()
        self.index = PointIndex()
        self.rows = np.zeros(0, POINT)
        self.numbers = np.zeros(0, np.uint32)
        self.next = 0

    @rule(seed=SEEDS, many=st.integers(0, 90))
    def add(self, seed: int, many: int) -> None:
        rows = clustered(seed, many)
        # No bucket is flooded here: what one refuses has a test of its own.
        buckets = np.concatenate([self.rows, rows])["signs"] & ((1 << FIRST_BITS) - 1)
        turn = np.array([np.count_nonzero(buckets[:place] == b) for place, b in enumerate(buckets)], int)
        rows = rows[turn[len(self.rows) :] < FULL]
        numbers = np.arange(self.next, self.next + len(rows), dtype=np.uint32)
        self.next += len(rows)
        self.index.add(rows, numbers)
        self.rows, self.numbers = np.concatenate([self.rows, rows]), np.concatenate([self.numbers, numbers])

    @rule(seed=SEEDS, share=st.sampled_from([0.05, 0.5, 1.0]))
    def remove(self, seed: int, share: float) -> None:
        chosen = np.random.default_rng(seed).random(len(self.rows)) < share
        self.index.remove(self.rows[chosen], self.numbers[chosen])
        self.rows, self.numbers = self.rows[~chosen], self.numbers[~chosen]

    @rule(seed=SEEDS)
    def remove_unknown(self, seed: int) -> None:
        self.index.remove(clustered(seed, 3), np.arange(3, dtype=np.uint32) + np.uint32(2**31))

    @rule(many=st.integers(1, 40_000))
    def split(self, many: int) -> None:
        """More buckets than so few points ever need."""
        round_ends = (1 << self.index._bits) - self.index._split
        if self.index.buckets < 1 << 18:
            self.index._split_next(min(many, round_ends))

    @rule(seed=SEEDS, nearest=st.sampled_from([1, 2, 5, 20, ALL]))
    def search(self, seed: int, nearest: int) -> None:
        queries = clustered(seed, 12)
        assert found(self.index, queries, nearest) == truth(queries, self.rows, self.numbers, nearest)

    @invariant()
    def same_size(self) -> None:
        assert len(self.index) == len(self.rows)

    def teardown(self) -> None:
        self.search(1, 5)
        self.index.remove(self.rows, self.numbers)
        assert len(self.index) == 0
        assert found(self.index, self.rows[:50]) == []
        assert len(self.index._spares_free) == self.index._spares_used


PointMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestPointIndex = PointMachine.TestCase


@settings(max_examples=12, deadline=None)
@given(SEEDS, st.integers(1, 100_000))
def test_neither_order_nor_the_number_of_buckets_matters(seed: int, splits: int) -> None:
    # Few enough that no bucket is full, whichever way the anchors fall.
    rows, numbers = clustered(seed, FULL), np.arange(FULL, dtype=np.uint32)
    at_once, one_by_one = PointIndex(), PointIndex()
    at_once.add(rows, numbers)
    one_by_one._split_next(min(splits, 1 << FIRST_BITS))
    for place in np.random.default_rng(seed).permutation(FULL):
        one_by_one.add(rows[place : place + 1], numbers[place : place + 1])
    queries = clustered(seed + 1, 30)
    assert found(at_once, queries) == found(one_by_one, queries) == truth(queries, rows, numbers)


def test_it_grows_by_itself_and_still_finds_all() -> None:
    many = int((1 << FIRST_BITS) * SLOTS * FILL) + 40_000
    numbers = np.random.default_rng(3)
    rows, ids = random_points(numbers, many), numbers.permutation(many).astype(np.uint32)
    index = PointIndex()
    start = index.buckets
    for part in np.array_split(np.arange(many), 3):
        index.add(rows[part], ids[part])
    assert len(index) == many
    assert start < index.buckets == int(many / (FILL * SLOTS))
    assert 8 < index.used_bytes / many < 20
    queries = random_points(numbers, 12)
    queries["signs"] = rows["signs"][:12] ^ (np.uint32(1) << loose_signs(queries["loose"])[:, 2])
    queries["large"] = rows["large"][:12] ^ np.uint16(3)
    expected = truth(queries, rows, ids)
    assert [(n, int(ids[n]), 3) for n in range(12)] == [one for one in expected if one[1] in ids[:12]]
    assert found(index, queries) == expected
    index.remove(rows[:200], ids[:200])
    assert len(index) == many - 200
    assert found(index, queries) == truth(queries, rows[200:], ids[200:])


def test_a_flooded_bucket_stays_bounded() -> None:
    """Memory and meetings are bounded, so the work of every later search is."""
    index = PointIndex()
    bystander = ANCHORS[1:2].copy()
    index.add(bystander, np.array([9_999], np.uint32))
    before = index.used_bytes
    flood, numbers = np.repeat(ANCHORS[:1], 5_000), np.arange(5_000, dtype=np.uint32)
    for part in np.array_split(np.arange(5_000), 7):
        index.add(flood[part], numbers[part])
    assert len(index) == FULL + 1
    assert len(index.search(ANCHORS[:1], ALL).number) == FULL
    block = before / index.buckets
    assert index.used_bytes - before <= LONGEST_CHAIN * block
    assert found(index, bystander) == [(0, 9_999, 0)]
    index.remove(flood, numbers)
    assert len(index) == 1
    assert found(index, ANCHORS[:2]) == [(1, 9_999, 0)]
    index.add(flood[:1], numbers[:1])
    assert found(index, ANCHORS[:1]) == [(0, 0, 0)]


def test_spare_blocks_are_used_again() -> None:
    index = PointIndex()
    rows, numbers = np.repeat(ANCHORS[:1], FULL), np.arange(FULL, dtype=np.uint32)
    used = []
    for turn in range(6):
        index.add(rows, numbers)
        used.append(index.used_bytes)
        index.remove(rows[:: 1 if turn % 2 else -1], numbers[:: 1 if turn % 2 else -1])
    assert used == used[:1] * 6
    assert len(index) == 0


def test_what_meets_by_hand() -> None:
    """A loose sign may differ, a strict one may not, and too many bits in all may not."""
    query = np.zeros(1, POINT)
    query["loose"] = 0 | 3 << 5 | 20 << 10 | 24 << 15 | 25 << 20
    held = np.zeros(10, POINT)
    held["signs"][:5] = [0, 1 << 3, 1 << 20 | 1 << 25, 1 << 4, 1 << LOOSE_AMONG]
    held["large"][5:7] = [(1 << MOST_DIFFERENT) - 1, (2 << MOST_DIFFERENT) - 1]
    # The surest of the loose signs, the last, differs together with one of the middle three at most.
    held["signs"][7:] = [1 << 3 | 1 << 20 | 1 << 25, 1 << 3 | 1 << 20 | 1 << 24, 1 << 0 | 1 << 20 | 1 << 25]
    expected = [0, 1, 2, 255, 1, MOST_DIFFERENT, 255, 255, 3, 3]
    assert meets(query, held).tolist() == [expected]
    assert differing(query, held).tolist() == [[0, 1, 2, 1, 1, MOST_DIFFERENT, MOST_DIFFERENT + 1, 3, 3, 3]]
    index = PointIndex()
    index.add(held, np.arange(len(held), dtype=np.uint32))
    assert found(index, query) == [(0, number, d) for number, d in enumerate(expected) if d < 255]


@pytest.mark.parametrize("many", [0, 3])
def test_an_empty_index_and_an_empty_query(many: int) -> None:
    index = PointIndex()
    index.add(np.zeros(0, POINT), np.zeros(0, np.uint32))
    assert found(index, random_points(np.random.default_rng(1), many)) == []
    index.remove(np.zeros(0, POINT), np.zeros(0, np.uint32))
    assert len(index) == 0


def test_the_nearest_by_hand() -> None:
    """Two meet it exactly, three in one bit, one in two: all of one distance, or none of it."""
    query = np.zeros(1, POINT)
    held = np.zeros(6, POINT)
    held["large"] = [0, 0, 1, 2, 4, 3]
    index = PointIndex()
    index.add(held, np.arange(6, dtype=np.uint32))
    kept = {nearest: [number for _, number, _ in found(index, query, nearest)] for nearest in range(1, 8)}
    assert kept == {
        1: [], 2: [0, 1], 3: [0, 1], 4: [0, 1], 5: [0, 1, 2, 3, 4], 6: [0, 1, 2, 3, 4, 5], 7: [0, 1, 2, 3, 4, 5],
    }  # fmt: skip
