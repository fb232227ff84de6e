"""Lazada's Open API as far as it shows a seller's products. Every refusal comes inside a 200.

Codes as in the Open Platform's pages. An offset past 10,000 is refused, whatever is left.
"""

import hmac
from datetime import datetime
from typing import Any, NoReturn

from connectors.lazada.signature import sign
from connectors.sample.listing_ids import LAZADA
from connectors.sample.seeds import dice
from connectors.simulator.api import Api, Call, RefusedError, Reply, whole
from connectors.simulator.credentials import Grant, drawn_text
from connectors.simulator.lazada_records import FILTERS, product
from connectors.simulator.version import Wanted, milliseconds

BASE = "/rest"
SIGNED_FOR_MS = 7_200_000
"""Source: GetProducts, common parameter `timestamp`: less than 7200 s from UTC."""
MOST_ROWS = 50
MOST_OFFSET = 10_000
ROUTES = {
    ("GET", f"{BASE}/products/get"): "list",
    ("GET", f"{BASE}/product/item/get"): "detail",
    ("GET", f"{BASE}/auth/token/refresh"): "refresh",
    ("POST", f"{BASE}/auth/token/refresh"): "refresh",
}


class LazadaApi(Api):
    """Products and the refresh of tokens."""

    kind = "lazada"
    option_names = ("app_key", "app_secret", "seller_id")
    base_path = BASE
    token_head = "50000"  # noqa: S105  as Lazada's begin
    routes = ROUTES

    @staticmethod
    def draw_app(seed: int) -> tuple[str, str]:
        """App key and app secret."""
        return str(100_000 + dice("lazada app", seed).randrange(10**5)), drawn_text(32, "lazada", seed)

    def answer(self, operation: str, call: Call) -> Reply:
        """See `Api.answer`."""
        if operation == "refresh":
            self._check_sign(call)
            given = self.app.tokens.refresh(call.get("refresh_token"), call.now_ms)
            if given is None:
                _refuse(call, "IllegalRefreshToken", "The specified refresh token is invalid or expired")
            return Reply(_tokens(given, call))
        seller = self._seller(call)
        data = self._list(call, seller) if operation == "list" else self._item(call, seller)
        return Reply({"code": "0", "data": data, "request_id": call.request_id})

    def fault(self, how: str, call: Call) -> Reply:
        """See `Api.fault`."""
        match how:
            case "throttled":
                limit = "AppApiCallLimit" if call.number % 2 else "ApiCallLimit"
                return _error(
                    call,
                    limit,
                    "Frequency of api calls exceeds the limit: this ban will last 1 seconds",
                    "ISP",
                )
            case "expired":
                return _error(call, "IllegalAccessToken", "The specified access token is invalid or expired")
            case _:
                return _error(call, "901", "Limit service request speed in server side temporarily.", "ISP")

    def records(self, operation: str, data: Any) -> list[dict[str, Any]]:
        """See `Api.records`."""
        found = data.get("data") or {}
        return found.get("products", []) if operation == "list" else [found] * bool(found)

    def refill(self, data: Any, records: list[dict[str, Any]]) -> None:
        """See `Api.refill`."""
        if "data" in data:
            data["data"]["products"] = records

    def say_more(self, data: Any, call: Call) -> None:
        """See `Api.say_more`: a count that is never reached."""
        if "data" in data:
            data["data"]["total_products"] = (whole(call.get("offset")) or 0) + 100_000

    def _check_sign(self, call: Call) -> None:
        if call.get("app_key") != self.app.app:
            _refuse(call, "InvalidAppKey", "The specified app key is invalid")
        stamp = whole(call.get("timestamp"))
        if stamp is None or abs(call.now_ms - stamp) > SIGNED_FOR_MS:
            _refuse(call, "IllegalTimestamp", "The specified timestamp is invalid or expired")
        if call.get("sign_method") != "sha256":
            _refuse(call, "InvalidSignMethod", "The specified sign method is invalid")
        made = sign(self.app.secret, call.path.removeprefix(BASE), call.params)
        if not hmac.compare_digest(made.encode(), call.get("sign").encode()):
            _refuse(
                call, "IncompleteSignature", "The request signature does not conform to platform standards"
            )

    def _seller(self, call: Call) -> str:
        self._check_sign(call)
        if not call.get("access_token"):
            _refuse(call, "MissingParameter", "The input parameter access_token that is mandatory is missing")
        seller = self.app.tokens.shop_of(call.get("access_token"), call.now_ms)
        if seller is None:
            raise RefusedError(self.fault("expired", call))
        return seller

    def _list(self, call: Call, seller: str) -> dict[str, Any]:
        offset, limit = whole(call.get("offset") or "0"), whole(call.get("limit") or "20")
        if offset is None or offset > MOST_OFFSET:
            _refuse(call, "14", 'E014: "offset" Invalid Offset')
        if limit is None or not 1 <= limit <= MOST_ROWS:
            _refuse(call, "19", 'E019: "limit" Invalid Limit')
        standings = FILTERS.get(call.get("filter"))
        if standings is None:
            _refuse(call, "36", "E036: Invalid status filter")
        since, until = _time(call, "update_after"), _time(call, "update_before")
        found = self.app.world.shelf("lazada", seller).changed(
            0 if since is None else since,
            call.now_ms if until is None else until,
            call.now_ms,
            Wanted(standings, frozenset({LAZADA})),
        )
        shown = [product(version, self.app.image_url) for version in found[offset : offset + limit]]
        total: int | str = str(len(found)) if call.number % 2 else len(found)
        return {"total_products": total, "products": shown}

    def _item(self, call: Call, seller: str) -> dict[str, Any]:
        item = whole(call.get("item_id"))
        if item is None:
            _refuse(call, "200", "E200: Empty SellerSku")
        version = self.app.world.shelf("lazada", seller).find(item, call.now_ms)
        if version is None:
            _refuse(call, "208", "E208: Item not exist")
        return product(version, self.app.image_url)


def _time(call: Call, name: str) -> int | None:
    text = call.get(name)
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        _refuse(call, "17", f'E017: "{name}" Invalid Date Format')
    # Without a fraction it means the whole second, at either end.
    return milliseconds(at) + (999 if name == "update_before" and not at.microsecond else 0)


def _tokens(given: Grant, call: Call) -> dict[str, Any]:
    return {
        "access_token": given.access_token,
        "refresh_token": given.refresh_token,
        "expires_in": (given.access_expires_ms - call.now_ms) // 1000,
        "refresh_expires_in": (given.refresh_expires_ms - call.now_ms) // 1000,
        "country": "id",
        "account_platform": "seller_center",
        "account": "shop@simulated.example",
        "country_user_info": [
            {"country": "id", "seller_id": given.shop, "user_id": given.shop, "short_code": "IDSIM1"}
        ],
        "code": "0",
        "request_id": call.request_id,
    }


def _error(call: Call, code: str, message: str, side: str = "ISV") -> Reply:
    return Reply({"type": side, "code": code, "message": message, "request_id": call.request_id})


def _refuse(call: Call, code: str, message: str) -> NoReturn:
    raise RefusedError(_error(call, code, message))
