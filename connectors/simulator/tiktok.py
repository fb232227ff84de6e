"""TikTok Shop's Open API as far as it shows a shop's products on TikTok Shop and on Tokopedia.

Codes as in the Partner Center's pages. What is refused before a product is looked at has a status of 4xx, the
rest a code inside a 200. A search that finds more than 10,000 is refused whole.
"""

import base64
import hmac
from collections.abc import Mapping
from typing import Any, ClassVar, NoReturn

from connectors.simulator.api import Api, Call, RefusedError, Reply, whole
from connectors.simulator.credentials import drawn_text
from connectors.simulator.tiktok_records import PLATFORMS, STATUS, STATUSES, detail, search_row
from connectors.simulator.version import Standing, Wanted
from connectors.tiktok.signature import sign

SEARCH = "/product/202502/products/search"
DETAIL = "/product/202309/products/"
REFRESH = "/api/v2/token/refresh"
SHOPS = "/authorization/202309/shops"
OLDEST_SECONDS, NEWEST_SECONDS = 300, 30
"""A timestamp may be so old, or so far ahead. Source: Common errors, 36009004."""
MOST_ROWS = 100
MOST_FOUND = 10_000


class TikTokApi(Api):
    """Search, detail, the authorised shops, and the refresh of tokens."""

    kind = "tiktok"
    option_names = ("app_key", "app_secret", "shop_id")
    token_head = "TTP_"  # noqa: S105  as TikTok Shop's begin
    has_ciphers = True
    refresh_days = 365
    routes: ClassVar[Mapping[tuple[str, str], str]] = {
        ("POST", SEARCH): "list",
        ("GET", SHOPS): "shops",
        ("GET", REFRESH): "refresh",
    }

    @staticmethod
    def draw_app(seed: int) -> tuple[str, str]:
        """App key and app secret."""
        return drawn_text(12, "tiktok app", seed), drawn_text(40, "tiktok", seed)

    def operation(self, method: str, path: str) -> str | None:
        """See `Api.operation`; a product's id is part of its path."""
        if method == "GET" and path.startswith(DETAIL) and whole(path.removeprefix(DETAIL)) is not None:
            return "detail"
        return self.routes.get((method, path))

    def answer(self, operation: str, call: Call) -> Reply:
        """See `Api.answer`."""
        if operation == "refresh":
            return _ok(call, self._refresh(call))
        owner = self._check(call)
        if operation == "shops":
            return _ok(call, {"shops": [_shop(cipher, shop) for cipher, shop in self.app.ciphers.items()
                                        if shop == owner]})  # fmt: skip
        shop = self.app.ciphers.get(call.get("shop_cipher"))
        if shop is None:
            _refuse(call, 106013, "Missing identifier. The `shop_cipher` query parameter is required.", 400)
        if shop != owner:
            _refuse(call, 105005, "Access denied. The app is not authorized for this shop.", 403)
        return _ok(call, self._search(call, shop) if operation == "list" else self._detail(call, shop))

    def fault(self, how: str, call: Call) -> Reply:
        """See `Api.fault`."""
        match how:
            case "throttled":
                return _error(call, 36009002, "Too many requests. Please wait and try again.", 429)
            case "expired":
                return _error(call, 105002, "Expired credentials. The access token has expired.", 401)
            case _:
                return _error(call, 36009003, "Internal error. Please try again.")

    def records(self, operation: str, data: Any) -> list[dict[str, Any]]:
        """See `Api.records`."""
        found = data.get("data") or {}
        return found.get("products", []) if operation == "list" else [found] * ("id" in found)

    def refill(self, data: Any, records: list[dict[str, Any]]) -> None:
        """See `Api.refill`."""
        if data.get("data") is not None:
            data["data"]["products"] = records

    def say_more(self, data: Any, call: Call) -> None:
        """See `Api.say_more`."""
        if data.get("data") is not None:
            data["data"]["next_page_token"] = _page_token((_offset(call.get("page_token")) or 0) + MOST_ROWS)

    def _check(self, call: Call) -> str:
        if call.get("app_key") != self.app.app:
            _refuse(call, 36009004, "Invalid credentials. Invalid `app_key` query parameter.", 401)
        stamp = whole(call.get("timestamp"))
        late = None if stamp is None else call.now_ms // 1000 - stamp
        if late is None or not -NEWEST_SECONDS <= late <= OLDEST_SECONDS:
            _refuse(call, 36009004, "Invalid timestamp. It is too old or too far ahead.", 401)
        made = sign(self.app.secret, call.path, call.params, call.body)
        if not hmac.compare_digest(made.encode(), call.get("sign").encode()):
            _refuse(call, 106001, "Invalid credentials. The `sign` query parameter is invalid.", 401)
        token = call.headers.get("x-tts-access-token", "")
        if not token:
            _refuse(call, 36009004, "Invalid credentials. The `x-tts-access-token` header is invalid.", 401)
        owner = self.app.tokens.shop_of(token, call.now_ms)
        if owner is None:
            raise RefusedError(self.fault("expired", call))
        return owner

    def _refresh(self, call: Call) -> dict[str, Any]:
        secret_fits = hmac.compare_digest(call.get("app_secret").encode(), self.app.secret.encode())
        if call.get("app_key") != self.app.app or not secret_fits:
            _refuse(call, 36009004, "Invalid credentials. Invalid `app_key` or `app_secret`.", 401)
        if call.get("grant_type") != "refresh_token":
            _refuse(call, 36009004, "Invalid `grant_type`.", 400)
        given = self.app.tokens.refresh(call.get("refresh_token"), call.now_ms)
        if given is None:
            _refuse(call, 105002, "Expired credentials. The refresh token is invalid or has expired.", 401)
        return {
            "access_token": given.access_token,
            "access_token_expire_in": given.access_expires_ms // 1000,
            "refresh_token": given.refresh_token,
            "refresh_token_expire_in": given.refresh_expires_ms // 1000,
            "open_id": drawn_text(40, "open id", given.shop),
            "seller_name": "simulated shop",
            "seller_base_region": "ID",
            "user_type": 0,
        }

    def _search(self, call: Call, shop: str) -> dict[str, Any]:
        size = whole(call.get("page_size"))
        if size is None or not 1 <= size <= MOST_ROWS:
            _refuse(call, 12019109, "page size is invalid")
        offset = _offset(call.get("page_token"))
        if offset is None:
            _refuse(call, 12019108, "page number is invalid")
        body = call.json()
        since, until = body.get("update_time_ge", 0), body.get("update_time_le", call.now_ms // 1000)
        if not isinstance(since, int) or not isinstance(until, int) or until < since:
            _refuse(call, 12019119, "search update time invalid")
        found = self.app.world.shelf("tiktok", shop).changed(
            since * 1000, until * 1000 + 999, call.now_ms, _wanted(call, body)
        )
        if len(found) > MOST_FOUND:
            _refuse(call, 12052180, "The total number of search results can not exceed 10000.")
        page: dict[str, Any] = {
            "total_count": len(found),
            "products": [search_row(version) for version in found[offset : offset + size]],
            "next_page_token": "",
        }
        if offset + size < len(found):
            page["next_page_token"] = _page_token(offset + size)
        return page

    def _detail(self, call: Call, shop: str) -> dict[str, Any]:
        item = whole(call.path.removeprefix(DETAIL)) or 0
        version = self.app.world.shelf("tiktok", shop).find(item, call.now_ms)
        if version is None:
            _refuse(call, 12052260, "The product ID does not exist")
        return detail(version, self.app.image_url)


def _wanted(call: Call, body: dict[str, Any]) -> Wanted:
    status, platforms = body.get("status", "ALL"), body.get("listing_platforms", [])
    if status not in STATUSES or not isinstance(platforms, list) or not set(platforms) <= PLATFORMS.keys():
        _refuse(call, 12052910, "Invalid input parameters. Refer to the API documentation for details.")
    if platforms and status == "ALL":
        _refuse(call, 12052910, "Invalid input parameters: listing_platforms needs a status other than ALL.")
    standings = frozenset(standing for standing, name in STATUS.items() if status in (name, "ALL"))
    return Wanted(standings or frozenset[Standing](), frozenset(PLATFORMS[name] for name in platforms))


def _offset(token: str) -> int | None:
    """Where a page begins; the token is opaque to callers."""
    if not token:
        return 0
    try:
        return whole(base64.b64decode(token, validate=True).decode().removeprefix("offset="))
    except ValueError:
        return None


def _page_token(offset: int) -> str:
    return base64.b64encode(f"offset={offset}".encode()).decode()


def _shop(cipher: str, shop: str) -> dict[str, str]:
    return {"cipher": cipher, "code": f"ID{shop[-8:]}", "id": shop, "name": "simulated shop", "region": "ID",
            "seller_type": "LOCAL"}  # fmt: skip


def _ok(call: Call, data: dict[str, Any]) -> Reply:
    return Reply({"code": 0, "data": data, "message": "Success", "request_id": call.request_id})


def _error(call: Call, code: int, message: str, status: int = 200) -> Reply:
    return Reply({"code": code, "data": None, "message": message, "request_id": call.request_id}, status)


def _refuse(call: Call, code: int, message: str, status: int = 200) -> NoReturn:
    raise RefusedError(_error(call, code, message, status))
