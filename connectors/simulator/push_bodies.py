"""What each marketplace pushes when a listing changes, with its own signature. Pure.

Shopee has no push for a new item: only for one it took down. A push is a hint: it says which listing and
little more. Bodies as in the push pages of the three platforms; TikTok's carry 19-digit ids as JSON numbers
in types 5, 16 and 37, and as text in 15.
"""

from dataclasses import dataclass
from typing import Any

import orjson

from connectors.events import EventType
from connectors.lazada import signature as lazada
from connectors.sample.listing_ids import LAZADA, SHOPEE, TIKTOK, TOKOPEDIA
from connectors.sample.seeds import dice, seed_of
from connectors.shopee import signature as shopee
from connectors.simulator.version import Standing, Version
from connectors.tiktok import signature as tiktok

AUDIT = {Standing.LIVE: "APPROVED", Standing.BANNED: "FAILED", Standing.DELETED: "NONE"}


@dataclass(frozen=True, slots=True)
class Push:
    """One POST."""

    body: bytes
    authorization: str


class PushDesk:
    """Writes and signs the pushes of one app to one address."""

    def __init__(
        self, kind: str, app: str, secret: str, url: str, *, seed: int = 1, duplicates: float = 0.0
    ) -> None:
        self._kind, self._app, self._secret, self._url = kind, app, secret, url
        self._seed, self._duplicates = seed, duplicates
        self._number = 0
        self._mirrored: set[str] = set()

    def pushes(self, version: Version, now_ms: int) -> list[Push]:
        """The pushes about this version, in order; some twice."""
        bodies = {"shopee": _shopee, "lazada": _lazada, "tiktok": self._tiktok}[self._kind](version, now_ms)
        made: list[Push] = []
        for body in bodies:
            self._number += 1
            push = self._signed(orjson.dumps(body))
            made.append(push)
            if dice("push", self._seed, self._number).random() < self._duplicates:
                made.append(push)
        return made

    def _signed(self, body: bytes) -> Push:
        match self._kind:
            case "shopee":
                return Push(body, shopee.sign_push(self._secret, self._url, body))
            case "lazada":
                return Push(body, lazada.sign_push(self._app, self._secret, body))
            case _:
                return Push(body, tiktok.sign_push(self._app, self._secret, body))

    def _tiktok(self, version: Version, now_ms: int) -> list[dict[str, Any]]:
        shop = version.listing.seller_id or ""
        at = version.changed_ms // 1000
        bodies: list[dict[str, Any]] = []
        if version.on(TOKOPEDIA) and shop not in self._mirrored:
            self._mirrored.add(shop)
            bodies.append(
                {
                    "type": 35,
                    "seller_open_id": f"open-{seed_of('open', shop):016x}",
                    "data": {"tts_shop_id": shop, "update_time": at, "mirror_status": "MIRRORED"},
                }
            )
        for kind, data in _tiktok_data(version):
            bodies.append({"type": kind, "shop_id": shop, "data": {**data, "update_time": at}})
        for place, body in enumerate(bodies):
            drawn = seed_of("notification", self._seed, self._number, place) % 10**15
            body["tts_notification_id"] = str(7_327_000_000_000_000_000 + drawn)
            body["timestamp"] = now_ms // 1000
        return bodies


def _shopee(version: Version, now_ms: int) -> list[dict[str, Any]]:
    if version.on(SHOPEE) is not Standing.BANNED:
        return []
    details = {
        "violation_type": "Prohibited Listing",
        "violation_reason": version.reason,
        "suggestion": "Remove the item.",
        "fix_deadline_time": None,
        "update_time": version.changed_ms // 1000,
    }
    return [
        {
            "code": 16,
            "shop_id": int(version.listing.seller_id or 0),
            "timestamp": now_ms // 1000,
            "data": {
                "item_id": version.item,
                "item_name": version.listing.title,
                "item_status": "BANNED",
                "deboost": False,
                "item_status_details": [details],
                "deboost_details": [],
            },
        }
    ]


def _lazada(version: Version, now_ms: int) -> list[dict[str, Any]]:
    seller = version.listing.seller_id or "0"
    envelope = {"seller_id": seller, "timestamp": now_ms // 1000, "site": "lazada_id"}
    if version.on(LAZADA) is Standing.BANNED:
        data: dict[str, Any] = {
            "date": version.changed_ms,
            "itemId": version.item,
            "reason": version.reason,
            "seller_id": int(seller),
            "status": "LOCK",
        }
        return [{**envelope, "message_type": 1, "data": data}]
    created = version.listing.type is EventType.CREATED and version.on(LAZADA) is Standing.LIVE
    deleted = version.on(LAZADA) is Standing.DELETED
    kind, action = (5, "DELETED") if deleted else (3, "PUBLISHED") if created else (4, "EDITED_UPDATED")
    number = version.item * 10
    rows = [{"shop_sku": f"{version.item}_ID-{number}", "seller_sku": "SKU-0", "sku_id": number}]
    data = {
        # As text where a product is new, as a number where it is not.
        "item_id": str(version.item) if created else version.item,
        "sku_list": rows,
        "action": action,
        "status_update_time": version.changed_ms,
    }
    return [{**envelope, "message_type": kind, "data": data}]


def _tiktok_data(version: Version) -> list[tuple[int, dict[str, Any]]]:
    """Types and data of what TikTok Shop says of this version."""
    standings = {standing for _, standing in version.standing}
    gone = standings != {Standing.LIVE}
    if gone:
        audit: dict[str, Any] = {
            "product_id": version.item,
            "audit": {"status": AUDIT[version.on(TIKTOK) or Standing.DELETED]},
        }
        if tokopedia := version.on(TOKOPEDIA):
            audit["integrated_platform_statuses"] = {"platform": "TOKOPEDIA", "status": AUDIT[tokopedia]}
        status = {
            "product_id": version.item,
            "status": "PRODUCT_STATUS_CHANGED",
            "suspended_reason": version.reason,
        }
        return [(5, status), (37, audit)] if Standing.BANNED in standings else [(5, status)]
    if version.listing.type is EventType.CREATED:
        return [
            (16, {"product_id": version.item, "product_types": []}),
            (5, {"product_id": version.item, "status": "PRODUCT_FIRST_PASS_REVIEW", "suspended_reason": ""}),
        ]
    changed = {
        "product_id": str(version.item),
        "change_source": "SELLER_CENTER",
        "changed_fields": ["title", "description", "others"],
    }
    return [(15, changed)]
