"""A product of Lazada as a listing event; the records of the list and of the detail have one shape.

What the records do not say comes from the options: the seller and the currency. Traps: `images` is a list or
a list encoded as text; ids are texts or numbers; a `special_price` of 0 means none (whether a special price
is in effect today is not looked at: its dates have no documented format); times are ISO 8601 with any
kind of zone, or epoch text.

Source: Lazada Open Platform, `/products/get` and `/product/item/get`.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

import msgspec
from msgspec import Raw, Struct, field

from connectors.codec import Codec, RecordError
from connectors.events import ListingEvent, Price
from connectors.events import Source as MadeBy
from connectors.html_text import text_of_html
from connectors.marketplace_fields import (
    Scalar,
    amount,
    checked,
    event_id,
    kind,
    lowest,
    milliseconds,
    moment,
    numeric_id,
    photo_url,
    photos,
    refuse,
    shown,
)

MARKETPLACE = "lazada-id"
UP = frozenset({"active", "live", "pending", "pendingqc", "soldout"})
"""On sale, or handed in for it: a relist is best caught while the marketplace still checks it."""
DOWN = frozenset({"deleted", "draft", "inactive", "liverejected", "lock", "locked", "rejected", "suspended"})
ADDRESS = "https://www.lazada.co.id/products/i{item_id}.html"
"""The shortest public address: made from the id, as the one in the record is of the first variant or missing."""


class Shop(Struct, frozen=True, kw_only=True):
    """What the records do not say of themselves."""

    seller_id: str
    currency: str = "IDR"
    version: str = "1"
    """The connector's, for the event's `source`."""


class LazadaSku(Struct):
    """A variant of a product."""

    status: str | None = field(default=None, name="Status")
    images: Raw = field(default_factory=lambda: Raw(b""), name="Images")
    price: Raw = field(default_factory=lambda: Raw(b""))
    special_price: Raw = field(default_factory=lambda: Raw(b""))


class LazadaAttributes(Struct):
    """What the seller wrote."""

    name: str
    description: str | None = None
    short_description: str | None = None


class LazadaProduct(Struct):
    """A product as `/products/get` and `/product/item/get` give it: the fields read here."""

    item_id: Scalar
    attributes: LazadaAttributes
    status: str | None = None
    created_time: Scalar = None
    updated_time: Scalar = None
    primary_category: Scalar = None
    images: Raw = field(default_factory=lambda: Raw(b""))
    skus: tuple[LazadaSku, ...] | None = None


class _Identity(Struct):
    item_id: Scalar


_PRODUCT = Codec(LazadaProduct, ours=True)
_IDENTITY = Codec(_Identity, ours=True)


def listing_event(raw: bytes, *, shop: Shop, observed_at: datetime) -> ListingEvent:
    """The event of one product's record.

    Raises:
        RecordError: the record cannot be mapped; the message names the field.
    """
    product = _PRODUCT.decode(raw).record
    item_id = numeric_id(product.item_id, "$.item_id")
    created = moment(product.created_time, "$.created_time")
    updated = moment(product.updated_time, "$.updated_time") or created
    is_up = _is_up(product)
    price = lowest(_prices(product))
    description = product.attributes.description or product.attributes.short_description
    return checked(
        ListingEvent(
            event_id=event_id(MARKETPLACE, item_id, _version(updated, raw), is_up=is_up),
            type=kind(is_up, created, updated),
            marketplace=MARKETPLACE,
            listing_id=item_id,
            seller_id=shop.seller_id,
            url=ADDRESS.format(item_id=item_id),
            title=product.attributes.name,
            description=text_of_html(description) if description else None,
            price=Price(amount=price, currency=shop.currency) if price is not None else None,
            category=_category(product),
            images=photos(_photo_urls(product)),
            listed_at=created,
            observed_at=observed_at,
            source=MadeBy(connector="lazada", version=shop.version),
        )
    )


def listing_key(raw: bytes) -> str | None:
    """The Kafka key of a record that could not be mapped, if at least its id can be read."""
    try:
        return f"{MARKETPLACE}:{numeric_id(_IDENTITY.decode(raw).record.item_id, '$.item_id')}"
    except RecordError:
        return None


def _version(updated: datetime | None, raw: bytes) -> str:
    if updated is not None:
        return str(milliseconds(updated))
    return hashlib.sha256(raw).hexdigest()[:16]


def _is_up(product: LazadaProduct) -> bool:
    if product.status is not None:
        return _state(product.status, "$.status")
    # Older records say it of the variants alone: the page is there while one of them is on sale.
    states = [
        _state(sku.status, f"$.skus[{place}].Status")
        for place, sku in enumerate(product.skus or ())
        if sku.status is not None
    ]
    if not states:
        refuse("$.status", "a product without a status")
    return any(states)


def _state(status: str, place: str) -> bool:
    word = "".join(letter for letter in status.lower() if letter not in " _-")
    if word in UP:
        return True
    if word not in DOWN:
        refuse(place, f"unknown status {shown(status)}")
    return False


def _prices(product: LazadaProduct) -> Iterator[Decimal | None]:
    skus = list(enumerate(product.skus or ()))
    for_sale = [(place, sku) for place, sku in skus if (sku.status or "active").lower() == "active"]
    for place, sku in for_sale or skus:
        special = amount(sku.special_price, f"$.skus[{place}].special_price")
        yield special or amount(sku.price, f"$.skus[{place}].price")


def _photo_urls(product: LazadaProduct) -> Iterator[str | None]:
    yield from _urls(product.images, "$.images")
    for place, sku in enumerate(product.skus or ()):
        yield from _urls(sku.images, f"$.skus[{place}].Images")


def _urls(raw: Raw, place: str) -> Iterator[str | None]:
    found = _strings(raw, place, list[str | None] | str | None)
    if isinstance(found, str):
        # A list that was encoded as text, by the marketplace itself.
        found = _strings(found, place, list[str | None]) if found.strip() else None
    for number, url in enumerate(found or ()):
        yield photo_url(url, f"{place}[{number}]")


def _strings(source: Raw | str, place: str, wanted: object) -> list[str | None] | str | None:
    if not isinstance(source, str) and not bytes(source):
        return None
    try:
        found: list[str | None] | str | None = msgspec.json.decode(source, type=wanted)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        refuse(place, "expected a list of addresses, or one encoded as text")
    return found


def _category(product: LazadaProduct) -> str | None:
    value = product.primary_category
    if value is None or value == "":
        return None
    return numeric_id(value, "$.primary_category")
