"""Lazada's API as this connector uses it: pages of products, one product, and new tokens."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
from msgspec import Raw, Struct

from connectors.backoff import Backoff
from connectors.context import Context
from connectors.http_client import Request
from connectors.lazada.answers import judge, judge_refresh
from connectors.lazada.options import LazadaOptions
from connectors.lazada.signature import sign
from connectors.marketplace_fields import EPOCH, Scalar
from connectors.rate import Rate
from connectors.refusal import read_answer
from connectors.secret import Secret
from connectors.tokens import TokenKeeper, Tokens, TokenStore, given_tokens
from connectors.windows import Window

REST = "/rest"
"""Before each path, and not signed."""
PAGE = 50
"""The most that `/products/get` gives at once."""
MOST = 10_000
"""Its offset is capped there."""
WHOSE = "Lazada"
REMEDY = (
    "let the seller authorise the app again (open.lazada.com, App Console) and put the new access_token and "
    "refresh_token into the options"
)


class Page(Struct):
    """A page of products, each as the bytes that came."""

    products: tuple[Raw, ...] | None = None
    total_products: Scalar = None

    @property
    def total(self) -> int | None:
        """How many match, if the answer says."""
        return int(self.total_products) if str(self.total_products).isdecimal() else None  # type: ignore[arg-type]


class _List(Struct):
    data: Page | None = None


class _Item(Struct):
    data: Raw


class _Grant(Struct):
    access_token: str
    refresh_token: str = ""
    expires_in: Scalar = None
    refresh_expires_in: Scalar = None


class LazadaApi:
    """One seller's view. `tell` is given what a person should know of the tokens."""

    def __init__(self, options: LazadaOptions, context: Context, tell: Callable[[str], None]) -> None:
        self._options, self._clock = options, context.clock
        # One attempt: the keeper of the tokens decides whether a refresh token is used again.
        once = replace(context, backoff=Backoff(attempts=1))
        self._token_server = once.http(
            rest(options.token_url), rate=Rate(1.0, burst=3), judge=judge_refresh, authorise=self._signed
        )
        self._keeper = TokenKeeper(
            TokenStore(context.own_folder() / "tokens.json"),
            self._new_tokens,
            context.clock,
            shop=f"Lazada's seller {options.seller_id}",
            remedy=REMEDY,
            tell=tell,
            stop=context.stop,
        )
        self._http = context.http(
            rest(options.base_url),
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

    def page(self, window: Window, state: str, offset: int) -> Page:
        """Products in that state (Lazada's `filter`) that changed in the window, both ends included."""
        answer = self._http.get(
            "/products/get",
            (
                ("filter", state),
                ("update_after", iso(window.since)),
                ("update_before", iso(window.until)),
                ("offset", str(offset)),
                ("limit", str(PAGE)),
            ),
        )
        return read_answer(answer, _List, WHOSE).data or Page()

    def item(self, item_id: str) -> bytes:
        """One product's record.

        Raises:
            ItemGoneError: there is none.
        """
        answer = self._http.get("/product/item/get", (("item_id", item_id),))
        return bytes(read_answer(answer, _Item, WHOSE).data)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
        self._token_server.close()

    def _authorised(self, request: Request) -> Request:
        token = self._keeper.current().reveal()
        return self._signed(
            msgspec.structs.replace(request, params=(*request.params, ("access_token", token)))
        )

    def _signed(self, request: Request) -> Request:
        params = (
            *request.params,
            ("app_key", self._options.app_key),
            ("sign_method", "sha256"),
            ("timestamp", str((self._clock.now() - EPOCH) // timedelta(milliseconds=1))),
        )
        signature = sign(self._options.app_secret.reveal(), request.path, params)
        return msgspec.structs.replace(request, params=(*params, ("sign", signature)))

    def _new_tokens(self, refresh: Secret) -> Tokens:
        answer = self._token_server.send(
            Request("POST", "/auth/token/refresh", (("refresh_token", refresh.reveal()),))
        )
        grant = read_answer(answer, _Grant, WHOSE)
        return Tokens(
            access=Secret(grant.access_token),
            refresh=Secret(grant.refresh_token),
            obtained_at=answer.at,
            # 7 to 30 days by Lazada's documents, which do not agree: what the answer itself says counts.
            access_until=_after(answer.at, grant.expires_in),
            refresh_until=_after(answer.at, grant.refresh_expires_in),
        )


def rest(url: str) -> str:
    """The address that paths follow, whether or not the option already ends with it."""
    return url.rstrip("/").removesuffix(REST) + REST


def iso(moment: datetime) -> str:
    """ISO 8601 as Lazada's examples write it: the zone without a colon."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S%z")


def _after(start: datetime, seconds: Scalar) -> datetime | None:
    """So many seconds later; None where none are told."""
    text = str(seconds)
    return start + timedelta(seconds=int(text)) if text.isdecimal() and len(text) < 10 else None
