"""A listing as Lazada's API shows it.

Field names as in the Open Platform's pages of GetProducts and GetProductItem. As the real answers do, some
come with `images` as a JSON-encoded text and with ids and counts as texts; `special_price` 0 is none; there is
no currency, no seller and no condition.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from html import escape
from typing import Any

from connectors.events import Image
from connectors.sample.catalogue import GARMENT_NAMES
from connectors.sample.listing_ids import LAZADA
from connectors.simulator.api import trait
from connectors.simulator.version import Standing, Version

STATUS = {Standing.LIVE: "Active", Standing.BANNED: "Suspended", Standing.DELETED: "Deleted"}
FILTERS: dict[str, frozenset[Standing]] = {
    "all": frozenset(Standing),
    "live": frozenset({Standing.LIVE}),
    "deleted": frozenset({Standing.DELETED}),
    "rejected": frozenset({Standing.BANNED}),
    "inactive": frozenset(),
    "pending": frozenset(),
    "sold-out": frozenset(),
}
JAKARTA = timezone(timedelta(hours=7))


def product(version: Version, image_url: Callable[[Image], str]) -> dict[str, Any]:
    """A product of GetProducts; GetProductItem gives the same."""
    listing = version.listing
    urls = [image_url(image) for image in listing.images]
    as_text = as_texts(version)
    standing = version.on(LAZADA) or Standing.DELETED
    shown: dict[str, Any] = {
        "created_time": str(version.created_ms),
        "updated_time": str(version.changed_ms),
        "images": json.dumps(urls) if as_text else urls,
        "skus": [sku(version, place, urls) for place in range(2 if trait(version.item, 4) == 1 else 1)],
        "item_id": str(version.item) if as_text else version.item,
        "variation": {},
        "trialProduct": False,
        "primary_category": category_number(listing.category),
        "marketImages": [],
        "attributes": {
            "name": listing.title,
            "short_description": "",
            "description": f"<p>{escape(listing.description or '')}</p>",
            "brand": "No Brand",
            "warranty_type": "No Warranty",
            "source": "asc",
        },
        "status": STATUS[standing],
    }
    if standing is Standing.BANNED:
        shown["subStatus"] = "Lock"
        shown["rejectReason"] = [{"suggestion": "", "violationDetail": version.reason}]
    return shown


def as_texts(version: Version) -> bool:
    """Whether this product is one of those with texts where others have numbers and lists."""
    return trait(version.item, 3) == 2


def sku(version: Version, place: int, urls: list[str]) -> dict[str, Any]:
    """One variant. Every fifth product is on sale: then `special_price` is what is paid."""
    number = version.item * 10 + place
    price = version.listing.price
    paid = float(price.amount) + place * 10_000 if price else 0.0
    on_sale = trait(version.item, 5) == 3
    shown: dict[str, Any] = {
        "Status": "active" if version.on(LAZADA) is Standing.LIVE else "inactive",
        "quantity": 1,
        "Images": urls[:1] if place else [],
        "SellerSku": f"SKU-{version.item % 100_000:05}-{place}",
        "ShopSku": f"{version.item}_ID-{number}",
        "Url": f"https://www.lazada.co.id/-i{version.item}-s{number}.html",
        "package_width": "15.00",
        "package_height": "3.00",
        "package_length": "20.00",
        "package_weight": "0.3",
        "price": float(round(paid * 1.25)) if on_sale else paid,
        "special_price": paid if on_sale else 0.0,
        "Available": 1,
        "SkuId": number,
    }
    if on_sale:
        since = datetime.fromtimestamp(version.created_ms / 1000, UTC).astimezone(JAKARTA)
        shown["special_from_time"] = f"{since:%Y-%m-%d %H:%M}"
        shown["special_to_time"] = f"{since.replace(year=since.year + 20, day=1):%Y-%m-%d %H:%M}"
        shown["special_time_format"] = "yyyy-MM-dd HH:mm"
    return shown


def category_number(name: str | None) -> int:
    """Our category's name as one of the marketplace's numbers."""
    return 10_000_200 + GARMENT_NAMES.index(name) if name in GARMENT_NAMES else 10_000_199
