"""The plan: its truth is consistent, its records are valid, and the same seed tells the same story."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.codec import Codec
from connectors.events import EventType, ListingEvent, Takedown
from connectors.sample.catalogue import BASE_PRICE, BRANDS, GENERIC, distinctive_item, generic_item
from connectors.sample.garments import CUTS
from connectors.sample.plan import LEAD, START, Plan, make_plan
from connectors.sample.seeds import dice

FULL = {
    "listings": 60,
    "takedowns": 8,
    "relists": 12,
    "lookalikes": 12,
    "still_up": 2,
    "updates": 5,
    "removals": 4,
}


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan(3, **FULL)


def created(plan: Plan) -> dict[str, ListingEvent]:
    return {event.key: event for event in plan.events if event.type is EventType.CREATED}


def test_the_same_seed_tells_the_same_story(plan):
    assert make_plan(3, **FULL) == plan
    assert make_plan(4, **FULL).steps != plan.steps


def test_everything_asked_for_is_there(plan):
    kinds = Counter(event.type for event in plan.events)
    assert kinds == {EventType.CREATED: 60 + 8 + 12, EventType.UPDATED: 2 + 5, EventType.REMOVED: 4}
    assert len(plan.takedowns) == 8
    assert len(plan.relists) == len(plan.truth) == 12
    assert Counter(plan.honest.values()) == {
        "ordinary": 48,
        "same backdrop": 4,
        "same title": 4,
        "same print": 4,
    }


def test_steps_are_in_order_and_events_have_their_own_ids(plan):
    times = [step.at for step in plan.steps]
    assert times == sorted(times)
    assert times[0] >= START
    assert len({event.event_id for event in plan.events}) == len(plan.events)
    assert all(
        step.at == step.record.observed_at for step in plan.steps if isinstance(step.record, ListingEvent)
    )


def test_every_relist_follows_its_takedown_which_follows_its_original(plan):
    listings, takedowns = created(plan), {takedown.takedown_id: takedown for takedown in plan.takedowns}
    for relist in plan.relists:
        again, takedown = listings[relist.key], takedowns[relist.takedown_id]
        original = listings[takedown.listing.key]
        assert original.observed_at < takedown.taken_down_at
        assert again.observed_at - takedown.taken_down_at >= LEAD
        assert again.listing_id != original.listing_id
        assert again.seller_id != original.seller_id
        assert again.title != original.title
        assert 0.85 < int(again.price.amount) / int(original.price.amount) < 1.15
        assert len(again.images) == len(original.images) == len(relist.edits)
        assert not {image.url for image in again.images} & {image.url for image in original.images}


def test_relists_show_the_original_photo_edited(plan):
    listings, takedowns = created(plan), {takedown.takedown_id: takedown for takedown in plan.takedowns}
    for relist in plan.relists:
        pairs = zip(listings[relist.key].images, takedowns[relist.takedown_id].listing.images, strict=True)
        for place, (edited, original) in enumerate(pairs):
            recipe, source = (plan.photos[image.url.rsplit("/", 1)[1]] for image in (edited, original))
            assert (recipe.look, recipe.seller_seed, recipe.shot) == (
                source.look,
                source.seller_seed,
                source.shot,
            )
            assert recipe.edits == (relist.edits[place],)
            assert source.edits == ()


def test_honest_lookalikes_resemble_and_are_other_items(plan):
    listings = created(plan)
    taken = [plan.photos[takedown.listing.images[0].url.rsplit("/", 1)[1]] for takedown in plan.takedowns]
    seeds = {recipe.look.seed for recipe in taken}
    for key, why in plan.honest.items():
        recipe = plan.photos[listings[key].images[0].url.rsplit("/", 1)[1]]
        assert recipe.look.seed not in seeds
        assert recipe.edits == ()
        if why == "same backdrop":
            assert recipe.seller_seed in {one.seller_seed for one in taken}
        elif why != "ordinary":
            alike = {(one.look.garment, one.look.colour, one.look.motif) for one in taken}
            assert (recipe.look.garment, recipe.look.colour, recipe.look.motif) in alike
        if why == "same title":
            assert listings[key].title in GENERIC[recipe.look.garment]


def test_the_truth_honest_and_taken_down_listings_do_not_overlap(plan):
    taken = {takedown.listing.key for takedown in plan.takedowns}
    assert not set(plan.truth) & set(plan.honest)
    assert not taken & (set(plan.truth) | set(plan.honest))
    assert taken | set(plan.truth) | set(plan.honest) == set(created(plan))


def test_still_up_is_the_taken_down_listing_itself_seen_later(plan):
    takedowns = {takedown.takedown_id: takedown for takedown in plan.takedowns}
    assert len(plan.still_up) == 2
    for key, takedown_id in plan.still_up.items():
        takedown = takedowns[takedown_id]
        assert takedown.listing.key == key
        seen = [event for event in plan.events if event.key == key and event.type is EventType.UPDATED]
        assert [event.observed_at - takedown.taken_down_at >= LEAD for event in seen] == [True]


def test_updates_and_removals_come_after_their_listing(plan):
    listings = created(plan)
    for event in plan.events:
        if event.type is not EventType.CREATED:
            assert event.observed_at > listings[event.key].observed_at
            changed = event.price != listings[event.key].price
            assert changed == (event.type is EventType.UPDATED)


def test_every_record_goes_through_the_codec_unchanged(plan):
    listings, takedowns = Codec(ListingEvent), Codec(Takedown)
    for step in plan.steps:
        if isinstance(step.record, ListingEvent):
            decoded = listings.decode(listings.encode(step.record))
        else:
            decoded = takedowns.decode(takedowns.encode(step.record))
        assert decoded.record == step.record
        assert decoded.unknown_fields == ()


def test_inline_photos_are_the_served_ones():
    small = {"listings": 0, "takedowns": 1, "relists": 1, "lookalikes": 0, "photos_each": 1}
    inline, by_url = make_plan(9, photos="inline", **small), make_plan(9, photos="url", **small)
    assert inline.photos == {}
    for one, other in zip(inline.events, by_url.events, strict=True):
        assert one.images[0].data == by_url.photos[other.images[0].url.rsplit("/", 1)[1]].draw()
    assert Codec(ListingEvent).decode(Codec(ListingEvent).encode(inline.events[0])).record == inline.events[0]


def test_without_photos_only_the_title_tells():
    plan = make_plan(2, photos="none", disguises=["dropped"])
    assert not any(event.images for event in plan.events)
    assert all(relist.edits == () and relist.disguises == ("dropped",) for relist in plan.relists)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    honest=st.integers(0, 30),
    lookalikes=st.integers(0, 30),
    takedowns_relists=st.tuples(st.integers(1, 6), st.integers(0, 9)),
    pace=st.sampled_from([timedelta(milliseconds=1), timedelta(seconds=1), timedelta(minutes=5)]),
)
def test_any_size_and_pace_keeps_the_lead(seed, honest, lookalikes, takedowns_relists, pace):
    takedowns, relists = takedowns_relists
    plan = make_plan(
        seed,
        listings=honest + lookalikes,
        lookalikes=lookalikes,
        takedowns=takedowns,
        relists=relists,
        pace=pace,
    )
    last = max(takedown.taken_down_at for takedown in plan.takedowns)
    assert all(event.observed_at - last >= LEAD for event in plan.events if event.key in plan.truth)
    assert len(created(plan)) == honest + lookalikes + takedowns + relists


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"listings": 3, "lookalikes": 4}, "raise listings"),
        ({"takedowns": 0}, "raise takedowns"),
        ({"still_up": 11}, "still_up is at most takedowns"),
        ({"removals": 101}, "at most one a listing"),
        ({"sellers": 1}, "sellers is 2 or more"),
        ({"updates": -1}, "updates is 0 or more, not -1"),
    ],
)
def test_contradictions_are_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        make_plan(1, **wrong)


def test_every_garment_has_titles_and_a_price():
    assert set(GENERIC) == set(BASE_PRICE) == set(CUTS)


def test_distinctive_titles_say_brand_colour_and_a_code_of_their_own():
    items = [distinctive_item(dice("item", number)) for number in range(200)]
    for item in items:
        assert any(brand in item.title for brand in BRANDS)
        assert item.look.colour in item.title
        assert item.look.garment in item.title
        assert 14_000 <= item.price <= 300_000
    assert len({item.title for item in items}) == 200


def test_generic_titles_are_shared_and_fit_their_photo():
    items = [generic_item(dice("item", number)) for number in range(200)]
    assert len({item.title for item in items}) <= 27
    assert all(item.look.motif == "kotak" for item in items if "flanel" in item.title)
