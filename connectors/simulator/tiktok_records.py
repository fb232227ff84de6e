"""A product as TikTok Shop's API shows it, with Tokopedia as its second marketplace.

Field names as in the Partner Center's pages of Search Products (202502) and Get Product (202309). The search
has neither photos nor description. A product on Tokopedia alone has no status of its own, there and in the
detail, where the field is also called `product_status`; only such a product says whether it is pre-owned.
"""

from collections.abc import Callable
from html import escape
from typing import Any

from connectors.events import Image
from connectors.sample.catalogue import GARMENT_NAMES
from connectors.sample.listing_ids import TIKTOK, TOKOPEDIA
from connectors.simulator.api import trait
from connectors.simulator.version import Standing, Version

STATUS = {
    Standing.LIVE: "ACTIVATE",
    Standing.BANNED: "PLATFORM_DEACTIVATED",
    Standing.DELETED: "DELETED",
}
STATUSES = ("ALL", "DRAFT", "PENDING", "FAILED", "ACTIVATE", "SELLER_DEACTIVATED", "PLATFORM_DEACTIVATED",
            "FREEZE", "DELETED")  # fmt: skip
PLATFORMS = {"TIKTOK_SHOP": TIKTOK, "TOKOPEDIA": TOKOPEDIA}


def search_row(version: Version) -> dict[str, Any]:
    """A product of the search."""
    shown: dict[str, Any] = {
        "id": str(version.item),
        "title": version.listing.title,
        "skus": skus(version),
        "sales_regions": ["ID"],
        "create_time": version.created_ms // 1000,
        "update_time": version.changed_ms // 1000,
        "is_not_for_sale": False,
        "has_draft": False,
    }
    add_standing(shown, version, "status")
    return shown


def add_standing(shown: dict[str, Any], version: Version, status_name: str) -> None:
    """What the product is on each of the two; nothing is said of one where it is not listed."""
    tiktok, tokopedia = version.on(TIKTOK), version.on(TOKOPEDIA)
    if tiktok is not None:
        shown[status_name] = STATUS[tiktok]
        shown["audit"] = {
            "status": "APPROVED" if tiktok is Standing.LIVE else "NONE",
            "pre_approved_reasons": [],
        }
    if tokopedia is not None:
        shown["integrated_platform_statuses"] = [{"platform": "TOKOPEDIA", "status": STATUS[tokopedia]}]


def detail(version: Version, image_url: Callable[[Image], str]) -> dict[str, Any]:
    """The data of Get Product."""
    listing = version.listing
    shown: dict[str, Any] = {
        "id": str(version.item),
        "title": listing.title,
        "category_chains": category_chains(listing.category),
        "main_images": [
            main_image(version, place, image_url(one)) for place, one in enumerate(listing.images)
        ],
        "description": f"<p>{escape(listing.description or '')}</p>",
        "package_dimensions": {"length": "20", "width": "15", "height": "3", "unit": "CENTIMETER"},
        "package_weight": {"value": "0.3", "unit": "KILOGRAM"},
        "skus": skus(version),
        "is_cod_allowed": False,
        "product_attributes": [],
        "create_time": version.created_ms // 1000,
        "update_time": version.changed_ms // 1000,
        "is_not_for_sale": False,
        "minimum_order_quantity": 1,
        "shipping_insurance_requirement": "OPTIONAL",
        "has_draft": False,
    }
    add_standing(shown, version, "product_status")
    if "product_status" in shown and trait(version.item, 2):
        # This one says audit and standing in one; not every answer has it.
        shown["status"] = shown["product_status"]
    if version.on(TIKTOK) is None:
        shown["is_pre_owned"] = listing.condition == "used"
    banned = [name for name, place in PLATFORMS.items() if version.on(place) is Standing.BANNED]
    if banned:
        shown["audit_failed_reasons"] = [
            {"position": "product", "reasons": [version.reason], "suggestions": [], "listing_platform": name}
            for name in banned
        ]
    return shown


def skus(version: Version) -> list[dict[str, Any]]:
    """The variants; the first has the listing's price."""
    price = version.listing.price
    amount = int(float(price.amount)) if price else 0
    return [
        {
            "id": str(version.item + 7 + place),
            "seller_sku": f"SKU-{version.item % 100_000:05}-{place}",
            "price": {
                "currency": price.currency if price else "IDR",
                "tax_exclusive_price": str(amount + place * 10_000),
                "sale_price": str(amount + place * 10_000),
            },
            "inventory": [{"warehouse_id": "7068517275539719942", "quantity": 1}],
            "status_info": {"status": "NORMAL"},
        }
        for place in range(2 if trait(version.item, 4) == 1 else 1)
    ]


def main_image(version: Version, place: int, url: str) -> dict[str, Any]:
    """A photo of the gallery. The thumbnail is a smaller one of the same."""
    return {
        "height": 600,
        "width": 600,
        "thumb_urls": [url],
        "uri": f"tos-simulated/{version.item}-{place}",
        "urls": [url],
    }


def category_chains(name: str | None) -> list[dict[str, Any]]:
    """A path of two categories."""
    leaf = 601_000 + GARMENT_NAMES.index(name) if name in GARMENT_NAMES else 600_999
    return [
        {"id": "600001", "parent_id": "0", "local_name": "Pakaian", "is_leaf": False},
        {"id": str(leaf), "parent_id": "600001", "local_name": (name or "lainnya").title(), "is_leaf": True},
    ]
