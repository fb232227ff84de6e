"""Every shape that Shopee's items come in becomes the right event, and every other a named error."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.codec import Codec, RecordError
from connectors.events import EventType, Image, ListingEvent, Price
from connectors.shopee.listing import (
    STATUSES,
    gone_event,
    listed_item,
    listing_event,
    needs_models,
    record_key,
)

SHOP = 308864651
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
MADE = 1_795_000_000


def item(**changes: Any) -> dict[str, Any]:
    """An item on sale, as `get_item_base_info` gives it; a change to None leaves the field out."""
    whole = {
        "item_id": 11479305215,
        "category_id": 100_017,
        "item_name": "Jaket varsity batter bear",
        "description": "Bahan fleece tebal",
        "item_sku": "",
        "create_time": MADE,
        "update_time": MADE + 3,
        "price_info": [{"currency": "IDR", "original_price": 120000.0, "current_price": 85000.0}],
        "image": {"image_id_list": ["a"], "image_url_list": ["https://cf.shopee.co.id/file/a"]},
        "condition": "NEW",
        "item_status": "NORMAL",
        "has_model": False,
        "description_type": "normal",
        "brand": {"brand_id": 0, "original_brand_name": "NoBrand"},
    } | changes
    return {name: value for name, value in whole.items() if value is not None}


def mapped(record: Any, models: Any = ()) -> ListingEvent:
    return listing_event(record, shop_id=SHOP, observed_at=NOW, models=models)


def test_an_item_on_sale() -> None:
    event = mapped(item())
    assert event.event_id == f"shopee-id.308864651.11479305215.{MADE + 3}"
    assert event.type is EventType.CREATED
    assert event.key == "shopee-id:308864651.11479305215"
    assert event.seller_id == "308864651"
    assert event.title == "Jaket varsity batter bear"
    assert event.description == "Bahan fleece tebal"
    assert event.price == Price(amount="85000", currency="IDR")
    assert event.category == "100017"
    assert event.condition == "new"
    assert event.images == (Image(url="https://cf.shopee.co.id/file/a"),)
    assert event.listed_at == datetime.fromtimestamp(MADE, UTC)
    assert event.observed_at == NOW


def test_the_address_is_made_from_shop_and_item_which_shopee_does_not_give() -> None:
    record = item()
    assert "shop_id" not in record
    assert mapped(record).url == "https://shopee.co.id/product/308864651/11479305215"


def test_an_extended_description_is_read_from_its_text_fields() -> None:
    fields = [
        {"field_type": "text", "text": "Ukuran L"},
        {
            "field_type": "image",
            "image_info": {"image_id": "b", "image_url": "https://cf.shopee.co.id/file/b"},
        },
        {"field_type": "text", "text": "wa 08123000001"},
    ]
    record = item(
        description="",
        description_type="extended",
        description_info={"extended_description": {"field_list": fields}},
    )
    assert mapped(record).description == "Ukuran L\nwa 08123000001"


@pytest.mark.parametrize("info", [None, {}, {"extended_description": {"field_list": []}}])
def test_an_extended_description_without_text_is_none(info: Any) -> None:
    assert (
        mapped(item(description="", description_type="extended", description_info=info)).description is None
    )


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("NORMAL", EventType.UPDATED),
        ("REVIEWING", EventType.UPDATED),
        ("UNLIST", EventType.REMOVED),
        ("BANNED", EventType.REMOVED),
        ("SELLER_DELETE", EventType.REMOVED),
        ("SHOPEE_DELETE", EventType.REMOVED),
    ],
)
def test_what_each_status_means(status: str, kind: EventType) -> None:
    assert mapped(item(item_status=status, update_time=MADE + 5000)).type is kind


def test_every_status_is_asked_for_and_known() -> None:
    assert [mapped(item(item_status=status)).listing_id for status in STATUSES] == [
        "308864651.11479305215"
    ] * 6


def test_an_unknown_status_is_an_error_that_names_it() -> None:
    with pytest.raises(RecordError, match=r"\$\.item_status"):
        mapped(item(item_status="HIDDEN_BY_POLICY"))


def test_a_deleted_item_needs_no_title() -> None:
    event = mapped(item(item_status="SELLER_DELETE", item_name=None, price_info=None, image=None))
    assert (event.type, event.title) == (EventType.REMOVED, "")


@pytest.mark.parametrize("title", [None, "", "  "])
def test_an_item_on_sale_without_title_is_an_error(title: str | None) -> None:
    with pytest.raises(RecordError, match="item_name"):
        mapped(item(item_name=title))


@pytest.mark.parametrize(
    ("after", "kind"), [(0, EventType.CREATED), (60, EventType.CREATED), (61, EventType.UPDATED)]
)
def test_created_is_a_matter_of_the_record_alone(after: int, kind: EventType) -> None:
    assert mapped(item(update_time=MADE + after)).type is kind


def model(price: Any, *, currency: str = "IDR", status: str = "MODEL_NORMAL") -> dict[str, Any]:
    return {
        "model_id": 1,
        "model_status": status,
        "price_info": [{"currency": currency, "current_price": price, "original_price": 999_999}],
    }


def test_the_price_of_an_item_with_models_is_the_lowest_that_can_be_bought() -> None:
    record = item(has_model=True, price_info=None)
    assert needs_models(record)
    models = [model(120000.0), model(90000.5), model(1.0, status="MODEL_UNAVAILABLE")]
    assert mapped(record, models).price == Price(amount="90000.5", currency="IDR")
    assert mapped(record, models[2:]).price == Price(amount="1", currency="IDR")


def test_an_item_with_models_that_are_not_told_has_no_price() -> None:
    assert mapped(item(has_model=True, price_info=None)).price is None


def test_an_item_without_models_needs_no_more_calls() -> None:
    assert not needs_models(item())
    assert not needs_models(item(price_info=None))
    assert not needs_models("no item")
    assert not needs_models(item(has_model=True, price_info=None, item_status="BANNED")), "nobody buys it"


def test_models_in_two_currencies_are_an_error() -> None:
    with pytest.raises(RecordError, match="IDR, SGD"):
        mapped(item(has_model=True, price_info=None), [model(1.0), model(1.0, currency="SGD")])


@pytest.mark.parametrize("price", [-1.0, 1e300, 10**5000, float("inf"), float("nan")], ids=range(5))
def test_what_is_no_price_is_an_error(price: Any) -> None:
    with pytest.raises(RecordError, match="current_price"):
        mapped(item(price_info=[{"currency": "IDR", "current_price": price}]))


@pytest.mark.parametrize(
    ("price", "amount"), [(85000, "85000"), (0.1, "0.1"), (1e15, "1000000000000000"), (0, "0"), (1e-7, "0")]
)
def test_prices_as_decimal_text(price: Any, amount: str) -> None:
    event = mapped(item(price_info=[{"currency": "IDR", "current_price": price}]))
    assert event.price == Price(amount=amount, currency="IDR")


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "javascript:alert(1)", "", "https://a b", "https://a\n"]
)
def test_a_photo_that_is_no_http_address_is_an_error(url: str) -> None:
    with pytest.raises(RecordError, match=r"image_url_list\[1\]"):
        mapped(item(image={"image_url_list": ["https://cf.shopee.co.id/file/a", url]}))


def test_too_many_photos_are_an_error_and_never_cut() -> None:
    assert len(mapped(item(image={"image_url_list": ["https://x.example/a"] * 50})).images) == 50
    with pytest.raises(RecordError, match="51 photos"):
        mapped(item(image={"image_url_list": ["https://x.example/a"] * 51}))


@pytest.mark.parametrize(
    ("told", "kept"), [("NEW", "new"), ("USED", "used"), ("-", "unknown"), (None, "unknown")]
)
def test_condition(told: str | None, kept: str) -> None:
    assert mapped(item(condition=told)).condition == kept


@pytest.mark.parametrize("field", ["item_id", "item_status", "update_time"])
def test_a_missing_field_is_named(field: str) -> None:
    with pytest.raises(RecordError, match=field):
        mapped(item(**{field: None}))


def test_an_item_gone_meanwhile_is_removed_under_an_id_of_its_own() -> None:
    entry = listed_item({"item_id": 7, "item_status": "NORMAL", "update_time": MADE, "tag": {"kit": False}})
    gone = gone_event(entry, shop_id=SHOP, observed_at=NOW)
    alive = mapped(item(item_id=7, update_time=MADE))
    assert gone.type is EventType.REMOVED
    assert gone.key == alive.key
    assert gone.event_id != alive.event_id


def test_the_key_of_a_broken_record_where_it_can_be_read() -> None:
    assert record_key({"item_id": 7}, SHOP) == "shopee-id:308864651.7"
    assert [record_key(broken, SHOP) for broken in (None, [], {}, {"item_id": "7"}, {"item_id": True})] == [
        None
    ] * 5


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=15,
)


@st.composite
def bent(draw: st.DrawFn) -> dict[str, Any]:
    """An item some of whose fields are anything at all."""
    record = item(
        description_info={"extended_description": {"field_list": [{"field_type": "text", "text": "a"}]}}
    )
    for name in draw(st.lists(st.sampled_from(sorted(record)), max_size=4)):
        record[name] = draw(JSON)
    return record


@settings(deadline=None)
@given(record=JSON | bent(), models=st.lists(JSON, max_size=3))
def test_any_shape_is_an_event_or_an_error_that_names_the_field(record: Any, models: list[Any]) -> None:
    try:
        event = mapped(record, models)
    except RecordError as error:
        message = str(error)
        assert message.startswith("Shopee item: ")
        assert len(message) < 400
        return
    assert Codec(ListingEvent).decode(msgspec.json.encode(event)).record == event
    assert mapped(record, models).event_id == event.event_id


@settings(deadline=None)
@given(record=JSON | st.fixed_dictionaries({"item_id": JSON, "item_status": JSON, "update_time": JSON}))
def test_any_list_entry_is_one_or_an_error(record: Any) -> None:
    try:
        entry = listed_item(record)
    except RecordError:
        return
    assert gone_event(entry, shop_id=SHOP, observed_at=NOW).type is EventType.REMOVED
