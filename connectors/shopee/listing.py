"""An item as Shopee's `get_item_base_info` tells it, turned into a listing event. Pure: no network, no clock.

Sources: Shopee Open Platform, v2.product.get_item_list, get_item_base_info and get_model_list.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal, DecimalException
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from connectors.codec import RecordError
from connectors.events import Condition, EventType, Image, ListingEvent, Price, Source
from connectors.field_types import Amount

MARKETPLACE = "shopee-id"
CONNECTOR = Source(connector="shopee", version="1")
SITE = "https://shopee.co.id"
CREATED_WITHIN_SECONDS = 60
"""An item whose last change is this near to its making counts as created.

Equality would hardly ever hold: Shopee saves an item's photos and models after the item itself, and the sample of
its own documentation has `update_time` three seconds behind `create_time`. Nor is it "first seen by this process":
the same version of an item must give the same event however the windows lie and whoever reads them.
"""
MAX_PHOTOS = 50
"""As `events.Images`; Shopee itself allows nine."""

Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Seconds = Annotated[int, Meta(ge=1, le=253_402_300_799)]
"""Unix time, up to the year 9999."""
Status = Literal["NORMAL", "UNLIST", "REVIEWING", "BANNED", "SELLER_DELETE", "SHOPEE_DELETE"]
STATUSES: tuple[Status, ...] = ("NORMAL", "UNLIST", "REVIEWING", "BANNED", "SELLER_DELETE", "SHOPEE_DELETE")
ON_SALE: frozenset[Status] = frozenset({"NORMAL", "REVIEWING"})
"""Where buyers see the item, or will in a moment: an item under review is fingerprinted before it goes public.
An unlisted one is out of sight; when its seller shows it again that is a change, and makes an event."""


class ListedItem(Struct, frozen=True, kw_only=True):
    """One entry of `get_item_list`. Its status is not judged: what the item itself says counts."""

    item_id: Id
    update_time: Seconds


class _PriceInfo(Struct, frozen=True):
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]
    current_price: int | float


class _Photos(Struct, frozen=True):
    image_url_list: tuple[Annotated[str, Meta(max_length=4096)], ...] = ()


class _Field(Struct, frozen=True):
    field_type: str = ""
    text: str | None = None


class _Fields(Struct, frozen=True):
    field_list: tuple[_Field, ...] = ()


class _DescriptionInfo(Struct, frozen=True):
    extended_description: _Fields | None = None


class _Item(Struct, frozen=True, kw_only=True):
    item_id: Id
    item_status: Status
    update_time: Seconds
    create_time: Seconds | None = None
    item_name: str = ""
    description: str | None = None
    description_type: str | None = None
    description_info: _DescriptionInfo | None = None
    price_info: tuple[_PriceInfo, ...] | None = None
    image: _Photos | None = None
    category_id: Annotated[int, Meta(ge=0, le=2**63 - 1)] | None = None
    condition: str | None = None
    has_model: bool | None = None


class _Model(Struct, frozen=True):
    price_info: tuple[_PriceInfo, ...] | None = None
    model_status: str = "MODEL_NORMAL"


S = TypeVar("S")


def listed_item(record: Any) -> ListedItem:
    """An entry of `get_item_list`.

    Raises:
        RecordError: a field is missing or of the wrong kind; the message names it.
    """
    return _read(record, ListedItem)


def needs_models(record: Any) -> bool:
    """Whether prices that matter are in `get_model_list` alone: Shopee leaves them out where there are models."""
    if not isinstance(record, dict):
        return False
    status = record.get("item_status")
    if not isinstance(status, str) or status not in ON_SALE:
        return False
    return record.get("has_model") is True and not record.get("price_info")


def listing_event(
    record: Any, *, shop_id: int, observed_at: datetime, models: Iterable[Any] = (), site: str = SITE
) -> ListingEvent:
    """The event for one entry of `get_item_base_info`, with the `model` entries of `get_model_list`.

    Raises:
        RecordError: a field is missing, unknown or of the wrong kind; the message names it. Nothing is guessed.
    """
    item = _read(record, _Item)
    on_sale = item.item_status in ON_SALE
    if on_sale and not item.item_name.strip():
        raise RecordError("invalid-record", "Shopee item: item_name is missing or empty")
    prices = item.price_info or _model_prices(models)
    return ListingEvent(
        event_id=event_id(shop_id, item.item_id, item.update_time),
        type=_type(item, on_sale),
        marketplace=MARKETPLACE,
        listing_id=listing_id(shop_id, item.item_id),
        title=item.item_name,
        seller_id=str(shop_id),
        url=public_url(shop_id, item.item_id, site),
        description=_description(item),
        price=_lowest(prices),
        category=None if item.category_id is None else str(item.category_id),
        condition=_condition(item.condition),
        images=_images(item.image.image_url_list if item.image else ()),
        listed_at=None if item.create_time is None else _moment(item.create_time),
        observed_at=observed_at,
        source=CONNECTOR,
    )


def gone_event(entry: ListedItem, *, shop_id: int, observed_at: datetime, site: str = SITE) -> ListingEvent:
    """The removal of an item that was in the list and that the detail call knows no more.

    All that is known is the list's entry, so the title is empty. Its id differs from that of the same version
    seen alive: that one may have been sent already, and this one must not be taken for a repetition of it.
    """
    return ListingEvent(
        event_id=f"{event_id(shop_id, entry.item_id, entry.update_time)}.gone",
        type=EventType.REMOVED,
        marketplace=MARKETPLACE,
        listing_id=listing_id(shop_id, entry.item_id),
        title="",
        seller_id=str(shop_id),
        url=public_url(shop_id, entry.item_id, site),
        observed_at=observed_at,
        source=CONNECTOR,
    )


def listing_id(shop_id: int, item_id: int) -> str:
    """`shop.item`, as in the item's public address: an item id alone does not lead to its page."""
    return f"{shop_id}.{item_id}"


def event_id(shop_id: int, item_id: int, update_time: int) -> str:
    """The same version of an item is the same event, whoever reads it and how often."""
    return f"{MARKETPLACE}.{listing_id(shop_id, item_id)}.{update_time}"


def public_url(shop_id: int, item_id: int, site: str = SITE) -> str:
    """The item's page. Shopee's API names neither the page nor the shop of an item."""
    return f"{site}/product/{shop_id}/{item_id}"


def item_id_of(record: Any) -> int | None:
    """The item's id, if that much of the record can be read."""
    item_id = record.get("item_id") if isinstance(record, dict) else None
    if isinstance(item_id, int) and not isinstance(item_id, bool) and 0 < item_id < 2**63:
        return item_id
    return None


def record_key(record: Any, shop_id: int) -> str | None:
    """The Kafka key of a record that cannot be mapped, if its item id can be read."""
    item_id = item_id_of(record)
    return None if item_id is None else f"{MARKETPLACE}:{listing_id(shop_id, item_id)}"


def _read(record: Any, kind: type[S]) -> S:
    try:
        return msgspec.convert(record, kind, strict=True)
    except msgspec.ValidationError as error:
        raise RecordError("invalid-record", f"Shopee item: {error}") from None
    except RecursionError:
        raise RecordError("invalid-record", "Shopee item: nested too deeply") from None


def _type(item: _Item, on_sale: bool) -> EventType:
    if not on_sale:
        return EventType.REMOVED
    if item.create_time is not None and item.update_time - item.create_time <= CREATED_WITHIN_SECONDS:
        return EventType.CREATED
    return EventType.UPDATED


def _description(item: _Item) -> str | None:
    """The plain description, or the text fields of the extended one, whose plain one is always empty."""
    info = item.description_info.extended_description if item.description_info else None
    texts = [field.text for field in (info.field_list if info else ()) if field.text]
    if texts and (item.description_type == "extended" or not item.description):
        return "\n".join(texts)
    return item.description or None


def _model_prices(models: Iterable[Any]) -> tuple[_PriceInfo, ...]:
    read = [_read(model, _Model) for model in models]
    # Those that can be bought; where none can, what they would cost.
    for_sale = [model for model in read if model.model_status != "MODEL_UNAVAILABLE"] or read
    return tuple(price for model in for_sale for price in (model.price_info or ())[:1])


def _lowest(prices: tuple[_PriceInfo, ...]) -> Price | None:
    """What Shopee shows as the price of an item: the lowest of its models, a promotion included."""
    if not prices:
        return None
    currencies = sorted({price.currency for price in prices})
    if len(currencies) > 1:
        raise RecordError(
            "invalid-record", f"Shopee item: price_info has currencies {', '.join(currencies[:5])}"
        )
    return Price(amount=_amount(min(price.current_price for price in prices)), currency=currencies[0])


def _amount(price: int | float) -> str:
    """Decimal text of what the JSON said: through `repr`, which is the shortest text of a float."""
    try:
        exact = Decimal(repr(price)).quantize(Decimal("0.000001"))
        text = f"{exact:f}".rstrip("0").rstrip(".")
        return msgspec.convert(text, Amount)
    except (DecimalException, ValueError, msgspec.ValidationError):
        shown = f"{price!r:.40}" if isinstance(price, float) else "an integer out of range"
        raise RecordError(
            "invalid-record", f"Shopee item: price_info.current_price: {shown} is no price"
        ) from None


def _images(urls: tuple[str, ...]) -> tuple[Image, ...]:
    if len(urls) > MAX_PHOTOS:
        raise RecordError("invalid-record", f"Shopee item: image.image_url_list has {len(urls)} photos")
    for number, url in enumerate(urls):
        if not re.match(r"https?://[^\s\x00-\x1f]+\Z", url):
            raise RecordError(
                "invalid-record", f"Shopee item: image.image_url_list[{number}] is no http address"
            )
    return tuple(Image(url=url) for url in urls)


def _condition(condition: str | None) -> Condition:
    match (condition or "").upper():
        case "NEW":
            return "new"
        case "USED":
            return "used"
        case _:
            return "unknown"


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
