"""A story over the real marketplaces: ids and links in their forms, relists that cross from one to another."""

import hashlib
import re

import msgspec
import pytest

from connectors.sample.listing_ids import (
    FORMS,
    REAL_MARKETPLACES,
    TIKTOK,
    TOKOPEDIA,
    item_of,
    link_of,
    listing_id_of,
)
from connectors.sample.plan import make_plan
from connectors.sample.seeds import dice

LINKS = {
    "shopee-id": r"https://shopee\.co\.id/product/\d+/\d+",
    "lazada-id": r"https://www\.lazada\.co\.id/products/i\d+\.html",
    "tiktok-id": r"https://shop-id\.tokopedia\.com/view/product/\d{19}",
    "tokopedia-id": r"https://shop-id\.tokopedia\.com/pdp/barang/\d{19}",
}


@pytest.fixture(scope="module")
def plan():
    return make_plan(
        4, listings=60, takedowns=10, relists=20, lookalikes=10, sellers=8, marketplaces=REAL_MARKETPLACES
    )


def test_ids_and_links_have_the_marketplaces_forms(plan):
    for event in plan.events:
        item = item_of(event.marketplace, event.listing_id)
        assert listing_id_of(event.marketplace, event.seller_id, item) == event.listing_id
        assert re.fullmatch(LINKS[event.marketplace], event.url)
        assert event.url == link_of(event.marketplace, event.seller_id, item)
    assert {event.marketplace for event in plan.events} == set(REAL_MARKETPLACES)


def test_what_is_taken_down_on_one_comes_back_on_another(plan):
    taken = {takedown.takedown_id: takedown.listing.marketplace for takedown in plan.takedowns}
    pairs = {(taken[relist.takedown_id], relist.key.split(":")[0]) for relist in plan.relists}
    assert len(plan.relists) == 20
    assert all(one != other for one, other in pairs)
    assert len(pairs) > 5


def test_the_shops_are_on_the_marketplaces_in_turn_and_tokopedias_are_tiktoks(plan):
    sellers = {
        name: {event.seller_id for event in plan.events if event.marketplace == name}
        for name in REAL_MARKETPLACES
    }
    assert {len(found) for found in sellers.values()} == {2}
    assert sellers[TIKTOK] == sellers[TOKOPEDIA]


def test_one_marketplace_alone_has_relists_by_other_shops():
    plan = make_plan(
        4, listings=10, takedowns=3, relists=6, lookalikes=0, sellers=3, marketplaces=["lazada-id"]
    )
    taken = {takedown.takedown_id: takedown.listing.seller_id for takedown in plan.takedowns}
    sellers = {event.key: event.seller_id for event in plan.events}
    assert all(sellers[relist.key] != taken[relist.takedown_id] for relist in plan.relists)


def test_who_asks_for_no_marketplaces_gets_the_story_as_ever():
    plan = make_plan(2, still_up=2, updates=5, removals=4)
    told = hashlib.sha256(msgspec.json.encode([step.record for step in plan.steps])).hexdigest()
    assert told == "4142de53db1976768d31501297d732eb94a584d35689253b0b339e9359bae5f8"


def test_each_marketplace_needs_a_shop():
    with pytest.raises(ValueError, match="raise sellers to 4"):
        make_plan(1, sellers=3, marketplaces=REAL_MARKETPLACES)


@pytest.mark.parametrize("marketplace", REAL_MARKETPLACES)
def test_the_example_of_each_form_is_one(marketplace):
    form = FORMS[marketplace]
    assert form.listing.fullmatch(form.example)
    assert form.seller_of(dice("seller", 1)) == form.seller_of(dice("seller", 1))
    with pytest.raises(ValueError, match=re.escape(form.example)):
        item_of(marketplace, "kaos-polos")
