"""Shopee's calls that a source of listings needs: signed, judged, paged with a guard, and the refresh of tokens."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from connectors.context import Context
from connectors.errors import AbortError, RetryError, WindowFullError
from connectors.http_client import Answer, Request
from connectors.rate import Rate
from connectors.secret import Secret
from connectors.shopee.answers import judge, judge_refresh
from connectors.shopee.listing import STATUSES
from connectors.shopee.options import ShopeeOptions
from connectors.shopee.signature import sign
from connectors.tokens import TokenKeeper, Tokens, TokenStore

LIST = "/api/v2/product/get_item_list"
DETAILS = "/api/v2/product/get_item_base_info"
MODELS = "/api/v2/product/get_model_list"
REFRESH = "/api/v2/auth/access_token/get"
PAGE = 100
"""The most items of a page (v2.product.get_item_list)."""
BATCH = 50
"""The most items of a detail call (v2.product.get_item_base_info)."""
MOST_PAGES = 500
"""Of one window. Past it the window is halved: Shopee names no number for its own "offset over limit"."""
STALE_PAGES = 3
"""As many pages in a row that bring nothing new are no list that anybody can finish."""
REFRESH_LIFE = timedelta(days=30)
EPOCH_FROM = 1_000_000_000
"""A larger `expire_in` is a moment, not a number of seconds: Shopee's pages have both."""
REMEDY = (
    "let the seller authorise the app again (or, as the app's owner, take a resend code from the authorisation "
    "page of the Open Platform's console), and put the new tokens into the options access_token and refresh_token"
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


class _Refreshed(Struct):
    access_token: str
    refresh_token: str
    expire_in: Any = None


T = TypeVar("T")


class ShopeeApi:
    """One shop's calls. Not safe for threads."""

    def __init__(self, options: ShopeeOptions, context: Context, tell: Any) -> None:
        """Nothing is asked yet.

        Raises:
            OptionsError: there are no tokens, neither kept nor in the options.
            AbortError: the folder or the tokens in it cannot be used.
        """
        self._options, self._clock = options, context.clock
        try:
            folder = context.own_folder()
        except OSError as error:
            raise AbortError(f"the folder for the tokens cannot be made: {error.strerror}") from None
        self.keeper = TokenKeeper(
            TokenStore(folder / "tokens.json"), self._refreshed, context.clock, stop=context.stop,
            shop=f"shop {options.shop_id} at Shopee", remedy=REMEDY, tell=tell,
        )  # fmt: skip
        rate = Rate(options.requests_per_second, burst=max(1, int(options.requests_per_second)))
        self._shop = context.http(
            options.base_url, rate=rate, judge=judge, authorise=self._signed, refresh=self.keeper.renew
        )
        self._public = context.http(
            options.base_url, rate=Rate(1.0, burst=5), judge=judge_refresh, authorise=self._signed_publicly
        )
        self.keeper.begin(self._first_tokens())

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
            page = _read(self._shop.get(LIST, [("offset", str(offset)), *asked]), _List, LIST).response
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
        told = _read(self._shop.get(DETAILS, [("item_id_list", ids)]), _Details, DETAILS)
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
            _read(self._shop.get(MODELS, [("item_id", str(item_id))]), _Models, MODELS).response.model or []
        )

    def close(self) -> None:
        """Close the connections."""
        self._shop.close()
        self._public.close()

    def _first_tokens(self) -> Tokens | None:
        if not self._options.access_token:
            return None
        return Tokens(access=self._options.access_token, refresh=self._options.refresh_token or Secret(""))

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

    def _refreshed(self, refresh_token: Secret) -> Tokens:
        """The next tokens (v2.public.refresh_access_token). Called by the keeper alone: it is good once."""
        body = {
            "refresh_token": refresh_token.reveal(),
            "partner_id": self._options.partner_id,
            "shop_id": self._options.shop_id,
        }
        answer = self._public.post(REFRESH, json=body)
        told = _read(answer, _Refreshed, REFRESH)
        return Tokens(
            access=Secret(told.access_token), refresh=Secret(told.refresh_token), obtained_at=answer.at,
            access_until=_until(told.expire_in, answer.at), refresh_until=answer.at + REFRESH_LIFE,
        )  # fmt: skip


def _read(answer: Answer, kind: type[T], where: str) -> T:
    """The answer as that form, each record in it byte for byte as it came.

    A 0 for false is taken, as Shopee sometimes writes it.
    """
    try:
        return msgspec.json.decode(answer.body, type=kind, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RetryError(f"{where}: the answer has another form: {error}") from None


def _until(expire_in: Any, now: datetime) -> datetime | None:
    """When the token ends. Whatever stands there: tokens that were given are not thrown away for it."""
    if not isinstance(expire_in, int | float) or not 0 < expire_in < 2 * 10**10:
        return None
    seconds = expire_in - now.timestamp() if expire_in > EPOCH_FROM else float(expire_in)
    # A moment that is over is that of another clock.
    return now + timedelta(seconds=seconds) if seconds > 0 else None


def _next(told: Any, offset: int) -> int:
    if not isinstance(told, int) or isinstance(told, bool) or not offset < told < 2**31:
        raise RetryError(f"{LIST}: there is another page, but next_offset does not lead on from {offset}")
    return told
