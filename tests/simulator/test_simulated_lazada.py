"""The simulated Lazada, asked by a client that signs for itself: pages, caps, forms, refusals."""

import json
from datetime import timedelta

import pytest
from marketplace_clients import LazadaClient
from simulated_listings import FIRST, NOON, SHOP, SetClock, listing, world_of

from connectors.sample.listing_ids import LAZADA
from connectors.simulator.endless import EndlessWorld
from connectors.simulator.simulator import Simulator
from connectors.simulator.version import milliseconds

COUNT = 60


@pytest.fixture
def clock():
    return SetClock()


@pytest.fixture
def world(clock):
    return world_of("lazada", COUNT, clock)


@pytest.fixture
def sim(world, clock):
    with Simulator("lazada", world, clock=clock) as running:
        yield running


@pytest.fixture
def client(sim):
    return LazadaClient(sim)


def test_pages_hold_every_product_once(client):
    pages = [client.page(offset, 25) for offset in (0, 25, 50, 75)]
    assert [page["code"] for page in pages] == ["0"] * 4
    assert [int(page["data"]["total_products"]) for page in pages] == [COUNT] * 4
    items = [int(one["item_id"]) for page in pages for one in page["data"]["products"]]
    assert items == [FIRST[LAZADA] + number for number in range(COUNT)]


def test_counts_ids_and_photos_come_in_two_forms(client):
    first, second = client.page(), client.page()
    assert {type(page["data"]["total_products"]) for page in (first, second)} == {str, int}
    products = first["data"]["products"]
    assert {type(one["item_id"]) for one in products} == {str, int}
    assert {type(one["images"]) for one in products} == {str, list}
    for number, one in enumerate(products):
        urls = json.loads(one["images"]) if isinstance(one["images"], str) else one["images"]
        assert urls == [listing(LAZADA, number).images[0].url]


def test_prices_have_no_currency_and_a_special_price_of_0_is_none(client):
    products = client.page()["data"]["products"]
    specials = []
    for number, one in enumerate(products):
        sku = one["skus"][0]
        paid = float(listing(LAZADA, number).price.amount)
        assert (sku["special_price"] or sku["price"]) == paid
        assert sku["price"] >= paid
        specials.append(sku["special_price"])
        assert not {"currency", "seller_id"} & (one.keys() | sku.keys())
    assert 0.0 in specials
    assert max(specials) > 0
    assert {len(one["skus"]) for one in products} == {1, 2}


def test_texts_are_html_and_the_detail_says_the_same_as_the_list(client):
    one = client.page()["data"]["products"][3]
    assert one["attributes"]["name"] == "Jaket varsity 3"
    assert one["attributes"]["description"] == "<p>Barang &lt;asli&gt; &amp; mulus. Nomor 3.</p>"
    detail = client.send("/product/item/get", item_id=str(one["item_id"])).json()
    assert (detail["code"], detail["data"]) == ("0", one)
    assert client.send("/product/item/get", item_id="1").json()["code"] == "208"


def test_a_window_of_update_times_includes_both_ends(client):
    after, before = NOON - timedelta(seconds=9), NOON - timedelta(seconds=5)
    wib = after.astimezone().strftime("%Y-%m-%dT%H:%M:%S%z")
    page = client.page(update_after=wib, update_before=before.isoformat())
    times = [int(one["updated_time"]) - milliseconds(NOON) for one in page["data"]["products"]]
    assert times == [-9000, -8000, -7000, -6000, -5000]


def test_filters_pick_and_all_is_everything(client, world):
    world.ban(listing(LAZADA, 1).key, reason="imported second-hand clothing")
    world.remove(listing(LAZADA, 2).key)

    def statuses(name):
        page = client.send("/products/get", filter=name, offset="0", limit="50").json()
        return [one["status"] for one in page["data"]["products"]], int(page["data"]["total_products"])

    assert statuses("all")[1] == COUNT
    assert statuses("live")[1] == COUNT - 2
    assert statuses("deleted") == (["Deleted"], 1)
    assert statuses("rejected") == (["Suspended"], 1)
    assert statuses("pending") == ([], 0)


def test_an_offset_past_ten_thousand_is_refused(clock):
    world = EndlessWorld(1, 20_000, start=NOON - timedelta(hours=1))
    with Simulator("lazada", world, clock=clock) as sim:
        client = LazadaClient(sim)
        last = client.page(10_000)
        assert (int(last["data"]["total_products"]), len(last["data"]["products"])) == (20_000, 50)
        refused = client.page(10_001)
        assert (refused["code"], refused["message"]) == ("14", 'E014: "offset" Invalid Offset')


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"limit": "51"}, "19"),
        ({"limit": "0"}, "19"),
        ({"filter": "gone"}, "36"),
        ({"update_after": "yesterday"}, "17"),
        ({"update_before": "2026-11-24T12:00:00"}, "17"),
        ({"app_key": "1"}, "InvalidAppKey"),
        ({"sign_method": "md5"}, "InvalidSignMethod"),
        ({"access_token": ""}, "MissingParameter"),
        ({"access_token": "50000stolen"}, "IllegalAccessToken"),
        ({"timestamp": "0"}, "IllegalTimestamp"),
    ],
)
def test_refusals_come_inside_a_200(client, params, code):
    asked = {"offset": "0", "limit": "10", "filter": "all", **params}
    answer = client.send("/products/get", **asked)
    assert (answer.status_code, answer.json()["code"]) == (200, code)
    assert "data" not in answer.json()


def test_what_is_signed_cannot_be_changed(client):
    signed = client.send("/products/get", filter="all", offset="0", limit="10").request.url
    assert client.http.get(signed).json()["code"] == "0"
    for changed in (
        signed.copy_set_param("limit", "11"),
        signed.copy_add_param("options", "1"),
        signed.copy_set_param("sign", "0"),
    ):
        assert client.http.get(changed).json()["code"] == "IncompleteSignature"


def test_tokens_are_refreshed_by_get_or_form_and_say_how_long_they_last(client, clock):
    first = client.refresh()
    assert (first["code"], first["expires_in"], first["refresh_expires_in"]) == ("0", 14_400, 30 * 86_400)
    assert first["country_user_info"][0]["seller_id"] == SHOP[LAZADA]
    signed = client.send("/auth/token/refresh", public=True, refresh_token=client.refresh_token).request.url
    posted = client.http.post("/rest/auth/token/refresh", data=dict(signed.params)).json()
    assert posted["code"] == "0"
    clock.go(hours=4)
    assert client.page()["code"] == "IllegalAccessToken"
    assert client.refresh("50000unknown")["code"] == "IllegalRefreshToken"
    client.token = client.refresh()["access_token"]
    assert client.page()["code"] == "0"
