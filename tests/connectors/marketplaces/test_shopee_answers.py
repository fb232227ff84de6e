"""What each of Shopee's errors makes the connector do, whatever status it comes with."""

from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.http_client import Answer
from connectors.sdk import (
    AbortError,
    ConnectorError,
    ExpiredTokenError,
    RetryError,
    Secret,
    ThrottledError,
    WindowFullError,
)
from connectors.shopee.answers import RULES, ItemNotFoundError, judge, judge_refresh
from connectors.tokens import RefreshRefusedError

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def answer(body: Any, status: int = 200, **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    named = httpx.Headers({name.replace("_", "-"): value for name, value in headers.items()})
    return Answer(status, named, raw, AT)


def told(error: str, message: str = "", status: int = 200, **headers: str) -> Answer:
    return answer({"error": error, "message": message, "request_id": "req-7"}, status, **headers)


MEANINGS = [
    ("invalid_acceess_token", "Invalid access_token, please have a check.", ExpiredTokenError),
    ("error_auth", "Invalid access_token.", ExpiredTokenError),
    ("common.error_auth", "Invalid access token", ExpiredTokenError),
    ("error_auth", "System error, please try again later.", RetryError),
    ("error_auth", "Invalid partner_id or shopid.", AbortError),
    ("error_auth", "No permission to current api.", AbortError),
    ("error_rate_limit", "Too many requests.", ThrottledError),
    (
        "error_limit",
        "The total API call number made by your APP has reached the daily API call limit",
        ThrottledError,
    ),
    ("error_server", "Something wrong. Please try later.", RetryError),
    ("error_inner", "Our system is taking some time to respond, please try later.", RetryError),
    ("error_sign", "Wrong sign.", AbortError),
    ("error_partner_key_expired", "", AbortError),
    ("error_param", "get items offset over limit, please use the next field", WindowFullError),
    ("error_param", "Invalid timestamp", RetryError),
    ("product.error_param", "parameter invalid", AbortError),
    ("error_item_not_found", "Product not found", ItemNotFoundError),
    ("error_of_tomorrow", "what is this", RetryError),
]
ODD: list[Any] = [7, ["error_auth"], {"code": 1}, True]


@pytest.mark.parametrize("status", [200, 403, 500])
@pytest.mark.parametrize(("error", "message", "kind"), MEANINGS)
def test_each_error_inside_any_status(
    error: str, message: str, kind: type[ConnectorError], status: int
) -> None:
    with pytest.raises(ConnectorError) as raised:
        judge(told(error, message, status))
    assert type(raised.value) is kind
    assert error in str(raised.value)
    assert "request req-7" in str(raised.value)


@pytest.mark.parametrize("error", ODD)
def test_an_error_of_another_type_is_asked_for_again(error: Any) -> None:
    with pytest.raises(RetryError, match="does not know"):
        judge(answer({"error": error, "message": 10**30, "request_id": None}))


def test_every_error_that_ends_the_run_says_what_to_do() -> None:
    assert [rule.name for rule in RULES if issubclass(rule.kind, AbortError) and not rule.help] == []


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ("error_auth", "Invalid refresh_token."),
        ("error_shop_refresh_token", "Your refresh token is error ,please check refresh token or shopid."),
        ("refresh_token_expired", "Your refresh_token expired."),
        ("shop_access_expired", "Your access to shop has expired."),
    ],
)
def test_a_refused_refresh_token(error: str, message: str) -> None:
    with pytest.raises(RefreshRefusedError, match=error):
        judge_refresh(told(error, message, 403))


@pytest.mark.parametrize("error", ["error_server", "error_sign", "error_rate_limit"])
def test_what_refuses_a_refresh_for_another_reason_does_not_give_the_token_up(error: str) -> None:
    with pytest.raises(ConnectorError) as raised:
        judge_refresh(told(error))
    assert not isinstance(raised.value, RefreshRefusedError)


def test_too_many_requests_follow_retry_after() -> None:
    with pytest.raises(ThrottledError) as raised:
        judge(told("error_rate_limit", status=429, Retry_After="17"))
    assert raised.value.after == 17


@pytest.mark.parametrize(("at", "after"), [("15:59:50", 10), ("15:10:00", 3000), ("03:00:00", 3600)])
def test_the_daily_limit_waits_for_midnight_in_utc_8_and_no_longer_than_an_hour(
    at: str, after: float
) -> None:
    moment = datetime.fromisoformat(f"2026-11-24T{at}+00:00")
    with pytest.raises(ThrottledError, match="calls of this day are used up") as raised:
        judge(msgspec.structs.replace(told("error_limit"), at=moment))
    assert raised.value.after == after


@pytest.mark.parametrize(
    "body", [{"error": "", "response": {}}, {"response": {}}, {"error": None}, {"error": 0}]
)
def test_an_answer_without_error_is_well(body: Any) -> None:
    judge(answer(body))


@pytest.mark.parametrize(
    "body", [b"", b'{"error": "", "resp', b"\xff\xfe", b"<html>", b"[" * 100_000, b"[]", b'"ok"', b"7"]
)
def test_a_torn_body_is_asked_for_again(body: bytes) -> None:
    with pytest.raises(RetryError):
        judge(answer(body))


@pytest.mark.parametrize(
    ("status", "kind"), [(502, RetryError), (429, ThrottledError), (302, AbortError), (404, AbortError)]
)
def test_without_an_error_the_status_counts(status: int, kind: type[ConnectorError]) -> None:
    for body in (b"<html>", b"{}", b"[]"):
        with pytest.raises(kind):
            judge(answer(body, status))


def test_no_secret_and_no_flood_leaves_through_a_message() -> None:
    Secret("the-access-token-of-shop-7")
    with pytest.raises(RetryError) as raised:
        judge(told("error_server", "bad the-access-token-of-shop-7 \x1b[2J\n" + "x" * 10_000))
    text = str(raised.value)
    assert "the-access-token" not in text
    assert text.isprintable()
    assert len(text) < 700


@settings(deadline=None)
@given(
    body=st.dictionaries(
        st.sampled_from(["error", "message", "request_id", "response"]),
        st.text(max_size=30) | st.none() | st.integers() | st.lists(st.integers(), max_size=2)
        | st.sampled_from([rule.name for rule in RULES]),
    ),
    status=st.integers(200, 599),
)  # fmt: skip
def test_whatever_comes_is_well_or_one_of_our_errors(body: dict[str, Any], status: int) -> None:
    messages: list[str] = []
    for judged in (judge, judge_refresh):
        try:
            judged(answer(body, status))
        except ConnectorError as error:
            messages.append(str(error))
        else:
            assert 200 <= status < 300
            assert not body.get("error")
    assert all(message.isprintable() for message in messages)
