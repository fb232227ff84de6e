"""Scans against the slow truth, pair by pair."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from listing_records import drawn_photo
from noise_prints import noise_print

from fingerprints.key_scan import KeyScan
from fingerprints.photo_hash import MOST_DISTANCE, match_details
from fingerprints.photo_print import print_of_bytes, unpack_points
from fingerprints.photo_rows import PhotoRows
from fingerprints.photo_scan import BLOCK, HeldPhoto, PhotoScan

KEYS = st.lists(st.integers(0, 1023), max_size=60)


@given(held=KEYS, asked=KEYS)
def test_keys_as_a_double_loop_finds_them(held: list[int], asked: list[int]) -> None:
    scan = KeyScan(np.array(held, np.uint32), np.arange(len(held)), bits=10)
    place, value = scan.pairs(np.array(asked, np.uint32))
    expected = [(p, v) for p, key in enumerate(asked) for v, other in enumerate(held) if key == other]
    assert sorted(zip(place.tolist(), value.tolist(), strict=True)) == expected
    assert place.tolist() == sorted(place.tolist())


def held(photo) -> HeldPhoto:
    return HeldPhoto(photo.plain, (photo.width, photo.height), unpack_points(photo.points)[:240].copy())


@pytest.fixture(scope="module")
def drawn():
    return [print_of_bytes(drawn_photo(n), max_pixels=10**7) for n in range(80)]


def test_every_photo_finds_itself_and_few_others(drawn) -> None:
    rows = PhotoRows.of(drawn)
    found = PhotoScan([held(one) for one in drawn[:40]]).scan(rows)
    assert {(n, n) for n in range(40)} <= {(one.row, one.wanted) for one in found}
    # Drawn shapes have the same few edges: a fifth of these pairs, where real photos have one in a thousand.
    assert len(found) < 40 * 80 / 4


def test_blocks_say_what_the_whole_says(drawn) -> None:
    scan, rows = PhotoScan([held(one) for one in drawn[:5]]), PhotoRows.of(drawn)
    whole = [(one.row, one.wanted) for one in scan.scan(rows)]
    parts = [
        (start + one.row, one.wanted)
        for start in range(0, len(rows), BLOCK)
        for one in scan.scan(rows.part(start, start + BLOCK))
    ]
    assert whole == parts


def test_hashes_as_the_slow_truth_says() -> None:
    """Within the bits that count, where a part is shared; of the photo and of its mirror image."""
    chance = np.random.default_rng(1)
    base = noise_print(1, points=0)
    photos = []
    for number in range(120):
        flipped = np.unpackbits(np.frombuffer(base.plain, np.uint8))
        flipped[chance.permutation(256)[: number // 2]] ^= 1
        other = noise_print(5000 + number, points=0)
        plain, mirrored = np.packbits(flipped).tobytes(), other.mirrored
        photos.append(type(base)(*((plain, mirrored) if number % 2 else (mirrored, plain)), 480, 640))
    found = {one.row for one in PhotoScan([held(base)]).scan(PhotoRows.of(photos))}
    near = {n for n, one in enumerate(photos) if match_details(one, base)[0] <= MOST_DISTANCE}
    assert found <= near
    assert {n for n in near if match_details(photos[n], base)[0] <= 15} <= found


def test_photos_without_points_or_with_all_signs_set_are_no_error() -> None:
    empty, odd = noise_print(1, points=0), noise_print(2, points=3)
    points = unpack_points(odd.points).copy()
    points["signs"] = 0xFFFFFFFF
    full = type(odd)(odd.plain, odd.mirrored, 480, 640, points.tobytes())
    rows = PhotoRows.of([empty, full, noise_print(3, points=0)])
    found = PhotoScan([held(empty), held(full)]).scan(rows)
    assert [(one.row, one.wanted) for one in found] == [(0, 0), (1, 1)]


def test_copies_do_not_make_a_photos_own_points_common(drawn) -> None:
    rows = PhotoRows.of([drawn[0]] * 300 + drawn * 4)
    scan = PhotoScan([held(drawn[0])])
    for _ in scan.leave_out_common(rows):
        pass
    found = scan.scan(rows)
    assert {one.row for one in found} >= set(range(300))
