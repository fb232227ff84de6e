"""A product of TikTok Shop as listing events: one for each marketplace that it stands on.

One product may be on TikTok Shop, on Tokopedia, or on both: the two are one backend with one id, but two
public places, each with a status of its own and each taken down on its own. So each gives an event of its own:
`tiktok-id:<id>` and `tokopedia-id:<id>`. Both have the product's id, since a link to either leads to it: the
addresses of TikTok Shop hold it, and those of newer Tokopedia listings end in it.
The address of the first is made from the id. That of the second holds the names of shop and listing as well,
which the records do not say: it is left out rather than guessed.

Traps: the status is `status` in the search and `product_status` in the detail, and is left out where the
product is on Tokopedia alone; photos and description are only in the detail; `is_pre_owned` means something
only where Tokopedia is the sole platform; ids of 18 and 19 digits may come as JSON numbers; the local
price is `tax_exclusive_price` in the search and `sale_price` in the detail.

Source: TikTok Shop Partner Center, Search Products 202502 and Get Product 202309.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal

from msgspec import Raw, Struct, field

from connectors.codec import Codec, RecordError
from connectors.events import Condition, ListingEvent, Price
from connectors.events import Source as MadeBy
from connectors.html_text import text_of_html
from connectors.marketplace_fields import (
    Scalar,
    amount,
    checked,
    event_id,
    kind,
    lowest,
    moment,
    numeric_id,
    photo_url,
    photos,
    refuse,
    seconds,
    shown,
)

TIKTOK: Final = "tiktok-id"
TOKOPEDIA: Final = "tokopedia-id"
Marketplace = Literal["tiktok-id", "tokopedia-id"]
UP = frozenset({"ACTIVATE", "PENDING"})
"""On sale, or handed in for it: a relist is best caught while the marketplace still checks it."""
DOWN = frozenset(
    {"DELETED", "DRAFT", "FAILED", "FREEZE", "INITIAL", "PLATFORM_DEACTIVATED", "SELLER_DEACTIVATED"}
)
ADDRESS = "https://shop-id.tokopedia.com/view/product/{product_id}"
"""TikTok Shop's own pages in Indonesia, which stand under Tokopedia's name."""


class Shop(Struct, frozen=True, kw_only=True):
    """What the records do not say of themselves."""

    seller_id: str | None
    connector: str = "tiktok"
    version: str = "1"


class TikTokImage(Struct):
    """A photo; `uri` alone leads nowhere."""

    urls: tuple[str | None, ...] | None = None
    thumb_urls: tuple[str | None, ...] | None = None


class TikTokSalesAttribute(Struct):
    """What tells one variant from another, such as its colour."""

    sku_img: TikTokImage | None = None


class TikTokPrice(Struct):
    """What a variant costs."""

    currency: str | None = None
    sale_price: Raw = field(default_factory=lambda: Raw(b""))
    tax_exclusive_price: Raw = field(default_factory=lambda: Raw(b""))


class TikTokSku(Struct):
    """A variant of a product."""

    price: TikTokPrice | None = None
    sales_attributes: tuple[TikTokSalesAttribute, ...] | None = None


class TikTokCategory(Struct):
    """A step from the root to the product's category."""

    local_name: str | None = None
    is_leaf: bool | None = None


class PlatformStatus(Struct):
    """The product on another marketplace."""

    platform: str
    status: str


class TikTokProduct(Struct):
    """A product as the search or the detail give it: the fields read here."""

    id: Scalar
    title: str
    status: str | None = None
    product_status: str | None = None
    integrated_platform_statuses: tuple[PlatformStatus, ...] | None = None
    create_time: Scalar = None
    update_time: Scalar = None
    description: str | None = None
    is_pre_owned: bool | None = None
    category_chains: tuple[TikTokCategory, ...] | None = None
    main_images: tuple[TikTokImage, ...] | None = None
    skus: tuple[TikTokSku, ...] | None = None


class _Identity(Struct):
    id: Scalar


_PRODUCT = Codec(TikTokProduct, ours=True)
_IDENTITY = Codec(_Identity, ours=True)


class Found(Struct, frozen=True):
    """What a record of the search says about what to do with it."""

    listing_id: str
    up: frozenset[str]
    """The marketplaces where it is on sale: photos and description, so the detail, are needed only for these."""
    down: frozenset[str]


def found(raw: bytes) -> Found:
    """Where the product of a search record stands.

    Raises:
        RecordError: its id or its status cannot be read; the message names the field.
    """
    product = _PRODUCT.decode(raw).record
    states = _states(product)
    up = frozenset(marketplace for marketplace, is_up in states.items() if is_up)
    return Found(numeric_id(product.id, "$.id"), up, frozenset(states) - up)


def listing_events(
    raw: bytes, *, marketplaces: Collection[str], shop: Shop, observed_at: datetime
) -> tuple[ListingEvent, ...]:
    """The events of one product's record, in the search or the detail, for those of `marketplaces` it stands on.

    Raises:
        RecordError: the record cannot be mapped; the message names the field.
    """
    product = _PRODUCT.decode(raw).record
    product_id = numeric_id(product.id, "$.id")
    states = _states(product)
    created = moment(product.create_time, "$.create_time")
    updated = moment(product.update_time, "$.update_time") or created
    version = str(seconds(updated)) if updated else hashlib.sha256(raw).hexdigest()[:16]
    price, images, category = _price(product), photos(_photo_urls(product)), _category(product)
    return tuple(
        checked(
            ListingEvent(
                event_id=event_id(marketplace, product_id, version, is_up=is_up),
                type=kind(is_up, created, updated),
                marketplace=marketplace,
                listing_id=product_id,
                seller_id=shop.seller_id,
                url=ADDRESS.format(product_id=product_id) if marketplace == TIKTOK else None,
                title=product.title,
                description=text_of_html(product.description) if product.description else None,
                price=price,
                category=category,
                condition=_condition(product, states),
                images=images,
                listed_at=created,
                observed_at=observed_at,
                source=MadeBy(connector=shop.connector, version=shop.version),
            )
        )
        for marketplace, is_up in states.items()
        if marketplace in marketplaces
    )


def listing_key(raw: bytes, marketplace: str) -> str | None:
    """The Kafka key of a record that could not be mapped, if at least its id can be read."""
    try:
        return f"{marketplace}:{numeric_id(_IDENTITY.decode(raw).record.id, '$.id')}"
    except RecordError:
        return None


def _states(product: TikTokProduct) -> Mapping[str, bool]:
    states: dict[str, bool] = {}
    # `status` knows of the audit too, so it goes first; records of the search have no other.
    if product.status is not None:
        states[TIKTOK] = _is_up(product.status, "$.status")
    elif product.product_status is not None:
        states[TIKTOK] = _is_up(product.product_status, "$.product_status")
    for place, other in enumerate(product.integrated_platform_statuses or ()):
        if other.platform == "TOKOPEDIA":
            states[TOKOPEDIA] = _is_up(other.status, f"$.integrated_platform_statuses[{place}].status")
    if not states:
        refuse("$.status", "a product with no status on any platform")
    return states


def _is_up(status: str, place: str) -> bool:
    if status in UP:
        return True
    if status not in DOWN:
        refuse(place, f"unknown status {shown(status)}")
    return False


def _condition(product: TikTokProduct, states: Mapping[str, bool]) -> Condition:
    if product.is_pre_owned is None or states.keys() != {TOKOPEDIA}:
        return "unknown"
    return "used" if product.is_pre_owned else "new"


def _price(product: TikTokProduct) -> Price | None:
    currency = next(
        (sku.price.currency for sku in product.skus or () if sku.price and sku.price.currency), None
    )
    cheapest = lowest(_prices(product, currency))
    if cheapest is None:
        return None
    if currency is None:
        refuse("$.skus[0].price.currency", "a price without its currency")
    return Price(amount=cheapest, currency=currency)


def _prices(product: TikTokProduct, currency: str | None) -> Iterator[Decimal | None]:
    for place, sku in enumerate(product.skus or ()):
        if sku.price is not None and sku.price.currency in (currency, None):
            here = f"$.skus[{place}].price"
            sale = amount(sku.price.sale_price, f"{here}.sale_price")
            yield sale or amount(sku.price.tax_exclusive_price, f"{here}.tax_exclusive_price")


def _photo_urls(product: TikTokProduct) -> Iterator[str | None]:
    for place, image in enumerate(product.main_images or ()):
        yield _photo_url(image, f"$.main_images[{place}]")
    for place, sku in enumerate(product.skus or ()):
        for number, attribute in enumerate(sku.sales_attributes or ()):
            if attribute.sku_img is not None:
                yield _photo_url(attribute.sku_img, f"$.skus[{place}].sales_attributes[{number}].sku_img")


def _photo_url(image: TikTokImage, place: str) -> str | None:
    for name, urls in (("urls", image.urls), ("thumb_urls", image.thumb_urls)):
        for number, candidate in enumerate(urls or ()):
            if url := photo_url(candidate, f"{place}.{name}[{number}]"):
                return url
    return None


def _category(product: TikTokProduct) -> str | None:
    names = [step.local_name for step in product.category_chains or () if step.local_name]
    leaf = next((step.local_name for step in product.category_chains or () if step.is_leaf), None)
    return (leaf or (names[-1] if names else "")).strip() or None
