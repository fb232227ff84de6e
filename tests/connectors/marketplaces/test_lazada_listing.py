"""Lazada's records as events: each trap, and any JSON at all."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from json_shapes import OBSERVED, any_json, assert_event_or_reason, changed, mutants, raw, refused

from connectors.events import EventType, Image, ListingEvent, Price
from connectors.lazada.listing import Shop, listing_event, listing_key

SHOP = Shop(seller_id="500176629136")
PHOTO = "https://id-live.slatic.net/p/depan.jpg"
RECORD: dict[str, Any] = {
    "item_id": "6038744949",
    "created_time": "1764000000000",
    "updated_time": "1764000600000",
    "status": "Active",
    "subStatus": "",
    "primary_category": 10000211,
    "images": [PHOTO, "//id-live.slatic.net/p/belakang.jpg", ""],
    "attributes": {
        "name": "Jaket varsity anak",
        "description": "<p>Tebal &amp; hangat</p>",
        "brand": "No Brand",
    },
    "skus": [
        {"Status": "active", "SkuId": 1, "price": 99000, "special_price": 0, "Images": [PHOTO]},
        {"Status": "active", "SkuId": 2, "price": "95000.00", "special_price": "85000.50", "Images": []},
        {"Status": "inactive", "SkuId": 3, "price": 1000, "special_price": 0},
    ],
}


def event(record: Any, **changes: Any) -> ListingEvent:
    for name, value in changes.items():
        record = changed(record, (name,), value)
    return listing_event(raw(record), shop=SHOP, observed_at=OBSERVED)


def test_a_whole_record() -> None:
    assert event(RECORD) == ListingEvent(
        event_id="lazada-id.6038744949.1764000600000",
        type=EventType.UPDATED,
        marketplace="lazada-id",
        listing_id="6038744949",
        seller_id="500176629136",
        url="https://www.lazada.co.id/products/i6038744949.html",
        title="Jaket varsity anak",
        description="Tebal & hangat",
        price=Price(amount="85000.5", currency="IDR"),
        category="10000211",
        images=(Image(url=PHOTO), Image(url="https://id-live.slatic.net/p/belakang.jpg")),
        listed_at=datetime(2025, 11, 24, 16, 0, tzinfo=UTC),
        observed_at=OBSERVED,
        source=event(RECORD).source,
    )
    assert event(RECORD).source is not None


@pytest.mark.parametrize(
    "images",
    [
        [PHOTO],
        f'["{PHOTO}"]',
        f'[     "{PHOTO}",     "" ]',
        [PHOTO, None, "", PHOTO],
    ],
)
def test_images_are_a_list_or_a_list_encoded_as_text(images: Any) -> None:
    assert event(RECORD, images=images, skus=[]).images == (Image(url=PHOTO),)


@pytest.mark.parametrize("images", [None, "", "  ", [], "[]"])
def test_no_images_is_no_error(images: Any) -> None:
    assert event(RECORD, images=images, skus=[]).images == ()


def test_the_variants_photos_follow_the_products() -> None:
    assert event(RECORD, images="[]").images == (Image(url=PHOTO),)


@pytest.mark.parametrize(
    ("images", "place"),
    [
        (PHOTO, "$.images"),
        ('["', "$.images"),
        ({"url": PHOTO}, "$.images"),
        ([PHOTO, 5], "$.images"),
        ([PHOTO, "depan.jpg"], "$.images[1]"),
        ('["javascript:alert(1)"]', "$.images[0]"),
    ],
)
def test_other_images_are_named(images: Any, place: str) -> None:
    assert f"`{place}`" in refused(lambda: event(RECORD, images=images))


@pytest.mark.parametrize("item_id", ["6038744949", 6038744949])
def test_ids_are_texts_or_numbers(item_id: Any) -> None:
    assert event(RECORD, item_id=item_id).listing_id == "6038744949"


def test_a_long_id_as_a_number_keeps_every_digit() -> None:
    assert event(RECORD, item_id=1730811847233275332).listing_id == "1730811847233275332"


@pytest.mark.parametrize("item_id", [6038744949.0, 1.7e18, "", "12a", "1" * 21, -5, 0, None, "１２３"])
def test_other_ids_are_named(item_id: Any) -> None:
    assert "`$.item_id`" in refused(lambda: event(RECORD, item_id=item_id))


@pytest.mark.parametrize(
    ("sku", "amount"),
    [
        ({"price": 90000, "special_price": 0}, "90000"),
        ({"price": 90000, "special_price": "0.00"}, "90000"),
        ({"price": 90000, "special_price": ""}, "90000"),
        ({"price": 90000, "special_price": None}, "90000"),
        ({"price": 90000}, "90000"),
        ({"price": 90000, "special_price": 75000}, "75000"),
        ({"price": "123456789012345678", "special_price": 0}, "123456789012345678"),
        ({"price": 9e4}, "90000"),
        ({"price": 85000 * 1.1}, "93500"),
        ({"price": 90000, "special_price": 1e-9}, "90000"),
    ],
)
def test_a_special_price_of_zero_is_none(sku: dict[str, Any], amount: str) -> None:
    assert event(RECORD, skus=[sku]).price == Price(amount=amount, currency="IDR")


def test_without_prices_there_is_no_price() -> None:
    assert event(RECORD, skus=[{"price": 0}]).price is None
    assert event(RECORD, skus=None).price is None


def test_variants_off_sale_count_only_where_all_are() -> None:
    off = [{"Status": "inactive", "price": 5000}, {"Status": "deleted", "price": 4000}]
    price = event(RECORD, skus=off).price
    assert price is not None
    assert price.amount == "4000"


@pytest.mark.parametrize("price", ["1E+999999999", "NaN", "-1", 1e300, [], True, "murah"])
def test_other_prices_are_named(price: Any) -> None:
    assert "`$.skus[0].price`" in refused(lambda: event(RECORD, skus=[{"price": price}]))


def test_currency_and_seller_come_from_the_options() -> None:
    other = Shop(seller_id="77", currency="MYR")
    made = listing_event(raw(RECORD), shop=other, observed_at=OBSERVED)
    assert made.seller_id == "77"
    assert made.price == Price(amount="85000.5", currency="MYR")


@pytest.mark.parametrize(
    "time",
    [
        "2026-11-24T08:00:00+0700",
        "2026-11-24T08:00:00+07:00",
        "2026-11-24T01:00:00Z",
        "2026-11-24 09:00:00 +0800".replace(" +", "+"),
        "1795482000000",
        1795482000000,
        "1795482000",
        1795482000,
    ],
)
def test_times_with_every_kind_of_zone(time: Any) -> None:
    made = event(RECORD, created_time=time, updated_time=time)
    assert made.listed_at == datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    assert made.event_id == "lazada-id.6038744949.1795482000000"
    assert made.type is EventType.CREATED


@pytest.mark.parametrize(
    "time",
    [
        "2026-11-24T08:00:00",
        "kemarin",
        "12",
        10**30,
        1.5e12,
        "0001-01-01T00:00:00+14:00",
        [],
        "9999-12-31T23:59:59-23:00",
    ],
)
def test_other_times_are_named(time: Any) -> None:
    assert "`$.updated_time`" in refused(lambda: event(RECORD, updated_time=time))


def test_the_same_version_is_the_same_event_and_another_is_not() -> None:
    assert event(RECORD).event_id == event(RECORD).event_id
    assert event(RECORD, updated_time="1764000700000").event_id != event(RECORD).event_id


def test_a_removal_at_the_same_time_is_another_event() -> None:
    assert event(RECORD, status="Suspended").event_id == event(RECORD).event_id + ".removed"


def test_without_times_the_record_itself_is_the_version() -> None:
    bare = {key: value for key, value in RECORD.items() if not key.endswith("_time")}
    assert event(bare).event_id == event(bare).event_id
    assert event(bare).event_id != event(bare, status="Deleted").event_id
    assert event(bare).listed_at is None


@pytest.mark.parametrize(
    "status", ["InActive", "Deleted", "Suspended", "inactive", "Rejected", "Live_Rejected", "Locked"]
)
def test_what_is_off_sale_is_removed(status: str) -> None:
    assert event(RECORD, status=status).type is EventType.REMOVED


@pytest.mark.parametrize("status", ["Active", "active", "Pending QC", "pending", "sold-out"])
def test_what_is_on_sale_or_being_checked_is_not(status: str) -> None:
    assert event(RECORD, status=status).type is EventType.UPDATED


def test_an_unknown_status_is_named_and_not_guessed() -> None:
    assert "`$.status`" in refused(lambda: event(RECORD, status="Hibernating"))


def test_without_a_status_the_variants_say_it() -> None:
    bare = {key: value for key, value in RECORD.items() if key != "status"}
    assert event(bare).type is EventType.UPDATED
    assert event(bare, skus=[{"Status": "inactive"}, {"Status": "deleted"}]).type is EventType.REMOVED
    assert "`$.status`" in refused(lambda: event(bare, skus=[]))


def test_a_key_is_read_where_the_rest_cannot_be() -> None:
    assert listing_key(b'{"item_id": 12, "attributes": []}') == "lazada-id:12"
    assert listing_key(b'{"item_id": 1.5}') is None
    assert listing_key(b"\xff{") is None


def test_bytes_that_are_no_text_are_an_error_of_the_record() -> None:
    torn = raw(RECORD).replace(b"varsity", b"vars\xffty")
    refused(lambda: listing_event(torn, shop=SHOP, observed_at=OBSERVED))


@given(any_json)
def test_any_json_gives_an_event_or_a_named_reason(record: Any) -> None:
    assert_event_or_reason(lambda: (event(record),))


@given(mutants(RECORD))
def test_any_change_of_a_record_gives_an_event_or_a_named_reason(record: Any) -> None:
    assert_event_or_reason(lambda: (event(record),))


@given(st.binary(max_size=80))
def test_any_bytes_give_a_reason(source: bytes) -> None:
    assert_event_or_reason(lambda: (listing_event(source, shop=SHOP, observed_at=OBSERVED),))
    listing_key(source)
