"""Tokens from Shopee: for a refresh token, for the code of an authorisation, or for a resend code.

Each of the three is good once. Source: Shopee Open Platform, v2.public.refresh_access_token, get_access_token and
get_token_by_resend_code.
"""

from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from connectors.http_client import Answer, HttpClient
from connectors.secret import Secret
from connectors.shopee.answers import decoded
from connectors.tokens import Tokens

REFRESH = "/api/v2/auth/access_token/get"
EXCHANGE = "/api/v2/auth/token/get"
RESEND = "/api/v2/public/get_token_by_resend_code"
RESEND_CODE = "resend"
"""What a resend code begins with."""
REFRESH_LIFE = timedelta(days=30)
EPOCH_FROM = 1_000_000_000
"""A larger `expire_in` is a moment, not a number of seconds: Shopee's pages have both."""


class _Granted(Struct):
    access_token: str
    refresh_token: str
    expire_in: Any = None


class ShopeeGrants:
    """Asks for one shop's tokens, through a client that signs publicly."""

    def __init__(self, client: HttpClient, partner_id: int, shop_id: int) -> None:
        self._client, self._partner_id, self._shop_id = client, partner_id, shop_id

    def refreshed(self, refresh_token: Secret) -> Tokens:
        """The next tokens.

        Raises:
            RefreshRefusedError: this refresh token gets no more.
        """
        return self._asked(REFRESH, {"refresh_token": refresh_token.reveal(), **self._whose()})

    def exchanged(self, code: Secret) -> Tokens:
        """The first tokens, for a code that is at most ten minutes old.

        Raises:
            AbortError: the code is used, too old or wrong.
        """
        if code.reveal().startswith(RESEND_CODE):
            return self._asked(RESEND, {"resend_code": code.reveal()})
        return self._asked(EXCHANGE, {"code": code.reveal(), **self._whose()})

    def _whose(self) -> dict[str, int]:
        return {"partner_id": self._partner_id, "shop_id": self._shop_id}

    def _asked(self, path: str, body: dict[str, Any]) -> Tokens:
        answer: Answer = self._client.post(path, json=body)
        told = decoded(answer, _Granted, path)
        return Tokens(
            access=Secret(told.access_token), refresh=Secret(told.refresh_token), obtained_at=answer.at,
            access_until=_until(told.expire_in, answer.at), refresh_until=answer.at + REFRESH_LIFE,
        )  # fmt: skip


def _until(expire_in: Any, now: datetime) -> datetime | None:
    """When the token ends. Whatever stands there: tokens that were given are not thrown away for it."""
    if not isinstance(expire_in, int | float) or not 0 < expire_in < 2 * 10**10:
        return None
    seconds = expire_in - now.timestamp() if expire_in > EPOCH_FROM else float(expire_in)
    # A moment that is over is that of another clock.
    return now + timedelta(seconds=seconds) if seconds > 0 else None
