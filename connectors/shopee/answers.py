"""What Shopee's answers mean: its errors come with any status, a 200 among them, and one name has several meanings.

Source: the error lists of Shopee Open Platform's pages for v2.product.* and v2.public.refresh_access_token.
"""

from datetime import timedelta
from typing import Any, NamedTuple, TypeVar

import msgspec

from connectors.errors import (
    AbortError,
    ConnectorError,
    ExpiredTokenError,
    RetryError,
    ThrottledError,
    WindowFullError,
)
from connectors.http_client import LONGEST_PAUSE, Answer, judge_status
from connectors.secret import redact
from connectors.tokens import RefreshRefusedError

T = TypeVar("T")
SHOWN = 200
"""Characters of a message that are passed on."""
DAY_ENDS = timedelta(hours=8)
"""The daily limit ends at midnight of UTC+08:00."""


class ItemNotFoundError(ConnectorError):
    """An item that was asked for exists no more. The caller asks for fewer at once."""


class _Rule(NamedTuple):
    """The first whose name is the error's, and whose phrase its message has, says what the error is."""

    name: str
    kind: type[ConnectorError]
    help: str = ""
    """What a person can do."""
    phrase: str = ""


RULES = (
    _Rule("error_auth", RetryError, phrase="try again"),
    _Rule("error_auth", ExpiredTokenError, phrase="access_token"),
    _Rule(
        "error_auth", AbortError, "check partner_id and shop_id, and that the shop has authorised this app"
    ),
    _Rule("invalid_acceess_token", ExpiredTokenError),  # as Shopee spells it
    _Rule("invalid_access_token", ExpiredTokenError),
    _Rule("error_rate_limit", ThrottledError),
    _Rule("error_limit", ThrottledError, "the app's calls of this day are used up"),
    _Rule("error_item_not_found", ItemNotFoundError),
    _Rule("error_param", WindowFullError, phrase="offset over limit"),
    _Rule("error_param", RetryError, "check this machine's clock: five minutes at most", phrase="timestamp"),
    _Rule("error_param", AbortError, "Shopee does not take what this connector asks"),
    _Rule("error_param_item_status", AbortError, "Shopee does not take what this connector asks"),
    _Rule("error_update_time_range", AbortError, "Shopee does not take what this connector asks"),
    _Rule("error_query_over_itemid_size", AbortError, "Shopee does not take what this connector asks"),
    _Rule("error_param_shop_id_not_found", AbortError, "check the option shop_id"),
    _Rule("error_shop", AbortError, "check the option shop_id"),
    _Rule("error_sign", AbortError, "check the option partner_key"),
    _Rule("invalid_partner_id", AbortError, "check the option partner_id"),
    _Rule("partner_shop_no_link", AbortError, "check partner_id and shop_id"),
    _Rule("shop_no_linked", AbortError, "let the seller authorise this app"),
    _Rule("shop_access_expired", AbortError, "let the seller authorise this app again"),
    _Rule("shop_banned", AbortError, "Shopee has banned the shop: nothing can be read until it is restored"),
    _Rule("error_kyc_auth", AbortError, "the seller must finish the registration in the Seller Centre first"),
    _Rule("error_ashop_api_permission", AbortError, "an affiliate shop cannot be read"),
    _Rule("error_permission", AbortError, "the app lacks this permission: see its category in the console"),
    _Rule("error_api_permission", AbortError, "the app's category may not ask this: see the console"),
    _Rule("error_api_call_restricted", AbortError, "Shopee has restricted the app: see the console"),
    _Rule(
        "error_partner_key_expired", AbortError, "reset the live partner key in the console, set partner_key"
    ),
    _Rule(
        "source_ip_undeclared", AbortError, "add this machine's address to the app's whitelist in the console"
    ),
    _Rule("api_suspended", AbortError, "Shopee has switched this API off"),
    _Rule("error_server", RetryError),
    _Rule("error_inner", RetryError),
    _Rule("error_network", RetryError),
    _Rule("error_data", RetryError),
    _Rule("error_system_busy", RetryError),
    _Rule("error_get_shop_fail", RetryError),
    _Rule("error_slash_price_load", RetryError),
)
REFRESH_RULES = (
    _Rule("error_shop_refresh_token", RefreshRefusedError),
    _Rule("error_merchant_refresh_token", RefreshRefusedError),
    _Rule("refresh_token_expired", RefreshRefusedError),
    _Rule("invalid_refresh_token", RefreshRefusedError),
    _Rule("error_auth", RefreshRefusedError, phrase="refresh_token"),
    _Rule("invalid_code", AbortError, "the code is used, wrong or older than ten minutes: take another"),
    _Rule("shop_access_expired", RefreshRefusedError, "the shop's authorisation has ended"),
    _Rule("shop_no_linked", RefreshRefusedError, "the seller has withdrawn the authorisation"),
    *RULES,
)
"""Used, expired or another shop's: Shopee does not tell them apart."""


def judge(answer: Answer) -> None:
    """Judge an answer of a shop's API.

    Raises:
        ExpiredTokenError: the access token is refused.
        ThrottledError: too many requests, in a second or in a day.
        RetryError: Shopee says "try again", the body is torn, or the error has no name that we know.
        AbortError: no repetition helps; the message says what does.
        WindowFullError: the list goes on behind what may be paged through.
        ItemNotFoundError: an item is gone.
    """
    _judge(answer, RULES)


def judge_refresh(answer: Answer) -> None:
    """Judge an answer to a refresh of tokens.

    Raises:
        RefreshRefusedError: this refresh token gets no more tokens.
        ConnectorError: as `judge`.
    """
    _judge(answer, REFRESH_RULES)


def decoded(answer: Answer, kind: type[T], where: str) -> T:
    """The answer as that form; a 0 for false is taken, as Shopee sometimes writes it.

    Raises:
        RetryError: it has another.
    """
    try:
        return msgspec.json.decode(answer.body, type=kind, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RetryError(f"{where}: the answer has another form: {error}") from None


def _judge(answer: Answer, rules: tuple[_Rule, ...]) -> None:
    try:
        told = answer.json()
    except RetryError:
        judge_status(answer)
        raise
    if isinstance(told, dict) and (error := told.get("error")):
        raise _meaning(_text(error), told, answer, rules)
    judge_status(answer)
    if not isinstance(told, dict):
        raise RetryError("the answer is JSON, but no object")


def _meaning(error: str, told: dict[str, Any], answer: Answer, rules: tuple[_Rule, ...]) -> ConnectorError:
    # Some come with a module before them, as common.error_auth; some messages say "access token".
    name = error.rpartition(".")[2].lower()
    message = _text(told.get("message")).lower().replace("access token", "access_token")
    said = _said(error, told)
    for rule in rules:
        if rule.name == name and rule.phrase in message:
            break
    else:
        if answer.status == 429:
            rule = _Rule(name, ThrottledError)
        else:
            rule = _Rule(name, RetryError, "an error that this connector does not know")
    if rule.help:
        said = f"{said}: {rule.help}"
    if issubclass(rule.kind, RetryError):
        after = _until_midnight(answer) if name == "error_limit" else answer.retry_after()
        return rule.kind(said, after=after)
    return rule.kind(said)


def _said(error: str, told: dict[str, Any]) -> str:
    parts = [_line(error)]
    if message := _line(told.get("message")):
        parts.append(f"({message})")
    if request := _line(told.get("request_id")):
        parts.append(f"request {request}")
    return "Shopee says " + " ".join(parts)


def _line(value: Any) -> str:
    """One line for a person, whatever it is."""
    # Redacted before it is cut: a cut secret would not be found.
    text = redact(_text(value)[: SHOWN * 20])
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:SHOWN]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else f"({type(value).__name__})"


def _until_midnight(answer: Answer) -> float:
    """Seconds until the day ends where Shopee counts, but no more than an hour: asking hourly harms nobody."""
    there = answer.at + DAY_ENDS
    ends = there.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return min((ends - there).total_seconds(), LONGEST_PAUSE)
