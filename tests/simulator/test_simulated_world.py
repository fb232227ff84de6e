"""The world: what is shown at a moment, what changed between two, and that both agree with a slow reference."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_listings import FIRST, NOON, SHOP, SetClock, listing

from connectors.events import EventType
from connectors.sample.listing_ids import LAZADA, REAL_MARKETPLACES, SHOPEE, TIKTOK, TOKOPEDIA
from connectors.sample.plan import make_plan
from connectors.simulator.version import ALL, KIND_OF, Standing, Version, Wanted, milliseconds
from connectors.simulator.world import World

NOON_MS = milliseconds(NOON)


def at(seconds: float):
    return NOON + timedelta(seconds=seconds)


def titles(versions):
    return [version.listing.title for version in versions]


def test_a_listing_is_as_its_newest_version_of_the_moment():
    world = World()
    first = listing(SHOPEE, 1, at(0))
    world.put(first)
    world.put(msgspec.structs.replace(first, type=EventType.UPDATED, title="Jaket lain", observed_at=at(60)))
    world.remove(first.key, at=at(120))
    shelf = world.shelf("shopee", SHOP[SHOPEE])
    item = FIRST[SHOPEE] + 1
    assert shelf.find(item, NOON_MS - 1) is None
    assert shelf.find(item, NOON_MS + 59_999).listing.title == "Jaket varsity 1"
    assert shelf.find(item, NOON_MS + 60_000).listing.title == "Jaket lain"
    gone = shelf.find(item, NOON_MS + 120_000)
    assert (gone.on(SHOPEE), gone.listing.title, gone.created_ms) == (Standing.DELETED, "Jaket lain", NOON_MS)


def test_each_listing_changed_once_at_its_newest_time_and_never_in_the_future():
    world = World()
    for number in range(3):
        world.put(listing(LAZADA, number, at(number)))
    world.ban(listing(LAZADA, 0).key, at=at(10), reason="imported second-hand clothing")
    shelf = world.shelf("lazada", SHOP[LAZADA])
    assert titles(shelf.changed(NOON_MS, NOON_MS + 5000, NOON_MS + 5000)) == [
        "Jaket varsity 0",
        "Jaket varsity 1",
        "Jaket varsity 2",
    ]
    assert titles(shelf.changed(NOON_MS, NOON_MS + 5000, NOON_MS + 10_000)) == [
        "Jaket varsity 1",
        "Jaket varsity 2",
    ]
    assert titles(shelf.changed(NOON_MS, NOON_MS + 99_000, NOON_MS + 10_000)) == [
        "Jaket varsity 1",
        "Jaket varsity 2",
        "Jaket varsity 0",
    ]
    banned = Wanted(frozenset({Standing.BANNED}), frozenset({LAZADA}))
    assert titles(shelf.changed(0, NOON_MS + 99_000, NOON_MS + 99_000, banned)) == ["Jaket varsity 0"]


@settings(max_examples=150, deadline=None)
@given(
    deeds=st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 30), st.sampled_from(["put", "ban", "remove"])),
        max_size=25,
    ),
    since=st.integers(-5, 35),
    span=st.integers(0, 40),
    now=st.integers(-5, 40),
    standings=st.frozensets(st.sampled_from(Standing)),
)
def test_changes_agree_with_looking_at_every_listing(deeds, since, span, now, standings):
    world, made = World(), []
    for number, second, deed in deeds:
        key = listing(SHOPEE, number).key
        if deed == "put" or not any(
            one.listing.key == key and one.changed_ms <= NOON_MS + second * 1000 for one in made
        ):
            made.append(world.put(listing(SHOPEE, number, at(second))))
        else:
            made.append((world.ban if deed == "ban" else world.remove)(key, at=at(second)))
    now_ms, since_ms = NOON_MS + now * 1000, NOON_MS + since * 1000
    until_ms = since_ms + span * 1000
    wanted = Wanted(standings)
    newest: dict[int, Version] = {}
    for version in sorted(made, key=lambda one: one.changed_ms):
        if version.changed_ms <= now_ms:
            newest[version.item] = version
    expected = [
        one
        for one in newest.values()
        if since_ms <= one.changed_ms <= until_ms and one.on(SHOPEE) in standings
    ]
    shelf = world.shelf("shopee", SHOP[SHOPEE])
    found = shelf.changed(since_ms, until_ms, now_ms, wanted)
    assert sorted(map(id, found)) == sorted(map(id, expected))
    assert [one.changed_ms for one in found] == sorted(one.changed_ms for one in found)
    assert shelf.changed(since_ms, until_ms, now_ms, wanted) == found
    assert {version.item for version in newest.values()} == {
        item for item in newest if shelf.find(item, now_ms) is newest[item]
    }
    assert shelf.count(now_ms) == len(newest)


def test_a_page_kept_for_the_next_one_is_dropped_when_something_happens():
    clock = SetClock()
    world = World(clock)
    world.put(listing(SHOPEE, 1, at(-10)))
    world.put(listing(SHOPEE, 2, at(50)))
    shelf = world.shelf("shopee", SHOP[SHOPEE])
    asked = (NOON_MS - 60_000, NOON_MS + 60_000)
    assert len(shelf.changed(*asked, NOON_MS)) == 1
    assert len(shelf.changed(*asked, NOON_MS + 49_999)) == 1
    assert len(shelf.changed(*asked, NOON_MS + 50_000)) == 2
    assert len(shelf.changed(*asked, NOON_MS)) == 1
    world.put(listing(SHOPEE, 3, at(-5)))
    assert len(shelf.changed(*asked, NOON_MS)) == 2
    world.forget(listing(SHOPEE, 3).key)
    assert titles(shelf.changed(*asked, NOON_MS)) == ["Jaket varsity 1"]
    with pytest.raises(KeyError):
        world.remove(listing(SHOPEE, 3).key)


def test_a_product_on_two_marketplaces_is_taken_down_on_one():
    world = World(SetClock())
    both = listing(TIKTOK, 1, at(-60))
    world.put(both, also=[TOKOPEDIA])
    version = world.ban(f"{TOKOPEDIA}:{both.listing_id}", on=TOKOPEDIA)
    assert version.standing == ((TIKTOK, Standing.LIVE), (TOKOPEDIA, Standing.BANNED))
    edited = world.put(
        msgspec.structs.replace(both, type=EventType.UPDATED, title="Jaket lain", observed_at=at(1))
    )
    assert edited.standing == version.standing
    assert ALL(version)
    live = frozenset({Standing.LIVE})
    assert Wanted(live, frozenset({TIKTOK}))(version)
    assert not Wanted(live, frozenset({TOKOPEDIA}))(version)
    assert not Wanted(live, frozenset({TIKTOK, TOKOPEDIA}))(world.put(listing(TIKTOK, 2)))


def test_followers_hear_of_what_there_is_and_what_comes_until_they_leave():
    world, heard = World(), []
    world.put(listing(SHOPEE, 1))
    leave = world.follow(heard.append)
    world.put(listing(LAZADA, 2, at(3600)))
    leave()
    world.put(listing(SHOPEE, 3))
    assert titles(heard) == ["Jaket varsity 1", "Jaket varsity 2"]


def test_a_story_plays_by_itself_as_time_goes():
    plan = make_plan(5, listings=40, takedowns=4, relists=6, lookalikes=6, updates=4, removals=3, sellers=4,
                     marketplaces=REAL_MARKETPLACES, photos_each=1)  # fmt: skip
    world = World()
    world.play(plan)
    assert world.photos == plan.photos
    end_ms = milliseconds(plan.steps[-1].at)
    shown = {}
    for kind in ("shopee", "lazada", "tiktok"):
        for seller in world.sellers(kind):
            for version in world.shelf(kind, seller).changed(0, end_ms, end_ms):
                shown[version.listing.key] = version
    assert shown.keys() == {event.key for event in plan.events}
    removed = {event.key for event in plan.events if event.type is EventType.REMOVED}
    banned = {takedown.listing.key for takedown in plan.takedowns}
    assert {key for key, version in shown.items() if version.standing[0][1] is Standing.DELETED} == removed
    assert {key for key, version in shown.items() if version.standing[0][1] is Standing.BANNED} == banned
    half_ms = milliseconds(plan.steps[len(plan.steps) // 2].at)
    before = {event.key for event in plan.events if milliseconds(event.observed_at) <= half_ms}
    seen = sum(
        world.shelf(kind, seller).count(half_ms)
        for kind in ("shopee", "lazada", "tiktok")
        for seller in world.sellers(kind)
    )
    assert seen == len(before) < len(shown)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"marketplace": "sample-pasar"}, "sample-pasar is none of shopee-id"),
        ({"listing_id": "11479305215"}, "no listing id of shopee-id, such as 308864651.11479305215"),
        ({"seller_id": None}, "has no seller_id"),
    ],
)
def test_what_no_marketplace_would_show_is_refused_by_name(wrong, message):
    with pytest.raises(ValueError, match=message):
        World().put(msgspec.structs.replace(listing(SHOPEE, 1), **wrong))


def test_the_four_marketplaces_are_read_through_three_apis():
    assert set(KIND_OF) == set(REAL_MARKETPLACES)
    assert set(KIND_OF.values()) == {"shopee", "lazada", "tiktok"}
