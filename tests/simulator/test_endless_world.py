"""The endless world: a million listings that nobody holds, found by arithmetic, the same for the same seed."""

import tracemalloc
from datetime import timedelta
from itertools import pairwise

import pytest

from connectors.sample.plan import START
from connectors.simulator.endless import EndlessWorld
from connectors.simulator.version import Standing, Wanted, milliseconds

START_MS = milliseconds(START)
MILLION = 1_000_000
END_MS = START_MS + MILLION * 10


def shelf_of(kind="shopee", **other):
    world = EndlessWorld(3, MILLION, **other)
    return world.shelf(kind, world.sellers(kind)[0])


@pytest.mark.parametrize("kind", ["shopee", "lazada", "tiktok"])
def test_a_window_holds_what_appeared_in_it(kind):
    shelf = shelf_of(kind)
    found = shelf.changed(START_MS + 15, START_MS + 50, END_MS)
    assert [version.changed_ms - START_MS for version in found] == [20, 30, 40, 50]
    assert [version.changed_ms - START_MS for version in shelf.changed(0, START_MS + 10, END_MS)] == [0, 10]
    assert len(shelf.changed(0, END_MS, END_MS)) == MILLION
    assert len(shelf.changed(0, END_MS, START_MS + 99)) == 10
    assert not shelf.changed(0, START_MS - 1, END_MS)
    assert not shelf.changed(END_MS + 1, END_MS + 9999, END_MS + 9999)


def test_windows_side_by_side_hold_every_listing_once():
    shelf = shelf_of(pace=timedelta(milliseconds=7))
    edges = [START_MS - 3, START_MS + 1, START_MS + 7, START_MS + 500, START_MS + 501, START_MS + 900]
    items = [
        version.item
        for since, until in pairwise(edges)
        for version in shelf.changed(since, until - 1, END_MS)
    ]
    assert items == [shelf.version(number).item for number in range(len(items))]
    assert len(items) == 129


def test_a_listing_is_found_by_its_number_once_its_time_has_come():
    shelf = shelf_of("tiktok")
    last = shelf.changed(0, END_MS, END_MS)[-1]
    assert shelf.find(last.item, END_MS) == last
    assert shelf.find(last.item, last.changed_ms - 1) is None
    assert shelf.find(last.item + 1, END_MS) is None
    assert shelf.find(shelf.version(0).item - 1, END_MS) is None
    assert shelf.count(START_MS - 1) == 0


def test_the_seed_says_everything_and_titles_are_all_different():
    one, same, other = (
        shelf_of(),
        shelf_of(),
        EndlessWorld(4).shelf("shopee", EndlessWorld(4).sellers("shopee")[0]),
    )
    found = one.changed(0, END_MS, END_MS)[5000:8000]
    assert found == same.changed(0, END_MS, END_MS)[5000:8000]
    assert found[0].listing.title != other.version(5000).listing.title
    assert len({version.listing.title for version in found}) == 3000


def test_what_is_asked_of_live_listings_is_all_or_nothing():
    shelf = shelf_of("lazada")
    live, gone = (Wanted(frozenset({standing})) for standing in (Standing.LIVE, Standing.DELETED))
    assert len(shelf.changed(0, END_MS, END_MS, live)) == MILLION
    assert not shelf.changed(0, END_MS, END_MS, gone)
    assert not EndlessWorld(3).shelf("lazada", "400600000000").changed(0, END_MS, END_MS)


def test_a_page_from_anywhere_in_a_million_takes_little_memory():
    found = shelf_of().changed(0, END_MS, END_MS)
    found[0:100]
    tracemalloc.start()
    try:
        for offset in range(0, MILLION, 10_000):
            assert len(found[offset : offset + 100]) == 100
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000
