"""What TikTok Shop's answers mean: by the code in the body, whatever the status.

Source: TikTok Shop Partner Center, "Common errors" and the error tables of Search Products and Get Product.
"""

from typing import Final

from connectors.errors import (
    AbortError,
    ConnectorError,
    ExpiredTokenError,
    RetryError,
    ThrottledError,
    WindowFullError,
)
from connectors.http_client import Answer, judge_status
from connectors.refusal import Envelope, envelope, judging_a_refresh
from connectors.tokens import RefreshRefusedError

TOO_MANY: Final = frozenset({"36009002", "36009037"})
EXPIRED: Final = frozenset({"105001", "105002", "101000"})
REFRESH_REFUSED: Final = frozenset({"36004001", "36004004"})
SIGNATURE: Final = frozenset({"106001"})
NOT_ALLOWED: Final = frozenset({"105005", "36009033", "36009043", "36009044", "12052700"})
SHOP: Final = frozenset({"106013"})
MANY_MEANINGS: Final = "36009004"
"""Overloaded: one code for a dozen failures, to be told apart by the message, as the documents say."""
INTERNAL: Final = frozenset({"36009003", "36009007", "12001000", "12052881", "33001002"})
TOO_FULL: Final = "12052180"
GONE: Final = frozenset({"12052034", "12052048", "12052260"})
MOST_PRODUCTS = 10_000


class ProductGoneError(ConnectorError):
    """The shop has no such product, or its detail is no longer shown: deleted or frozen."""


def judge(answer: Answer) -> None:
    """Return where the answer holds what was asked for.

    Raises:
        ThrottledError: too many requests.
        ExpiredTokenError: the access token is no longer taken.
        RefreshRefusedError: nor is the refresh token.
        ProductGoneError: there is no such product.
        WindowFullError: more than 10,000 products match.
        RetryError: TikTok Shop failed, or the answer is torn.
        AbortError: nothing but a person helps; the message says what to do.
    """
    found = envelope(answer)
    code = found.name if found is not None else ""
    if found is None or not code:
        judge_status(answer)
        raise RetryError(
            "answered 200, but with no answer of TikTok Shop: torn, or from something in between"
        )
    if code != "0":
        raise _meaning(found, code, answer)
    judge_status(answer)


judge_refresh = judging_a_refresh(judge)


def _meaning(found: Envelope, code: str, answer: Answer) -> ConnectorError:  # noqa: PLR0911  one for each
    if code == MANY_MEANINGS:
        code = _meant(found.words)
    if code in TOO_MANY or answer.status == 429:
        return ThrottledError(f"too many requests: {found.told}", after=answer.retry_after())
    if code in EXPIRED:
        return ExpiredTokenError(f"the access token is no longer taken: {found.told}")
    if code in REFRESH_REFUSED:
        return RefreshRefusedError(f"the refresh token is no longer taken: {found.told}")
    if code in GONE:
        return ProductGoneError(f"no such product: {found.told}")
    if code == TOO_FULL:
        return WindowFullError(f"more than {MOST_PRODUCTS} products match: {found.told}")
    if code in SIGNATURE:
        return AbortError(
            f"the signature is refused; check app_key, app_secret and this machine's clock: {found.told}"
        )
    if code in NOT_ALLOWED:
        return AbortError(
            "the app may not do this; check its scopes in Partner Center and that the shop is active and "
            f"authorised: {found.told}"
        )
    if code in SHOP:
        return AbortError(f"the shop is not known; check shop_cipher: {found.told}")
    if code in INTERNAL or code == MANY_MEANINGS or answer.status >= 500:
        return RetryError(f"TikTok Shop failed: {found.told}", after=answer.retry_after())
    return AbortError(f"TikTok Shop refuses the request: {found.told}")


def _meant(message: str) -> str:
    """What the code of many meanings means with this message; itself where the message is not a known one."""
    words = message.lower()
    for parts, code in (
        (("app_key", "required signature", "missing credentials", "timestamp"), next(iter(SIGNATURE))),
        (("access_token", "x-tts-access-token"), "105002"),
        (("shop_cipher", "shop_id"), next(iter(SHOP))),
        (("api version", "invalid param", "not required"), "refused"),
    ):
        if any(part in words for part in parts):
            return code
    return MANY_MEANINGS
