"""TikTok Shop's API as this connector uses it: pages of a search, one product's detail, and new tokens."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
from msgspec import Raw, Struct

from connectors.backoff import Backoff
from connectors.context import Context
from connectors.http_client import Request
from connectors.marketplace_fields import EPOCH, Scalar, seconds
from connectors.rate import Rate
from connectors.refusal import read_answer
from connectors.secret import Secret
from connectors.tiktok.answers import judge, judge_refresh
from connectors.tiktok.options import TikTokOptions
from connectors.tiktok.signature import sign
from connectors.tokens import TokenKeeper, Tokens, TokenStore, given_tokens
from connectors.windows import Window

PAGE = 100
"""The most that the search gives at once."""
SEARCH = "/product/202502/products/search"
DETAIL = "/product/202309/products/{product_id}"
REFRESH = "/api/v2/token/refresh"
WHOSE = "TikTok Shop"
REMEDY = (
    "let the seller authorise the app again (partner.tiktokshop.com) and put the new access_token and "
    "refresh_token into the options"
)


class Page(Struct):
    """A page of the search, each product as the bytes that came."""

    products: tuple[Raw, ...] | None = None
    next_page_token: str | None = None
    total_count: int | None = None


class _Search(Struct):
    data: Page | None = None


class _Detail(Struct):
    data: Raw


class _Grant(Struct):
    access_token: str
    refresh_token: str = ""
    access_token_expire_in: Scalar = None
    refresh_token_expire_in: Scalar = None


class _Granted(Struct):
    data: _Grant


class TikTokApi:
    """One shop's view. `tell` is given what a person should know of the tokens."""

    def __init__(self, options: TikTokOptions, context: Context, tell: Callable[[str], None]) -> None:
        self._options, self._clock = options, context.clock
        # One attempt: the keeper of the tokens decides whether a refresh token is used again.
        once = replace(context, backoff=Backoff(attempts=1))
        self._token_server = once.http(options.token_url, rate=Rate(1.0, burst=3), judge=judge_refresh)
        self._keeper = TokenKeeper(
            TokenStore(context.own_folder() / "tokens.json"),
            self._new_tokens,
            context.clock,
            shop=f"TikTok's shop {options.shop_id}",
            remedy=REMEDY,
            tell=tell,
            stop=context.stop,
        )
        self._http = context.http(
            options.base_url,
            rate=Rate(options.requests_per_second),
            judge=judge,
            authorise=self._authorised,
            refresh=self._keeper.renew,
        )

    def open(self) -> None:
        """Find the tokens.

        Raises:
            OptionsError: there are none.
        """
        self._keeper.begin(given_tokens(self._options.access_token, self._options.refresh_token))

    def page(self, window: Window, token: str | None) -> Page:
        """Products in any state that changed in the window, both ends included.

        The search could filter by platform, but then for one state at a time: what was removed would need a
        search of its own for each state. The records say their platforms, so they are told apart here.
        """
        params = [("shop_cipher", self._options.shop_cipher), ("page_size", str(PAGE))]
        if token is not None:
            params.append(("page_token", token))
        wanted = {
            "status": "ALL",
            "update_time_ge": seconds(window.since),
            "update_time_le": seconds(window.until),
        }
        return read_answer(self._http.post(SEARCH, params, json=wanted), _Search, WHOSE).data or Page()

    def detail(self, product_id: str) -> bytes:
        """One product's record, with its photos and its description.

        Raises:
            ProductGoneError: there is none, or it is deleted or frozen.
        """
        path = DETAIL.format(product_id=product_id)
        answer = self._http.get(path, (("shop_cipher", self._options.shop_cipher),))
        return bytes(read_answer(answer, _Detail, WHOSE).data)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
        self._token_server.close()

    def _authorised(self, request: Request) -> Request:
        params = (
            *request.params,
            ("app_key", self._options.app_key),
            ("timestamp", str((self._clock.now() - EPOCH) // timedelta(seconds=1))),
        )
        signature = sign(self._options.app_secret.reveal(), request.path, params, request.body)
        headers = (
            *((name, value) for name, value in request.headers if name.lower() != "content-type"),
            ("Content-Type", "application/json"),
            ("x-tts-access-token", self._keeper.current().reveal()),
        )
        return msgspec.structs.replace(request, params=(*params, ("sign", signature)), headers=headers)

    def _new_tokens(self, refresh: Secret) -> Tokens:
        answer = self._token_server.get(
            REFRESH,
            (
                ("app_key", self._options.app_key),
                ("app_secret", self._options.app_secret.reveal()),
                ("refresh_token", refresh.reveal()),
                ("grant_type", "refresh_token"),
            ),
        )
        grant = read_answer(answer, _Granted, WHOSE).data
        return Tokens(
            access=Secret(grant.access_token),
            refresh=Secret(grant.refresh_token),
            obtained_at=answer.at,
            access_until=_epoch(grant.access_token_expire_in),
            refresh_until=_epoch(grant.refresh_token_expire_in),
        )


def _epoch(value: Scalar) -> datetime | None:
    """`*_expire_in` is a moment, whatever its name says; None where it cannot be one."""
    text = str(value)
    return EPOCH + timedelta(seconds=int(text)) if text.isdecimal() and len(text) in {9, 10} else None
