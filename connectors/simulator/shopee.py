"""Shopee's Open API, version 2, as far as it shows a shop's items.

Error names as in the Open Platform's pages. Refusals of sign and token come with status 403, those of
parameters and the rate limit inside a 200.
"""

import hmac
from collections.abc import Mapping
from typing import Any, ClassVar, NoReturn

from connectors.sample.listing_ids import SHOPEE
from connectors.sample.seeds import dice
from connectors.shopee.signature import sign
from connectors.simulator.api import Api, Call, RefusedError, Reply, whole
from connectors.simulator.credentials import drawn_text
from connectors.simulator.shopee_records import STATUS, base_info, item_row, model_list
from connectors.simulator.version import Wanted

BASE = "/api/v2"
SIGNED_FOR_SECONDS = 300
MOST_IDS = 50
MOST_ROWS = 100
STATUSES = (*STATUS.values(), "UNLIST", "REVIEWING", "SHOPEE_DELETE")


class ShopeeApi(Api):
    """Lists, items, models and the refresh of tokens."""

    kind = "shopee"
    option_names = ("partner_id", "partner_key", "shop_id")
    single_use_refresh = True
    routes: ClassVar[Mapping[tuple[str, str], str]] = {
        ("GET", f"{BASE}/product/get_item_list"): "list",
        ("GET", f"{BASE}/product/get_item_base_info"): "detail",
        ("GET", f"{BASE}/product/get_model_list"): "models",
        ("POST", f"{BASE}/auth/access_token/get"): "refresh",
    }

    @staticmethod
    def draw_app(seed: int) -> tuple[str, str]:
        """Partner id and partner key."""
        return str(2_000_000 + dice("shopee app", seed).randrange(10**5)), drawn_text(64, "shopee", seed)

    def answer(self, operation: str, call: Call) -> Reply:
        """See `Api.answer`."""
        if operation == "refresh":
            return self._refresh(call)
        shop = self._shop(call)
        response: dict[str, Any]
        match operation:
            case "list":
                response = self._list(call, shop)
            case "detail":
                response = self._items(call, shop)
            case _:
                response = self._models(call, shop)
        return Reply(
            {"error": "", "message": "", "warning": "", "request_id": call.request_id, "response": response}
        )

    def fault(self, how: str, call: Call) -> Reply:
        """See `Api.fault`."""
        match how:
            case "throttled":
                return _error(call, "error_rate_limit", "You have exceeded the API rate limit. Try later.")
            case "expired":
                return _error(call, "invalid_acceess_token", "Invalid access_token.", 403)
            case _:
                return _error(call, "error_server", "Something wrong. Please try later.")

    def records(self, operation: str, data: Any) -> list[dict[str, Any]]:  # noqa: ARG002
        """See `Api.records`."""
        response = data.get("response") or {}
        return response.get("item") or response.get("item_list") or []

    def refill(self, data: Any, records: list[dict[str, Any]]) -> None:
        """See `Api.refill`."""
        if "response" in data:
            data["response"]["item"] = records

    def say_more(self, data: Any, call: Call) -> None:
        """See `Api.say_more`."""
        response = data.get("response")
        if response is not None:
            response["has_next_page"] = True
            response["next_offset"] = (whole(call.get("offset")) or 0) + max(1, len(response["item"]))

    def _check_sign(self, call: Call, *, token: str = "", shop: str = "") -> None:
        if call.get("partner_id") != self.app.app:
            _refuse(call, "error_param", "Invalid partner_id.")
        stamp = whole(call.get("timestamp"))
        if stamp is None:
            _refuse(call, "error_param", "no timestamp")
        if abs(call.now_ms // 1000 - stamp) > SIGNED_FOR_SECONDS:
            _refuse(call, "error_param", "Invalid timestamp")
        made = sign(self.app.secret, int(self.app.app), call.path, stamp, access_token=token, shop_id=shop)
        if not hmac.compare_digest(made.encode(), call.get("sign").encode()):
            _refuse(call, "error_sign", "Wrong sign.", 403)

    def _shop(self, call: Call) -> str:
        token, shop = call.get("access_token"), call.get("shop_id")
        if not token:
            _refuse(call, "error_param", "There is no access_token in query.")
        self._check_sign(call, token=token, shop=shop)
        owner = self.app.tokens.shop_of(token, call.now_ms)
        if owner is None:
            raise RefusedError(self.fault("expired", call))
        if owner != shop:
            _refuse(call, "error_auth", "Invalid partner_id or shopid.", 403)
        return owner

    def _refresh(self, call: Call) -> Reply:
        self._check_sign(call)
        body = call.json()
        given = self.app.tokens.refresh(
            str(body.get("refresh_token", "")), call.now_ms, str(body.get("shop_id", ""))
        )
        if given is None or str(body.get("partner_id", "")) != self.app.app:
            _refuse(call, "error_auth", "Invalid refresh_token.", 403)
        return Reply(
            {
                "partner_id": int(self.app.app),
                "refresh_token": given.refresh_token,
                "access_token": given.access_token,
                "expire_in": (given.access_expires_ms - call.now_ms) // 1000,
                "request_id": call.request_id,
                "error": "",
                "message": "",
                "shop_id": int(given.shop),
            }
        )

    def _list(self, call: Call, shop: str) -> dict[str, Any]:
        offset, size = whole(call.get("offset")), whole(call.get("page_size"))
        if offset is None or size is None or not 1 <= size <= MOST_ROWS:
            _refuse(call, "error_param", f"offset is 0 or more, page_size 1 to {MOST_ROWS}.")
        since, until = _time(call, "update_time_from"), _time(call, "update_time_to")
        since, until = since or 0, call.now_ms // 1000 if until is None else until
        if until < since:
            _refuse(call, "error_update_time_range", "Update_time_to should be later than update_time_from.")
        statuses = call.values("item_status")
        if not statuses or not set(statuses) <= set(STATUSES):
            _refuse(call, "error_param_item_status", "Item status error.")
        wanted = Wanted(
            frozenset(standing for standing, name in STATUS.items() if name in statuses), frozenset({SHOPEE})
        )
        found = self.app.world.shelf("shopee", shop).changed(
            since * 1000, until * 1000 + 999, call.now_ms, wanted
        )
        page = {
            "item": [item_row(version) for version in found[offset : offset + size]],
            "total_count": len(found),
            "has_next_page": offset + size < len(found),
        }
        if page["has_next_page"]:
            page["next_offset"] = offset + size
        return page

    def _items(self, call: Call, shop: str) -> dict[str, Any]:
        # As the marketplace takes them: one parameter, numbers with commas between; or repeated.
        texts = [text for value in call.values("item_id_list") for text in value.strip("[]").split(",")]
        numbers = [whole(text.strip()) for text in texts if text.strip()]
        if not numbers or None in numbers:
            _refuse(call, "error_param", "item_id_list is a list of numbers.")
        if len(numbers) > MOST_IDS:
            _refuse(call, "error_query_over_itemid_size", f"item_id_list has at most {MOST_IDS} items.")
        shelf = self.app.world.shelf("shopee", shop)
        found = (shelf.find(number, call.now_ms) for number in dict.fromkeys(numbers) if number is not None)
        return {"item_list": [base_info(version, self.app.image_url) for version in found if version]}

    def _models(self, call: Call, shop: str) -> dict[str, Any]:
        version = self.app.world.shelf("shopee", shop).find(whole(call.get("item_id")) or 0, call.now_ms)
        if version is None:
            _refuse(call, "error_item_not_found", "Product not found")
        return model_list(version)


def _time(call: Call, name: str) -> int | None:
    text = call.get(name)
    if text and whole(text) is None:
        _refuse(call, "error_param", f"{name} is a time in seconds.")
    return whole(text)


def _error(call: Call, error: str, message: str, status: int = 200) -> Reply:
    return Reply({"error": error, "message": message, "request_id": call.request_id}, status)


def _refuse(call: Call, error: str, message: str, status: int = 200) -> NoReturn:
    raise RefusedError(_error(call, error, message, status))
