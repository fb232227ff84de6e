"""What Lazada's answers mean. It says so in the body, mostly inside a 200.

Source: Lazada Open Platform, the error tables of `/products/get`, `/product/item/get` and
`/auth/token/refresh`, and its FAQ on call limits.
"""

import re
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

TOO_MANY: Final = frozenset(
    {"901", "E901", "E0901", "4154", "ApiCallLimit", "AppApiCallLimit", "SellerCallLimit", "E1002",
     "HOT_KEY_BLOCK_EXCEPTION"}
)  # fmt: skip
NEXT_SECOND = 1.0
"""What the documents ask for after a 901; also where a limit names no seconds."""
LONGEST_BAN = 24 * 3600.0
"""Bans of hours are known; more than a day is taken for a mistake."""
GONE: Final = frozenset({"207", "208", "E207", "E208", "EDIT_ITEM_NOT_BELONG_SELLER"})
INTERNAL: Final = frozenset(
    {"6", "E006", "300", "500", "501", "502", "503", "506", "E506", "513", "1000", "ServiceTimeout", "SYS_ERROR",
     "IC_EXCEPTION", "SELLER_SERVICE_FAIL", "THIRD_SERVICE_ERROR"}
)  # fmt: skip
OFFSET: Final = frozenset({"14", "E014"})
SIGNATURE: Final = frozenset(
    {"IllegalTimestamp", "IncompleteSignature", "InvalidAppKey", "InvalidSignature", "MissingParameter"}
)
NOT_ALLOWED: Final = frozenset(
    {
        "InsufficientPermission",
        "AUTH_TYPE_UNSUPPORTED",
        "SellerNotActive",
        "SellerNotVerified",
        "SELLER_NOT_PERMITTED",
    }
)
_BAN = re.compile(r"\b(\d{1,9})\s+(?:more\s+)?seconds?\b", re.ASCII)


class ItemGoneError(ConnectorError):
    """The shop has no such item, or no more."""


def judge(answer: Answer) -> None:
    """Return where the answer holds what was asked for.

    Raises:
        ThrottledError: a call limit, with the seconds of the ban where Lazada tells them.
        ExpiredTokenError: the access token is no longer taken.
        RefreshRefusedError: nor is the refresh token.
        ItemGoneError: there is no such item.
        WindowFullError: the offset is beyond what Lazada pages through.
        RetryError: Lazada failed, or the answer is torn.
        AbortError: nothing but a person helps; the message says what to do.
    """
    found = envelope(answer)
    code = found.name if found is not None else ""
    if found is None or not code:
        judge_status(answer)
        raise RetryError("answered 200, but with no answer of Lazada: torn, or from something in between")
    if code != "0":
        raise _meaning(found, code, answer)
    judge_status(answer)


def ban_seconds(message: str) -> float | None:
    """How long Lazada says a ban lasts ("This ban will last for 7 more seconds"); None where it does not."""
    told = _BAN.search(message)
    return min(float(told[1]), LONGEST_BAN) if told else None


judge_refresh = judging_a_refresh(judge)


def _meaning(found: Envelope, code: str, answer: Answer) -> ConnectorError:  # noqa: PLR0911  one for each
    if code in TOO_MANY or answer.status == 429:
        told = ban_seconds(found.words)
        pause = max(NEXT_SECOND if told is None else told, answer.retry_after())
        return ThrottledError(f"too many requests: {found.told}", after=pause)
    if code == "IllegalAccessToken":
        return ExpiredTokenError(f"the access token is no longer taken: {found.told}")
    if code == "IllegalRefreshToken":
        return RefreshRefusedError(f"the refresh token is no longer taken: {found.told}")
    if code in GONE:
        return ItemGoneError(f"no such item: {found.told}")
    if code in OFFSET:
        return WindowFullError(f"the offset is beyond what Lazada pages through: {found.told}")
    if code in SIGNATURE:
        return AbortError(
            f"the signature is refused; check app_key, app_secret and this machine's clock: {found.told}"
        )
    if code in NOT_ALLOWED:
        return AbortError(
            f"the app may not do this; check its permissions and the seller's state in Seller Center: {found.told}"
        )
    # ISV: the caller's fault; ISP and SYSTEM: theirs. Where a code is unknown and nothing says whose it is,
    # a repetition loses nothing.
    if code in INTERNAL or found.type != "ISV" or answer.status >= 500:
        return RetryError(f"Lazada failed: {found.told}", after=answer.retry_after())
    return AbortError(f"Lazada refuses the request: {found.told}")
