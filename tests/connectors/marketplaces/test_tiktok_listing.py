"""TikTok Shop's records as events, for TikTok Shop and for Tokopedia: each trap, and any JSON at all."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from json_shapes import OBSERVED, any_json, assert_event_or_reason, changed, mutants, raw, refused

from connectors.events import EventType, Image, ListingEvent, Price
from connectors.tiktok.listing import TIKTOK, TOKOPEDIA, Shop, found, listing_events, listing_key

SHOP = Shop(seller_id="7494049642642441621")
BOTH = (TIKTOK, TOKOPEDIA)
PHOTO = "https://p16-oec-sg.ibyteimg.com/depan.jpeg"
DETAIL: dict[str, Any] = {
    "id": "1730811847233275332",
    "title": "Jaket varsity anak",
    "product_status": "ACTIVATE",
    "create_time": 1764000000,
    "update_time": 1764000600,
    "description": "<p>Tebal &amp; hangat</p><ul><li>M</li><li>XL</li></ul>",
    "category_chains": [
        {"id": "1", "local_name": "Pakaian", "is_leaf": False},
        {"id": "2", "local_name": "\t\nJaket ", "is_leaf": True},
    ],
    "main_images": [{"uri": "tos/depan", "urls": [PHOTO], "thumb_urls": [PHOTO + "?kecil"], "width": 600}],
    "skus": [
        {"id": "10", "price": {"currency": "IDR", "sale_price": "99000", "tax_exclusive_price": "99000"}},
        {
            "id": "11",
            "price": {"currency": "IDR", "sale_price": "85000"},
            "sales_attributes": [{"name": "Warna", "sku_img": {"urls": [PHOTO + "?merah"]}}],
        },
    ],
    "is_pre_owned": False,
    "integrated_platform_statuses": [{"platform": "TOKOPEDIA", "status": "ACTIVATE"}],
}
SEARCH: dict[str, Any] = {
    "id": "1730811847233275332",
    "title": "Jaket varsity anak",
    "status": "ACTIVATE",
    "create_time": 1764000000,
    "update_time": 1764000600,
    "skus": [{"id": "10", "price": {"currency": "IDR", "tax_exclusive_price": "99000"}}],
}


def events(
    record: Any, marketplaces: tuple[str, ...] = (TIKTOK,), **changes: Any
) -> tuple[ListingEvent, ...]:
    for name, value in changes.items():
        record = changed(record, (name,), value)
    return listing_events(raw(record), marketplaces=marketplaces, shop=SHOP, observed_at=OBSERVED)


def event(record: Any, **changes: Any) -> ListingEvent:
    (one,) = events(record, **changes)
    return one


def without(record: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in names}


def test_a_whole_detail() -> None:
    made = event(DETAIL)
    assert made == ListingEvent(
        event_id="tiktok-id.1730811847233275332.1764000600",
        type=EventType.UPDATED,
        marketplace="tiktok-id",
        listing_id="1730811847233275332",
        seller_id="7494049642642441621",
        url="https://shop-id.tokopedia.com/view/product/1730811847233275332",
        title="Jaket varsity anak",
        description="Tebal & hangat\nM\nXL",
        price=Price(amount="85000", currency="IDR"),
        category="Jaket",
        condition="unknown",
        images=(Image(url=PHOTO), Image(url=PHOTO + "?merah")),
        listed_at=datetime(2025, 11, 24, 16, 0, tzinfo=UTC),
        observed_at=OBSERVED,
        source=made.source,
    )
    assert made.source is not None


def test_on_both_platforms_it_is_an_event_of_each() -> None:
    tiktok, tokopedia = events(DETAIL, BOTH)
    assert (tiktok.key, tokopedia.key) == (
        "tiktok-id:1730811847233275332",
        "tokopedia-id:1730811847233275332",
    )
    assert tiktok.event_id != tokopedia.event_id
    assert tokopedia.url is None
    assert tokopedia.images == tiktok.images


def test_only_the_marketplaces_asked_for() -> None:
    assert [each.marketplace for each in events(DETAIL, (TOKOPEDIA,))] == ["tokopedia-id"]
    assert events(without(DETAIL, "integrated_platform_statuses"), (TOKOPEDIA,)) == ()
    assert events(without(DETAIL, "product_status"), (TIKTOK,)) == ()


def test_another_platform_is_no_marketplace_of_ours() -> None:
    elsewhere = [{"platform": "LAINNYA", "status": "HIBERNATING"}]
    assert [each.marketplace for each in events(DETAIL, BOTH, integrated_platform_statuses=elsewhere)] == [
        "tiktok-id"
    ]


def test_each_platform_has_a_status_of_its_own() -> None:
    down = [{"platform": "TOKOPEDIA", "status": "PLATFORM_DEACTIVATED"}]
    tiktok, tokopedia = events(DETAIL, BOTH, integrated_platform_statuses=down)
    assert (tiktok.type, tokopedia.type) == (EventType.UPDATED, EventType.REMOVED)
    tiktok, tokopedia = events(DETAIL, BOTH, product_status="FREEZE")
    assert (tiktok.type, tokopedia.type) == (EventType.REMOVED, EventType.UPDATED)


def test_the_status_is_named_differently_in_search_and_detail() -> None:
    assert event(SEARCH).type is EventType.UPDATED
    assert event(SEARCH, status="DELETED").type is EventType.REMOVED
    assert event(DETAIL, product_status="DELETED").type is EventType.REMOVED
    # `status` knows of the audit as well: it goes first.
    assert event(DETAIL | {"status": "FAILED"}).type is EventType.REMOVED


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("ACTIVATE", EventType.UPDATED),
        ("PENDING", EventType.UPDATED),
        ("DRAFT", EventType.REMOVED),
        ("FAILED", EventType.REMOVED),
        ("SELLER_DEACTIVATED", EventType.REMOVED),
        ("PLATFORM_DEACTIVATED", EventType.REMOVED),
        ("FREEZE", EventType.REMOVED),
        ("DELETED", EventType.REMOVED),
    ],
)
def test_every_documented_status(status: str, kind: EventType) -> None:
    assert event(SEARCH, status=status).type is kind


def test_an_unknown_status_is_named_and_not_guessed() -> None:
    assert "`$.status`" in refused(lambda: event(SEARCH, status="HIBERNATING"))
    assert "`$.product_status`" in refused(lambda: event(DETAIL, product_status="HIBERNATING"))
    odd = [{"platform": "TOKOPEDIA", "status": "HIBERNATING"}]
    assert "`$.integrated_platform_statuses[0].status`" in refused(
        lambda: event(DETAIL, integrated_platform_statuses=odd)
    )
    assert "`$.status`" in refused(lambda: events(without(SEARCH, "status")))


def test_photos_and_description_are_only_in_the_detail() -> None:
    made = event(SEARCH, status="DELETED")
    assert (made.images, made.description, made.title) == ((), None, "Jaket varsity anak")


def test_the_search_says_whether_the_detail_is_needed() -> None:
    assert found(raw(SEARCH)).up == {TIKTOK}
    frozen = found(
        raw(
            SEARCH
            | {"status": "FREEZE", "integrated_platform_statuses": DETAIL["integrated_platform_statuses"]}
        )
    )
    assert (frozen.listing_id, frozen.up, frozen.down) == ("1730811847233275332", {TOKOPEDIA}, {TIKTOK})


@pytest.mark.parametrize(("pre_owned", "condition"), [(True, "used"), (False, "new"), (None, "unknown")])
def test_pre_owned_counts_on_tokopedia_alone(pre_owned: bool | None, condition: str) -> None:
    alone = without(DETAIL, "product_status") | {"is_pre_owned": pre_owned}
    (made,) = events(alone, (TOKOPEDIA,))
    assert made.condition == condition
    # On TikTok Shop as well, the field says nothing.
    assert {each.condition for each in events(DETAIL | {"is_pre_owned": pre_owned}, BOTH)} == {"unknown"}


@pytest.mark.parametrize("number", [1730811847233275332, 576486316948490001])
def test_long_ids_as_numbers_keep_every_digit(number: int) -> None:
    assert event(DETAIL, id=number).listing_id == str(number)
    assert found(raw(SEARCH | {"id": number})).listing_id == str(number)
    assert listing_key(raw(SEARCH | {"id": number}), TIKTOK) == f"tiktok-id:{number}"


def test_an_id_that_went_through_a_float_is_refused() -> None:
    number = 1730811847233275332.0
    for record in (DETAIL, SEARCH):
        message = refused(lambda record=record: event(record, id=number))  # type: ignore[misc]
        assert "lost digits" in message
        assert "`$.id`" in message
    assert listing_key(raw(SEARCH | {"id": number}), TIKTOK) is None


@pytest.mark.parametrize("number", ["", "abc", "1" * 21, None, 0, -1])
def test_other_ids_are_named(number: Any) -> None:
    assert "`$.id`" in refused(lambda: event(DETAIL, id=number))


def test_the_local_price_is_named_differently_too() -> None:
    assert event(SEARCH).price == Price(amount="99000", currency="IDR")
    assert event(DETAIL, skus=[{"price": {"currency": "IDR", "sale_price": 85000.0}}]).price == Price(
        amount="85000", currency="IDR"
    )
    assert event(DETAIL, skus=[{"price": {"currency": "IDR"}}]).price is None
    assert event(DETAIL, skus=None).price is None
    assert "currency" in refused(lambda: event(DETAIL, skus=[{"price": {"sale_price": "5"}}]))
    assert "`$.skus[0].price.sale_price`" in refused(
        lambda: event(DETAIL, skus=[{"price": {"currency": "IDR", "sale_price": "x"}}])
    )


def test_prices_of_another_currency_are_not_compared() -> None:
    skus = [
        {"price": {"currency": "IDR", "sale_price": "85000"}},
        {"price": {"currency": "USD", "sale_price": "5"}},
    ]
    assert event(DETAIL, skus=skus).price == Price(amount="85000", currency="IDR")


def test_a_photo_without_its_full_size_is_taken_small() -> None:
    images: list[Any] = [{"uri": "tos/1"}, {"urls": [], "thumb_urls": [PHOTO]}]
    assert event(DETAIL, main_images=images, skus=[]).images == (Image(url=PHOTO),)
    assert "`$.main_images[0].urls[0]`" in refused(lambda: event(DETAIL, main_images=[{"urls": ["tos/1"]}]))


def test_new_and_changed() -> None:
    assert event(DETAIL, update_time=DETAIL["create_time"]).type is EventType.CREATED
    assert event(without(DETAIL, "update_time")).type is EventType.CREATED


def test_the_same_version_is_the_same_event_from_search_and_detail() -> None:
    assert event(DETAIL).event_id == event(SEARCH).event_id
    assert event(DETAIL, update_time=1764000601).event_id != event(DETAIL).event_id


def test_a_removal_at_the_same_time_is_another_event() -> None:
    assert event(SEARCH, status="FREEZE").event_id == event(SEARCH).event_id + ".removed"


def test_without_times_the_record_itself_is_the_version() -> None:
    bare = without(DETAIL, "create_time", "update_time")
    assert event(bare).event_id == event(bare).event_id
    assert event(bare).event_id != event(bare, title="Lain").event_id


@given(any_json)
def test_any_json_gives_events_or_a_named_reason(record: Any) -> None:
    assert_event_or_reason(lambda: events(record, BOTH))
    assert_event_or_reason(lambda: (found(raw(record)), ())[1])


@given(mutants(DETAIL))
def test_any_change_of_a_detail_gives_events_or_a_named_reason(record: Any) -> None:
    assert_event_or_reason(lambda: events(record, BOTH))


@given(mutants(SEARCH))
def test_any_change_of_a_search_record_gives_events_or_a_named_reason(record: Any) -> None:
    assert_event_or_reason(lambda: events(record, BOTH))
    assert_event_or_reason(lambda: (found(raw(record)), ())[1])


@given(st.binary(max_size=80))
def test_any_bytes_give_a_reason(source: bytes) -> None:
    assert_event_or_reason(lambda: listing_events(source, marketplaces=BOTH, shop=SHOP, observed_at=OBSERVED))
    listing_key(source, TIKTOK)
