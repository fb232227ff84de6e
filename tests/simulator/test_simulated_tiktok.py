"""The simulated TikTok Shop, asked by a client that signs for itself: search, detail, Tokopedia, refusals."""

from datetime import timedelta

import pytest
from marketplace_clients import SEARCH, TikTokClient
from simulated_listings import FIRST, NOON, SHOP, SetClock, listing, world_of

from connectors.sample.listing_ids import TIKTOK, TOKOPEDIA
from connectors.simulator.endless import EndlessWorld
from connectors.simulator.simulator import Simulator
from connectors.simulator.version import milliseconds

COUNT = 60


@pytest.fixture
def clock():
    return SetClock()


@pytest.fixture
def world(clock):
    return world_of("tiktok", COUNT, clock)


@pytest.fixture
def sim(world, clock):
    with Simulator("tiktok", world, clock=clock) as running:
        yield running


@pytest.fixture
def client(sim):
    return TikTokClient(sim)


def test_pages_hold_every_product_once_and_tokens_are_opaque(client):
    rows, token = [], ""
    while True:
        page = client.page(token, 25)
        assert (page["code"], page["message"], page["data"]["total_count"]) == (0, "Success", COUNT)
        rows += page["data"]["products"]
        token = page["data"]["next_page_token"]
        if not token:
            break
        assert not token.isdigit()
    assert [row["id"] for row in rows] == [str(FIRST[TIKTOK] + number) for number in range(COUNT)]
    assert client.page("not a token")["code"] == 12019108


def test_the_search_has_neither_photos_nor_description(client):
    row = client.page()["data"]["products"][0]
    assert not {"main_images", "description", "product_status", "is_pre_owned"} & row.keys()
    assert (row["status"], row["title"]) == ("ACTIVATE", "Jaket varsity 0")
    assert row["skus"][0]["price"] == {
        "currency": "IDR",
        "tax_exclusive_price": "85000",
        "sale_price": "85000",
    }


def test_the_detail_calls_the_status_otherwise(client):
    details = [client.detail(FIRST[TIKTOK] + number)["data"] for number in range(12)]
    assert {one["product_status"] for one in details} == {"ACTIVATE"}
    assert {"status" in one for one in details} == {True, False}
    assert not any("is_pre_owned" in one or "integrated_platform_statuses" in one for one in details)
    one = details[3]
    assert one["main_images"][0]["urls"] == ["https://photos.example/3.jpg"]
    assert one["description"] == "<p>Barang &lt;asli&gt; &amp; mulus. Nomor 3.</p>"
    assert one["category_chains"][-1]["is_leaf"]
    assert client.detail(1)["code"] == 12052260


def test_a_product_of_tokopedia_alone_has_no_status_of_its_own(client, world):
    world.put(listing(TOKOPEDIA, 1))
    world.put(listing(TOKOPEDIA, 2, condition="new"))
    row = next(one for one in client.page()["data"]["products"] if one["id"] == str(FIRST[TOKOPEDIA] + 1))
    assert "status" not in row
    assert "audit" not in row
    assert row["integrated_platform_statuses"] == [{"platform": "TOKOPEDIA", "status": "ACTIVATE"}]
    used, new = (client.detail(FIRST[TOKOPEDIA] + number)["data"] for number in (1, 2))
    assert not {"status", "product_status"} & used.keys()
    assert (used["is_pre_owned"], new["is_pre_owned"]) == (True, False)


def test_platforms_pick_products_on_all_of_those_named(client, world):
    world.put(listing(TOKOPEDIA, 1))
    world.put(listing(TIKTOK, 500), also=[TOKOPEDIA])

    def count(*platforms, status="ACTIVATE"):
        return client.page(status=status, listing_platforms=list(platforms))["data"]["total_count"]

    assert (count("TIKTOK_SHOP"), count("TOKOPEDIA"), count("TIKTOK_SHOP", "TOKOPEDIA")) == (COUNT + 1, 2, 1)
    world.ban(listing(TIKTOK, 500).key, on=TOKOPEDIA, reason="imported second-hand clothing")
    assert (count("TOKOPEDIA"), count("TOKOPEDIA", status="PLATFORM_DEACTIVATED")) == (1, 1)
    both = client.detail(FIRST[TIKTOK] + 500)["data"]
    assert both["product_status"] == "ACTIVATE"
    assert both["integrated_platform_statuses"][0]["status"] == "PLATFORM_DEACTIVATED"
    assert both["audit_failed_reasons"][0]["listing_platform"] == "TOKOPEDIA"
    assert client.page(listing_platforms=["TOKOPEDIA"])["code"] == 12052910
    assert client.page(status="ALL", listing_platforms=["TOKOPEDIA"])["code"] == 12052910


def test_a_window_of_update_times_includes_both_ends(client):
    now = milliseconds(NOON) // 1000
    page = client.page(update_time_ge=now - 9, update_time_le=now - 5)
    assert [row["update_time"] - now for row in page["data"]["products"]] == [-9, -8, -7, -6, -5]
    assert client.page(update_time_ge=now, update_time_le=now - 1)["code"] == 12019119


def test_statuses_pick(client, world):
    world.ban(listing(TIKTOK, 1).key)
    world.remove(listing(TIKTOK, 2).key)
    assert [
        client.page(status=status)["data"]["total_count"]
        for status in ("ALL", "ACTIVATE", "PLATFORM_DEACTIVATED", "DELETED", "FREEZE")
    ] == [COUNT, COUNT - 2, 1, 1, 0]
    assert client.page(status="GONE")["code"] == 12052910


def test_more_than_ten_thousand_results_are_refused_whole(clock):
    world = EndlessWorld(1, 20_000, start=NOON - timedelta(hours=1), pace=timedelta(milliseconds=100))
    with Simulator("tiktok", world, clock=clock) as sim:
        client = TikTokClient(sim)
        assert client.page()["code"] == 12052180
        since = milliseconds(NOON - timedelta(hours=1)) // 1000
        allowed = client.page(update_time_ge=since, update_time_le=since + 999)
        assert (allowed["code"], allowed["data"]["total_count"]) == (0, 10_000)
        assert client.page(update_time_ge=since, update_time_le=since + 1000)["code"] == 12052180


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"page_size": "101"}, 200, 12019109),
        ({"page_size": "0"}, 200, 12019109),
        ({"shop_cipher": "another"}, 400, 106013),
        ({"app_key": "another"}, 401, 36009004),
        ({"timestamp": "soon"}, 401, 36009004),
    ],
)
def test_wrong_parameters_are_refused(client, params, status, code):
    answer = client.send("POST", SEARCH, {}, **{"page_size": "10", **params})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(("late", "code"), [(299, 0), (302, 36009004), (-29, 0), (-32, 36009004)])
def test_a_timestamp_may_be_five_minutes_old_and_half_a_minute_ahead(client, late, code):
    client.late_ms = late * 1000
    assert client.page()["code"] == code


def test_parameters_and_body_are_signed(client):
    sent = client.send("POST", SEARCH, {"status": "ALL"}, page_size="10").request
    for url, body in (
        (sent.url.copy_set_param("page_size", "11"), sent.content),
        (sent.url, b'{"status":"all"}'),
    ):
        answer = client.http.post(url, content=body, headers={"x-tts-access-token": client.token})
        assert (answer.status_code, answer.json()["code"]) == (401, 106001)


def test_tokens_expire_and_refresh_with_absolute_times(client, clock):
    now = milliseconds(clock()) // 1000
    given = client.refresh()["data"]
    assert (given["access_token_expire_in"], given["refresh_token_expire_in"]) == (
        now + 14_400,
        now + 365 * 86_400,
    )
    clock.go(hours=4)
    refused = client.send("POST", SEARCH, {}, page_size="10")
    assert (refused.status_code, refused.json()["code"]) == (401, 105002)
    client.token = client.refresh()["data"]["access_token"]
    assert client.page()["code"] == 0
    assert client.refresh("TTP_unknown")["code"] == 105002


def test_the_authorised_shops_name_the_cipher(client):
    shops = client.send("GET", "/authorization/202309/shops").json()["data"]["shops"]
    assert [(shop["id"], shop["cipher"], shop["region"]) for shop in shops] == [
        (SHOP[TIKTOK], client.known.shop_cipher, "ID")
    ]


def test_another_shops_cipher_is_refused(client, sim, world):
    world.put(listing(TIKTOK, 900, seller_id="7494000000000000001"))
    other = TikTokClient(sim, "7494000000000000001")
    assert other.page()["data"]["total_count"] == 1
    other.token = client.token
    assert other.page()["code"] == 105005
