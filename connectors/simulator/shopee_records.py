"""A listing as Shopee's API shows it.

Field names as in the Open Platform's pages of v2.product.get_item_list, get_item_base_info and
get_model_list. Some items have an extended description (then `description` is empty), some have models (then
the item itself has no price), some are discounted.
"""

from collections.abc import Callable
from typing import Any

from connectors.events import Image
from connectors.sample.catalogue import GARMENT_NAMES
from connectors.sample.listing_ids import SHOPEE
from connectors.simulator.api import trait
from connectors.simulator.version import Standing, Version

STATUS = {
    Standing.LIVE: "NORMAL",
    Standing.BANNED: "BANNED",
    Standing.DELETED: "SELLER_DELETE",
}
CONDITION = {"new": "NEW", "used": "USED", "unknown": ""}


def status_of(version: Version) -> str:
    """The item_status."""
    return STATUS[version.on(SHOPEE) or Standing.DELETED]


def item_row(version: Version) -> dict[str, Any]:
    """A row of get_item_list."""
    return {
        "item_id": version.item,
        "item_status": status_of(version),
        "update_time": version.changed_ms // 1000,
        "tag": {"kit": False},
    }


def has_models(version: Version) -> bool:
    """Whether the item has variants, with the prices."""
    return trait(version.item, 4) == 1


def base_info(version: Version, image_url: Callable[[Image], str]) -> dict[str, Any]:
    """An entry of get_item_base_info."""
    listing = version.listing
    urls = [image_url(image) for image in listing.images]
    info: dict[str, Any] = {
        "item_id": version.item,
        "category_id": category_number(listing.category),
        "item_name": listing.title,
        "description": listing.description or "",
        "item_sku": f"SKU-{version.item % 100_000:05}",
        "create_time": version.created_ms // 1000,
        "update_time": version.changed_ms // 1000,
        "image": {
            "image_id_list": [f"id-11134207-{version.item % 10**8:08}-{place}" for place in range(len(urls))],
            "image_url_list": urls,
            "image_ratio": "1:1",
        },
        "weight": "0.3",
        "dimension": {"package_length": 20, "package_width": 15, "package_height": 3},
        "logistic_info": [
            {"logistic_id": 8003, "logistic_name": "Reguler", "enabled": True, "is_free": False}
        ],
        "pre_order": {"is_pre_order": False, "days_to_ship": 2},
        "condition": CONDITION[listing.condition],
        "size_chart": "",
        "item_status": status_of(version),
        "deboost": "FALSE",
        "has_model": has_models(version),
        "brand": {"brand_id": 0, "original_brand_name": "NoBrand"},
        "item_dangerous": 0,
        "description_type": "normal",
        "stock_info_v2": {
            "summary_info": {"total_reserved_stock": 0, "total_available_stock": 1},
            "seller_stock": [{"location_id": "", "stock": 1}],
        },
    }
    if not has_models(version) and listing.price is not None:
        info["price_info"] = [prices(version, 0)]
    if trait(version.item, 3) == 2:
        extend_description(info, urls)
    return info


def extend_description(info: dict[str, Any], urls: list[str]) -> None:
    """Move the description to where extended ones are: texts and photos in turn."""
    text: str = info["description"]
    middle = text.find(". ") + 1 or len(text)
    fields: list[dict[str, Any]] = [{"field_type": "text", "text": text[:middle]}]
    if urls:
        fields.append(
            {"field_type": "image", "image_info": {"image_id": "id-11134207-desc", "image_url": urls[0]}}
        )
    if text[middle:].strip():
        fields.append({"field_type": "text", "text": text[middle:].strip()})
    info["description"] = ""
    info["description_type"] = "extended"
    info["description_info"] = {"extended_description": {"field_list": fields}}


def prices(version: Version, place: int) -> dict[str, Any]:
    """A price_info: the first variant has the listing's price, every fifth item is on sale at it."""
    price = version.listing.price
    current = float(price.amount) + place * 10_000 if price else 0.0
    original = round(current * 1.25) if trait(version.item, 5) == 3 else current
    return {
        "currency": price.currency if price else "IDR",
        "original_price": float(original),
        "current_price": current,
        "inflated_price_of_original_price": float(original),
        "inflated_price_of_current_price": current,
    }


def model_list(version: Version) -> dict[str, Any]:
    """The response of get_model_list; without variants its lists are empty."""
    places = range(2) if has_models(version) else range(0)
    names = ("Size M", "Size L")
    return {
        "tier_variation": [{"name": "Ukuran", "option_list": [{"option": names[place]} for place in places]}]
        if places
        else [],
        "model": [
            {
                "model_id": version.item * 10 + place,
                "model_name": names[place],
                "model_sku": f"SKU-{version.item % 100_000:05}-{place}",
                "model_status": "MODEL_NORMAL",
                "tier_index": [place],
                "promotion_id": 0,
                "price_info": [prices(version, place)],
                "stock_info_v2": {
                    "summary_info": {"total_reserved_stock": 0, "total_available_stock": 1},
                    "seller_stock": [{"location_id": "", "stock": 1, "if_saleable": True}],
                },
            }
            for place in places
        ],
    }


def category_number(name: str | None) -> int:
    """Our category's name as one of the marketplace's numbers."""
    return 100_350 + GARMENT_NAMES.index(name) if name in GARMENT_NAMES else 100_349
