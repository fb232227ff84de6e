"""The fast index finds exactly what the slow reference finds, whatever is added, replaced and withdrawn."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from fingerprints.hamming_index import FIRST_CAPACITY, LONGEST_CHAIN, SPREAD, HammingIndex, are_related
from fingerprints.photo_hash import MOST_DISTANCE, PHOTO_HASH, PhotoHash, compare
from fingerprints.registry import LinearIndex


def reference() -> LinearIndex[PhotoHash]:
    return LinearIndex(compare, PHOTO_HASH.floor)


def flipped(digest: bytes, bits: list[int]) -> bytes:
    number = int.from_bytes(digest, "big")
    for bit in bits:
        number ^= 1 << bit
    return number.to_bytes(32, "big")


def in_few_parts(bits: int) -> list[int]:
    """So many bits that lie in as few of a hash's parts as can be."""
    return [255 - int(bit) for bit in SPREAD[:bits]]


ANCHORS = (bytes(32), b"\xff" * 32, b"\x0f" * 32, bytes(range(32)))
NEAR = st.builds(
    flipped,
    st.sampled_from(ANCHORS),
    # Around the limit on both sides, in few words and in all.
    st.one_of(
        st.lists(st.integers(0, 255), max_size=8),
        st.integers(40, 56).map(in_few_parts),
        st.integers(12, 56).map(lambda n: list(range(n))),
    ),
)
PRINTS = st.builds(PhotoHash, NEAR, NEAR)
OWNERS = st.sampled_from([f"t{n}" for n in range(6)])


class IndexMachine(RuleBasedStateMachine):
    """Both indexes live through the same history."""

    def __init__(self) -> None:
        super().__init__()
        self.fast = PHOTO_HASH.new_index()
        self.slow = reference()

    @rule(owner=OWNERS, prints=st.lists(PRINTS, max_size=4))
    def add(self, owner: str, prints: list[PhotoHash]) -> None:
        self.fast.add(owner, prints)
        self.slow.add(owner, prints)

    @rule(owner=OWNERS)
    def withdraw(self, owner: str) -> None:
        self.fast.withdraw(owner)
        self.slow.withdraw(owner)

    @rule(query=PRINTS, limit=st.integers(0, 12))
    def search(self, query: PhotoHash, limit: int) -> None:
        assert self.fast.search(query, limit) == self.slow.search(query, limit)

    @invariant()
    def same_size(self) -> None:
        assert len(self.fast) == len(self.slow)


IndexMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestIndex = IndexMachine.TestCase


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32))
def test_same_hits_beyond_the_first_capacity(seed: int) -> None:
    random = Random(seed)
    fast, slow = PHOTO_HASH.new_index(), reference()
    for number in range(FIRST_CAPACITY + 200):
        made = PhotoHash(flipped(ANCHORS[number % 4], random.sample(range(256), number % 90)), bytes(32))
        fast.add(f"t{number}", (made,))
        slow.add(f"t{number}", (made,))
    for number in range(0, FIRST_CAPACITY, 3):
        fast.withdraw(f"t{number}")
        slow.withdraw(f"t{number}")
    for anchor in ANCHORS:
        query = PhotoHash(flipped(anchor, random.sample(range(256), 10)), flipped(anchor, list(range(200))))
        expected = slow.search(query, 10_000)
        assert len(expected) > 50
        assert fast.search(query, 10_000) == expected
        assert fast.search(query, 7) == expected[:7]


def test_exactly_at_the_limit() -> None:
    index = PHOTO_HASH.new_index()
    index.add("at", (PhotoHash(flipped(bytes(32), in_few_parts(MOST_DISTANCE)), bytes(32)),))
    index.add("over", (PhotoHash(flipped(bytes(32), in_few_parts(MOST_DISTANCE + 1)), bytes(32)),))
    (hit,) = index.search(PhotoHash(bytes(32), b"\xff" * 32), 10)
    assert (hit.owner, hit.similarity) == ("at", PHOTO_HASH.floor)


@given(st.binary(min_size=32, max_size=32), st.sets(st.integers(0, 255), max_size=15))
def test_hashes_within_fifteen_bits_are_always_related(digest: bytes, bits: set[int]) -> None:
    assert are_related(digest, flipped(digest, sorted(bits)))


def test_hashes_that_share_no_part_are_left_to_the_points() -> None:
    one_bit_of_each_part = [255 - int(bit) for bit in SPREAD[::16]]
    apart = flipped(bytes(32), one_bit_of_each_part)
    assert not are_related(bytes(32), apart)
    index = PHOTO_HASH.new_index()
    index.add("apart", (PhotoHash(apart, bytes(32)),))
    assert index.search(PhotoHash(bytes(32), b"\xff" * 32), 10) == []


def test_many_hashes_at_once_are_as_one_by_one() -> None:
    random = Random(4)
    digests = [flipped(ANCHORS[n % 4], random.sample(range(256), n % 40)) for n in range(2 * FIRST_CAPACITY)]
    one_by_one, at_once = PHOTO_HASH.new_index(), PHOTO_HASH.new_index()
    for number, digest in enumerate(digests):
        one_by_one.add(f"t{number}", (PhotoHash(digest, bytes(32)),))
    for number, digest in enumerate(digests[:100]):
        at_once.add(f"t{number}", (PhotoHash(digest, bytes(32)),))
    held, words = one_by_one.all_held()
    at_once.add_all([where for where in held[100:] if where is not None], words[:, 100:])
    for number in range(0, len(digests), 5):
        one_by_one.withdraw(f"t{number}")
        at_once.withdraw(f"t{number}")
    for digest in digests[::50]:
        query = PhotoHash(digest, digest)
        assert at_once.search(query, 100) == one_by_one.search(query, 100) != []


def test_a_photo_taken_down_over_and_over_does_not_slow_a_search() -> None:
    index = PHOTO_HASH.new_index()
    for number in range(3 * LONGEST_CHAIN):
        index.add(f"t{number}", (PhotoHash(bytes(32), bytes(32)),))
    hits = index.search(PhotoHash(bytes(32), bytes(32)), 10_000)
    assert len(hits) == LONGEST_CHAIN


def test_the_farthest_hash_does_not_wrap_round() -> None:
    """256 differing bits are 0 in eight."""
    index = PHOTO_HASH.new_index()
    index.add("opposite", (PhotoHash(b"\xff" * 32, bytes(32)),))
    assert index.search(PhotoHash(bytes(32), bytes(32)), 10) == []


def test_withdrawn_places_are_used_again() -> None:
    index: HammingIndex[bytes] = HammingIndex(10, held=bytes, queries=lambda query: (query,))
    for round_ in range(50):
        for number in range(100):
            index.add(f"t{number}", [bytes([number, round_]) + bytes(30)] * 3)
    assert len(index) == 300
    assert len(index._words) == FIRST_CAPACITY
    for number in range(100):
        index.withdraw(f"t{number}")
    assert len(index) == 0
    assert index.search(bytes(32), 10) == []


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="most_distance"):
        HammingIndex(256, held=bytes, queries=lambda query: (query,))
    index: HammingIndex[bytes] = HammingIndex(10, held=bytes, queries=lambda query: (query,))
    index.add("kept", [bytes(32)])
    with pytest.raises(ValueError, match="32 bytes, not 31"):
        index.add("kept", [bytes(31)])
    assert [hit.owner for hit in index.search(bytes(32), 1)] == ["kept"]
