"""The simulated Shopee, asked by a client that signs for itself: pages, items, refusals, traps."""

import pytest
from marketplace_clients import ITEMS, LIST, MODELS, STATUSES, ShopeeClient
from simulated_listings import FIRST, SHOP, SetClock, listing, world_of

from connectors.sample.listing_ids import SHOPEE
from connectors.simulator.simulator import Simulator
from connectors.simulator.version import milliseconds

COUNT = 60


@pytest.fixture
def clock():
    return SetClock()


@pytest.fixture
def world(clock):
    return world_of("shopee", COUNT, clock)


@pytest.fixture
def sim(world, clock):
    with Simulator("shopee", world, clock=clock) as running:
        yield running


@pytest.fixture
def client(sim):
    return ShopeeClient(sim)


def test_pages_hold_every_item_once_oldest_first(client):
    rows, offset = [], 0
    while True:
        page = client.page(offset, 25)
        assert (page["error"], page["message"], page["response"]["total_count"]) == ("", "", COUNT)
        rows += page["response"]["item"]
        if not page["response"]["has_next_page"]:
            assert "next_offset" not in page["response"]
            break
        offset = page["response"]["next_offset"]
    assert [row["item_id"] for row in rows] == [FIRST[SHOPEE] + number for number in range(COUNT)]
    assert {row["item_status"] for row in rows} == {"NORMAL"}


def test_a_window_of_update_times_includes_both_ends(client, clock):
    now = milliseconds(clock()) // 1000
    page = client.page(update_time_from=str(now - 9), update_time_to=str(now - 5))
    assert [row["update_time"] - now for row in page["response"]["item"]] == [-9, -8, -7, -6, -5]


def test_statuses_are_repeated_and_pick(client, world, clock):
    world.ban(listing(SHOPEE, 1).key, reason="imported second-hand clothing")
    world.remove(listing(SHOPEE, 2).key)
    assert client.page(item_status="NORMAL")["response"]["total_count"] == COUNT - 2
    gone = client.page(item_status=["BANNED", "SELLER_DELETE", "UNLIST"])["response"]["item"]
    assert [row["item_status"] for row in gone] == ["BANNED", "SELLER_DELETE"]
    assert {row["update_time"] for row in gone} == {milliseconds(clock()) // 1000}


def test_items_come_without_shop_or_link_and_in_all_their_forms(client):
    shown = client.items(*(FIRST[SHOPEE] + number for number in range(50)))
    assert len(shown) == 50
    for number, item in enumerate(shown):
        made = listing(SHOPEE, number)
        assert not {"shop_id", "url", "item_url"} & item.keys()
        assert (item["item_name"], item["condition"]) == (made.title, "USED")
        assert item["image"]["image_url_list"] == [made.images[0].url]
        if item["description_type"] == "extended":
            assert item["description"] == ""
            fields = item["description_info"]["extended_description"]["field_list"]
            texts = [field["text"] for field in fields if field["field_type"] == "text"]
            assert " ".join(texts) == made.description
            assert any(field["field_type"] == "image" for field in fields)
        else:
            assert item["description"] == made.description
            assert "description_info" not in item
        prices = client.send(MODELS, item_id=str(item["item_id"])).json()["response"]["model"]
        assert bool(prices) == item["has_model"] == ("price_info" not in item)
        priced = prices[0] if prices else item
        assert priced["price_info"][0]["current_price"] == float(made.price.amount)
        assert priced["price_info"][0]["original_price"] >= priced["price_info"][0]["current_price"]
    assert {item["description_type"] for item in shown} == {"normal", "extended"}
    assert {item["has_model"] for item in shown} == {True, False}
    sales = [
        item
        for item in shown
        if not item["has_model"]
        and item["price_info"][0]["original_price"] > item["price_info"][0]["current_price"]
    ]
    assert 0 < len(sales) < 50


def test_unknown_items_are_left_out_and_more_than_fifty_refused(client):
    assert [item["item_id"] for item in client.items(1, FIRST[SHOPEE], 2)] == [FIRST[SHOPEE]]
    many = ",".join(str(FIRST[SHOPEE] + number) for number in range(51))
    assert client.send(ITEMS, item_id_list=many).json()["error"] == "error_query_over_itemid_size"
    assert client.send(MODELS, item_id="1").json()["error"] == "error_item_not_found"


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"page_size": "101"}, "error_param"),
        ({"page_size": "0"}, "error_param"),
        ({"offset": "-1"}, "error_param"),
        ({"item_status": "GONE"}, "error_param_item_status"),
        ({"item_status": []}, "error_param_item_status"),
        ({"update_time_from": "soon"}, "error_param"),
        ({"update_time_from": "200", "update_time_to": "100"}, "error_update_time_range"),
    ],
)
def test_wrong_parameters_are_refused_inside_a_200(client, params, error):
    asked = {"offset": "0", "page_size": "10", "item_status": STATUSES, **params}
    answer = client.send(LIST, **asked)
    assert (answer.status_code, answer.json()["error"]) == (200, error)
    assert "response" not in answer.json()


@pytest.mark.parametrize("field", ["sign", "access_token", "shop_id", "partner_id", "timestamp"])
def test_whatever_is_signed_cannot_be_changed(client, field):
    signed = client.send(LIST, offset="0", page_size="10", item_status="NORMAL").request.url
    changed = "1" if field in ("shop_id", "partner_id") else "x" * 8
    answer = client.http.get(signed.copy_set_param(field, changed)).json()
    assert answer["error"] in ("error_sign", "error_param", "invalid_acceess_token")
    assert client.http.get(signed).json()["error"] == ""


def test_a_wrong_sign_has_status_403(client):
    signed = client.send(LIST, offset="0", page_size="10", item_status="NORMAL").request.url
    answer = client.http.get(signed.copy_set_param("sign", "0" * 64))
    assert (answer.status_code, answer.json()["error"]) == (403, "error_sign")


@pytest.mark.parametrize(
    ("late", "error"), [(299, ""), (-299, ""), (302, "error_param"), (-302, "error_param")]
)
def test_a_signature_is_good_for_five_minutes(client, late, error):
    client.late_ms = late * 1000
    assert client.page()["error"] == error


def test_a_refresh_token_is_good_once_and_brings_a_new_pair(client, sim):
    first = client.refresh()
    assert (first["error"], first["expire_in"], first["shop_id"]) == ("", 14_400, int(SHOP[SHOPEE]))
    assert first["access_token"] != client.token
    assert client.refresh()["error"] == "error_auth"
    client.token = first["access_token"]
    assert client.page()["error"] == ""
    assert client.refresh(first["refresh_token"])["error"] == ""
    assert sim.tokens.refreshes == 2


def test_an_access_token_ends_after_its_time(client, clock):
    clock.go(minutes=239)
    assert client.page()["error"] == ""
    clock.go(minutes=1)
    answer = client.send(LIST, offset="0", page_size="10", item_status="NORMAL")
    assert (answer.status_code, answer.json()["error"]) == (403, "invalid_acceess_token")
    client.token = client.refresh()["access_token"]
    assert client.page()["error"] == ""


def test_a_refresh_token_ends_after_thirty_days(client, clock):
    clock.go(days=30)
    assert client.refresh()["error"] == "error_auth"


def test_a_shop_is_read_by_its_own_token_alone(sim, world, client):
    world.put(listing(SHOPEE, 900, listing_id="999.5", seller_id="999"))
    other = ShopeeClient(sim, "999")
    assert other.page()["response"]["total_count"] == 1
    other.token = client.token
    assert other.page()["error"] == "error_auth"


def test_an_item_changed_between_two_pages_leaves_the_window_as_it_does_there(client, world, clock):
    window = {"update_time_from": "0", "update_time_to": str(milliseconds(clock()) // 1000)}
    first = client.page(0, 30, **window)
    clock.go(seconds=5)
    world.put(listing(SHOPEE, 0, clock()))
    second = client.page(30, 30, **window)
    assert (first["response"]["total_count"], second["response"]["total_count"]) == (COUNT, COUNT - 1)
    seen = {row["item_id"] for page in (first, second) for row in page["response"]["item"]}
    assert len(seen) == COUNT - 1
