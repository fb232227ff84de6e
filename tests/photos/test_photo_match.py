"""The two-tier index finds what comparing with each held photo alone finds, whatever came and went before."""

from functools import cache

import msgspec
import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from photo_bytes import drawn, garment_photo, garment_print, print_of, random_print
from photo_pairs import match_pair

from fingerprints.hamming_index import SPREAD
from fingerprints.photo_hash import MOST_DISTANCE, PhotoHash, match_details
from fingerprints.photo_match import SETTLED, PhotoIndex, PhotoMatch
from fingerprints.photo_print import PhotoPrint
from fingerprints.photo_sameness import LEAST_BACKDROP
from streams.evaluation.edit_table import EDITS
from streams.evaluation.photo_edit import OtherPhotos


def held_prints() -> list[PhotoPrint]:
    """Garments, some before one backdrop, a second shot, and what has no points or like no other photo's."""
    garments = [(0, 100), (50, 100), (4, 104), (54, 104), (1, 101), (1, 101, 1)]
    return [garment_print(*each) for each in garments] + [
        random_print(np.random.default_rng(1)),
        msgspec.structs.replace(garment_print(2, 102), points=b""),
        msgspec.structs.replace(garment_print(3, 103), thumbnail=b""),
    ]


def query_prints() -> list[PhotoPrint]:
    """The held ones themselves, and edits that only points, only the hash, or both recognise."""
    edited = [
        print_of(EDITS[name].apply(garment_photo(*garment), 1, OtherPhotos([garment_photo(9, 109)])))
        for garment in ((0, 100), (54, 104), (1, 101), (3, 103))
        for name in ("mirror", "crop-20", "border", "collage-2", "half", "text-band")
    ]
    return [*held_prints(), *edited, print_of(drawn(3))]


HELD, QUERIES = cache(held_prints), cache(query_prints)


@cache
def pair(query: int, held: int) -> PhotoMatch | None:
    return match_pair(QUERIES()[query], HELD()[held])


def figures(match: PhotoMatch) -> tuple[object, ...]:
    """All that must not depend on what else is held."""
    aligned = match.alignment
    return (
        match.distance,
        match.nearer_mirrored,
        match.log_odds,
        match.same_photo,
        match.same_backdrop,
        None if aligned is None else (aligned.inliers, aligned.error, aligned.matrix.tobytes()),
        match.agreement,
    )


class PhotoMachine(RuleBasedStateMachine):
    """The index lives beside a dictionary of what each owner has, by its number in `HELD`."""

    def __init__(self) -> None:
        super().__init__()
        self.index = PhotoIndex()
        self.owners: dict[str, list[int]] = {}

    @rule(
        owner=st.sampled_from(["t0", "t1", "t2"]),
        photos=st.lists(st.integers(0, 8), max_size=2, unique=True),
    )
    def add(self, owner: str, photos: list[int]) -> None:
        self.index.add(owner, [HELD()[number] for number in photos])
        self.owners[owner] = photos

    @rule(owner=st.sampled_from(["t0", "t1", "t2", "unknown"]))
    def withdraw(self, owner: str) -> None:
        self.index.withdraw(owner)
        self.owners.pop(owner, None)

    @rule(query=st.integers(0, 33))
    def search(self, query: int) -> None:
        alone = {
            (owner, item): match
            for owner, photos in self.owners.items()
            for item, number in enumerate(photos)
            if (match := pair(query, number)) is not None
        }
        settled = {where: match for where, match in alone.items() if match.log_odds == np.inf}
        expected = settled or alone
        result = self.index.search(QUERIES()[query], 20)
        found = {(match.owner, match.item): match for match in result.matches}
        assert len(found) == len(result.matches)
        for where, match in found.items():
            assert figures(match) == figures(expected[where])
        # Photos that hardly resemble the query may fall behind those that do.
        sure = {w for w, m in expected.items() if m.same_photo or m.same_backdrop or m.distance is not None}
        assert sure <= set(found)
        assert list(result.matches) == sorted(result.matches, key=lambda match: match.rank)
        same = any(match.same_photo for match in expected.values())
        assert result.tier == ("hash" if settled else "points" if same else "none")
        best = self.index.search(QUERIES()[query], 1).matches
        assert [(m.owner, m.item) for m in best] == [(m.owner, m.item) for m in result.matches[:1]]

    @invariant()
    def same_size(self) -> None:
        assert len(self.index) == sum(map(len, self.owners.values()))

    def teardown(self) -> None:
        for query in range(0, 34, 4):
            self.search(query)
        for owner in list(self.owners):
            self.withdraw(owner)
        self.same_size()
        assert all(self.index.search(query, 5).matches == () for query in QUERIES()[::7])
        assert len(self.index._points) == 0
        self.index.close()


PhotoMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
TestPhotoIndex = PhotoMachine.TestCase


def test_the_tiers() -> None:
    """Settled by the hash, found by points, and neither."""
    index = PhotoIndex()
    index.add("kept", [garment_print(0, 100)])
    photo = garment_photo(0, 100)
    tiers = {
        name: index.search(print_of(EDITS[name].apply(photo, 1, OtherPhotos(()))), 5)
        for name in ("half", "mirror", "crop-20")
    }
    assert {name: result.tier for name, result in tiers.items()} == {
        "half": "hash",
        "mirror": "hash",
        "crop-20": "points",
    }
    assert [tiers[name].matches[0].nearer_mirrored for name in tiers] == [False, True, False]
    assert tiers["half"].matches[0].alignment is None
    assert tiers["crop-20"].matches[0].alignment is not None
    assert tiers["crop-20"].matches[0].similarity > 0.9
    none = index.search(garment_print(7, 207), 5)
    assert (none.tier, [match for match in none.matches if match.same_photo]) == ("none", [])
    index.close()


def test_another_garment_before_the_backdrop_is_a_backdrop_only() -> None:
    index = PhotoIndex()
    index.add("kept", [random_print(np.random.default_rng(2)), garment_print(4, 104)])
    result = index.search(garment_print(54, 104), 5)
    (match,) = result.matches
    assert (result.tier, match.owner, match.item) == ("none", "kept", 1)
    assert (match.same_photo, match.same_backdrop) == (False, True)
    assert match.alignment is not None
    assert match.alignment.inliers >= LEAST_BACKDROP
    assert 0.5 <= match.backdrop < 1
    assert match.similarity < 0.5
    index.close()


@pytest.mark.parametrize("bits", [SETTLED, SETTLED + 1, MOST_DISTANCE, MOST_DISTANCE + 1])
def test_the_hash_settles_up_to_its_limit(bits: int) -> None:
    numbers = np.random.default_rng(bits)
    held, query = random_print(numbers), random_print(numbers)
    flipped = int.from_bytes(held.plain, "big") ^ sum(
        # In as few of the hash's parts as can be, so that the two are related whatever the number.
        1 << (255 - int(bit))
        for bit in SPREAD[:bits]
    )
    query = msgspec.structs.replace(query, plain=flipped.to_bytes(32, "big"))
    result = PhotoIndex()
    result.add("kept", [held])
    found = result.search(query, 5)
    assert match_details(query, PhotoHash(held.plain, b""))[0] == bits
    assert found.tier == ("hash" if bits <= SETTLED else "none")
    assert [match.distance for match in found.matches] == ([bits] if bits <= MOST_DISTANCE else [])
    result.close()


@pytest.mark.parametrize("name", ["half", "mirror"])
def test_a_match_that_the_hash_settled_is_explained_afterwards(name: str) -> None:
    index = PhotoIndex()
    index.add("kept", [random_print(np.random.default_rng(3)), garment_print(0, 100)])
    query = print_of(EDITS[name].apply(garment_photo(0, 100), 1, OtherPhotos(())))
    (match,) = index.search(query, 5).matches
    explained = index.explain(query, match)
    assert explained.alignment is not None
    assert explained.agreement is not None
    assert explained.alignment.inliers > 30
    assert (np.linalg.det(explained.alignment.matrix[:, :2]) < 0) == (name == "mirror")
    assert (explained.log_odds, explained.distance, explained.owner) == (np.inf, match.distance, "kept")
    assert index.explain(query, explained) is explained
    assert index.size_of(match) == (garment_print(0, 100).width, garment_print(0, 100).height)
    index.withdraw("kept")
    assert index.explain(query, match) is match
    index.close()
