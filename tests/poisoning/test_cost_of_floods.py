"""What a takedown list full of one photo or one title costs: counted in what is looked at, not by a clock."""

from typing import Any

import numpy as np
import pytest
from listing_records import takedown
from photo_bytes import random_print

from fingerprints.hamming_index import LONGEST_CHAIN, PARTS, HammingIndex
from fingerprints.photo_hash import PhotoHash, new_hash_index
from fingerprints.photo_match import NEAREST, PhotoIndex
from fingerprints.photo_vote import CANDIDATES
from fingerprints.title_index import COMPARED_AT_MOST, TitleIndex
from fingerprints.title_print import TITLE


@pytest.mark.parametrize("many", [500, 4000])
def test_a_search_among_identical_photos_looks_at_no_more_than_its_bounds(
    many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = random_print(np.random.default_rng(1), points=60)
    index = PhotoIndex()
    for number in range(many):
        index.add(str(number), [photo])
    looked: list[int] = []
    real = HammingIndex._related

    def related(self: Any, parts: Any) -> Any:
        pairs = real(self, parts)
        looked.append(len(pairs[1]))
        return pairs

    monkeypatch.setattr(HammingIndex, "_related", related)
    assert len(index.search(photo, 10).matches) == 10
    # The photo and its mirror image.
    assert looked[0] <= 2 * PARTS * LONGEST_CHAIN
    met = index._points.search(_points(photo), NEAREST)
    assert len(met.number) <= 60 * 60
    aligned: list[int] = []
    compare = PhotoIndex._compare
    monkeypatch.setattr(PhotoIndex, "_compare", lambda *a, **k: aligned.append(1) or compare(*a, **k))
    index._by_points(photo)
    assert len(aligned) <= CANDIDATES
    index.close()


def _points(photo: Any) -> Any:
    from fingerprints.photo_print import unpack_points

    return unpack_points(photo.points)


class CountingRow:
    """A look into the chains of the index, counted."""

    def __init__(self, rows: Any) -> None:
        self.rows, self.looks = rows, 0

    def __getitem__(self, at: Any) -> Any:
        self.looks += 1
        return self.rows[at]

    def __setitem__(self, at: Any, value: Any) -> None:
        self.looks += 1
        self.rows[at] = value

    def __len__(self) -> int:
        return len(self.rows)


@pytest.mark.parametrize("many", [300, 3000])
def test_taking_one_of_many_identical_photos_out_costs_the_same_however_many_there_are(many: int) -> None:
    """A list of one photo a thousand times over is withdrawn, or fingerprinted anew, from its oldest on."""
    index = new_hash_index()
    photo = PhotoHash(bytes(range(32)), bytes(range(32, 64)))
    for number in range(many):
        index.add(str(number), [photo])
    index._next = counting = CountingRow(index._next)  # type: ignore[assignment]
    index.withdraw("0")
    index.withdraw(str(many // 2))
    assert counting.looks <= 8 * PARTS
    index._next = counting.rows
    assert len(index) == many - 2
    owners = {hit.owner for hit in index.search(photo, many)}
    assert not owners & {"0", str(many // 2)}


def test_a_flood_of_one_title_is_compared_with_few() -> None:
    index = TitleIndex()
    title = TITLE.fingerprint(takedown(1).listing.title)
    for number in range(3000):
        index.add(str(number), [title])
    compared: list[int] = []
    real = index._compared
    index._compared = lambda *asked: compared.append(1) or real(*asked)  # type: ignore[method-assign]
    index.search(title, 10)
    assert len(compared) <= COMPARED_AT_MOST
