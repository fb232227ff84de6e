"""Shopee's pushes: verified over their raw bytes, and what they say of a shop's items.

Shopee pushes nothing when an item is made; for that it is asked. Source: Shopee Open Platform, "Push mechanism
notifications"; it takes a push as delivered only when it is answered 2xx with an empty body within 3 seconds.
"""

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from connectors.clock import Clock
from connectors.hints import Hint, What
from connectors.http_listener import PushRequest
from connectors.push_receiver import PushRefused, PushUnreadable
from connectors.secret import Secret
from connectors.shopee.listing import item_id_of, listing_id
from connectors.shopee.signature import sign_push

ITEM_PUSHES: Final = {
    6: "banned_item_push",  # given up by Shopee for 16, but still in its guide
    16: "violation_item_push",
    22: "item_price_update_push",
}
"""Codes that speak of one item whose listing may have changed. Reserved stock (8) changes with every order."""
WITHDRAWN = 2
ENDS_SOON = 12
"""open_api_authorization_expiry: a week ahead."""
MOST_CODES = 1000
GONE = frozenset({"BANNED", "SELLER_DELETE", "SHOPEE_DELETE", "UNLIST"})


class ShopeePushes:
    """The verifier of one shop's pushes. An app has one address for all of its shops: others' are passed over."""

    def __init__(
        self, *, partner_key: Secret, url: str, shop_id: int, clock: Clock, tell: Callable[[str], None]
    ) -> None:
        """`url` is the callback address exactly as it stands in the console: it is part of what is signed."""
        self._key, self._url, self._shop_id = partner_key, url, shop_id
        self._clock, self._tell = clock, tell
        self.codes: Counter[int] = Counter()
        """Signed pushes by code, also those that say nothing of items."""
        self.other_shops = 0

    def __call__(self, request: PushRequest) -> Sequence[Hint]:
        """The hint in a push, if it is about an item of this shop.

        Raises:
            PushRefused: the signature is missing or wrong.
            PushUnreadable: it is right, and the rest is of another form.
        """
        wanted = sign_push(self._key.reveal(), self._url, request.body)
        given = request.headers.get("authorization", "").strip()
        if not hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode()):
            raise PushRefused
        try:
            push = msgspec.json.decode(request.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise PushUnreadable("the body is no JSON") from None
        code = push.get("code") if isinstance(push, dict) else None
        if not isinstance(code, int) or isinstance(code, bool):
            raise PushUnreadable("it has no whole number as `code`")
        if code in self.codes or len(self.codes) < MOST_CODES:
            self.codes[code] += 1
        data = push.get("data")
        if not isinstance(data, dict):
            data = {}
        if code in {WITHDRAWN, ENDS_SOON}:
            self._tell_of_authorisation(code, data)
        return self._hints(push, data, request.body) if code in ITEM_PUSHES else ()

    def _hints(self, push: dict[str, Any], data: dict[str, Any], body: bytes) -> Sequence[Hint]:
        shop, item = push.get("shop_id", data.get("shop_id")), item_id_of(data)
        if not isinstance(shop, int) or item is None:
            raise PushUnreadable(f"code {push['code']}: it has no shop_id or no item_id")
        if shop != self._shop_id:
            self.other_shops += 1
            return ()
        status = data.get("item_status")
        what: What = "removed" if isinstance(status, str) and status in GONE else "updated"
        # A push has no id of its own, and one that is sent again is the same byte for byte.
        digest = hashlib.sha256(body).hexdigest()
        return (Hint(digest, listing_id(shop, item), what, self._clock.now().astimezone(UTC)),)

    def _tell_of_authorisation(self, code: int, data: dict[str, Any]) -> None:
        """What the seller's authorisation is about to become, where it is this shop's."""
        listed = (data.get(name) for name in ("shop_expire_soon", "shop_id_list"))
        shops = [shop for many in listed if isinstance(many, list) for shop in many]
        if self._shop_id not in [*shops, data.get("shop_id"), data.get("shopid")]:
            return
        if code == WITHDRAWN:
            self._tell(f"shop {self._shop_id} at Shopee: the authorisation was withdrawn or has ended")
            return
        before = data.get("expire_before")
        day = datetime.fromtimestamp(before, UTC) if isinstance(before, int) and 0 < before < 2**33 else None
        when = f" before {day:%Y-%m-%d %H:%M} UTC" if day else " within a week"
        self._tell(
            f"shop {self._shop_id} at Shopee: the seller's authorisation ends{when}: ask for a new one"
        )
