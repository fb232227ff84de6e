"""Shopee's calls that a source of listings needs: signed, judged, and paged with a guard."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import count
from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from connectors.context import Context
from connectors.errors import AbortError, RetryError, WindowFullError
from connectors.http_client import Request
from connectors.rate import Rate
from connectors.shopee.answers import decoded, judge, judge_refresh
from connectors.shopee.grants import ShopeeGrants
from connectors.shopee.listing import STATUSES
from connectors.shopee.options import ShopeeOptions
from connectors.shopee.signature import sign
from connectors.tokens import TokenKeeper, TokenStore, given_tokens

LIST = "/api/v2/product/get_item_list"
DETAILS = "/api/v2/product/get_item_base_info"
MODELS = "/api/v2/product/get_model_list"
PAGE = 100
"""The most items of a page (v2.product.get_item_list)."""
BATCH = 50
"""The most items of a detail call (v2.product.get_item_base_info)."""
MOST_PAGES = 500
"""Of one window. Past it the window is halved: Shopee names no number for its own "offset over limit"."""
STALE_PAGES = 3
"""As many pages in a row that bring nothing new are no list that anybody can finish."""
REMEDY = (
    "let the seller authorise the app again, or take a resend code from the authorisation page of the Open "
    "Platform's console, and start this connector with that code as the option `code` within ten minutes; or put "
    "new tokens into the options access_token and refresh_token"
)


class _ListResponse(Struct):
    item: list[Raw] | UnsetType = UNSET
    total_count: int | None = None
    has_next_page: bool = False
    next_offset: Any = None


class _List(Struct):
    response: _ListResponse


class _DetailResponse(Struct):
    item_list: list[Raw] | UnsetType = UNSET


class Details(Struct):
    """Records as they came, and what Shopee warns of: with a warning, what is missing may exist all the same."""

    records: list[Raw]
    warning: str


class _Details(Struct):
    response: _DetailResponse
    warning: Any = None


class _ModelResponse(Struct):
    model: list[Any] | None = None


class _Models(Struct):
    response: _ModelResponse


class ShopeeApi:
    """One shop's calls. Not safe for threads."""

    def __init__(self, options: ShopeeOptions, context: Context, tell: Any) -> None:
        """Nothing is asked yet, but the tokens for a new `code`.

        Raises:
            OptionsError: there are no tokens, neither kept nor in the options.
            AbortError: the folder or the tokens in it cannot be used.
        """
        self._options, self._clock = options, context.clock
        try:
            folder = context.own_folder()
        except OSError as error:
            raise AbortError(f"the folder for the tokens cannot be made: {error.strerror}") from None
        self._public = context.http(
            options.base_url, rate=Rate(1.0, burst=5), judge=judge_refresh, authorise=self._signed_publicly
        )
        grants = ShopeeGrants(self._public, options.partner_id, options.shop_id)
        self.keeper = TokenKeeper(
            TokenStore(folder / "tokens.json"), grants.refreshed, context.clock, stop=context.stop,
            shop=f"shop {options.shop_id} at Shopee", remedy=REMEDY, tell=tell,
        )  # fmt: skip
        rate = Rate(options.requests_per_second, burst=max(1, int(options.requests_per_second)))
        self._shop = context.http(
            options.base_url, rate=rate, judge=judge, authorise=self._signed, refresh=self.keeper.renew
        )
        given = given_tokens(options.access_token, options.refresh_token)
        self.keeper.begin(given, code=options.code, exchange=grants.exchanged)

    def pages(self, since: datetime, until: datetime) -> Iterator[list[Raw]]:
        """The entries of all items, in any state, whose last change lies in that time, both ends included.

        Shopee names no longest time for this call; its 15 days are for orders.

        Raises:
            WindowFullError: there are more pages than may be read.
            RetryError: the pages go on without bringing anything new, or have another form.
        """
        asked = [
            ("page_size", str(PAGE)),
            ("update_time_from", str(int(since.timestamp()))),
            ("update_time_to", str(int(until.timestamp()))),
            *(("item_status", status) for status in STATUSES),
        ]
        known: set[bytes] = set()
        offset = stale = 0
        for number in count(1):
            page = decoded(self._shop.get(LIST, [("offset", str(offset)), *asked]), _List, LIST).response
            if isinstance(page.item, UnsetType) and (page.has_next_page or page.total_count != 0):
                # A renamed field must not look like an empty shop.
                raise RetryError(f"{LIST}: the answer has no field `item`")
            entries = [] if isinstance(page.item, UnsetType) else page.item
            fresh = {bytes(entry) for entry in entries} - known
            known |= fresh
            yield entries
            if not page.has_next_page:
                return
            stale = 0 if fresh else stale + 1
            if stale >= STALE_PAGES:
                raise RetryError(
                    f"{LIST}: {stale} pages in a row bring nothing new, and there is always another"
                )
            if number >= MOST_PAGES:
                raise WindowFullError(f"{LIST}: more than {MOST_PAGES} pages")
            offset = _next(page.next_offset, offset)

    def details(self, item_ids: Sequence[int]) -> Details:
        """What Shopee tells of these items, at most `BATCH`; of some it may tell nothing.

        Raises:
            ItemNotFoundError: one of them is gone.
        """
        ids = ",".join(map(str, item_ids))
        told = decoded(self._shop.get(DETAILS, [("item_id_list", ids)]), _Details, DETAILS)
        warning = told.warning if isinstance(told.warning, str) else ""
        if isinstance(told.response.item_list, UnsetType):
            return Details([], warning or "the answer has no field `item_list`")
        return Details(told.response.item_list, warning)

    def models(self, item_id: int) -> list[Any]:
        """The item's models, which have the prices.

        Raises:
            ItemNotFoundError: the item is gone.
        """
        return (
            decoded(self._shop.get(MODELS, [("item_id", str(item_id))]), _Models, MODELS).response.model or []
        )

    def close(self) -> None:
        """Close the connections."""
        self._shop.close()
        self._public.close()

    def _signed(self, request: Request) -> Request:
        """For a shop's API: signed over the time, the token and the shop."""
        token, shop = self.keeper.current().reveal(), str(self._options.shop_id)
        return self._with_sign(request, [("access_token", token), ("shop_id", shop)], token, shop)

    def _signed_publicly(self, request: Request) -> Request:
        return self._with_sign(request, [], "", "")

    def _with_sign(self, request: Request, more: list[tuple[str, str]], token: str, shop: str) -> Request:
        options, now = self._options, int(self._clock.now().timestamp())
        signed = sign(
            options.partner_key.reveal(),
            options.partner_id,
            request.path,
            now,
            access_token=token,
            shop_id=shop,
        )
        common = [("partner_id", str(options.partner_id)), ("timestamp", str(now)), *more, ("sign", signed)]
        return msgspec.structs.replace(request, params=(*request.params, *common))


def _next(told: Any, offset: int) -> int:
    if not isinstance(told, int) or isinstance(told, bool) or not offset < told < 2**31:
        raise RetryError(f"{LIST}: there is another page, but next_offset does not lead on from {offset}")
    return told
