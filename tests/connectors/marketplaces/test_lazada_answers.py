"""What Lazada's answers mean, inside a 200 as well: which error, how long to wait, and no secret in its words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from json_shapes import any_json
from marketplace_answers import answer, meaning

from connectors.errors import (
    AbortError,
    ConnectorError,
    ExpiredTokenError,
    RetryError,
    ThrottledError,
    WindowFullError,
)
from connectors.http_client import Answer
from connectors.lazada.answers import ItemGoneError, ban_seconds, judge, judge_refresh
from connectors.secret import Secret
from connectors.tokens import RefreshRefusedError


def refusal(code: Any, message: str = "no", kind: str | None = "ISV", **more: Any) -> Answer:
    return answer(
        {"type": kind, "code": code, "message": message, "request_id": "0ba2887315178178017221014"}, **more
    )


@pytest.mark.parametrize("code", ["0", 0])
def test_all_is_well(code: Any) -> None:
    judge(answer({"code": code, "data": {}, "request_id": "1"}))


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("IllegalAccessToken", ExpiredTokenError),
        ("IllegalRefreshToken", RefreshRefusedError),
        ("901", ThrottledError),
        (901, ThrottledError),
        ("ApiCallLimit", ThrottledError),
        ("AppApiCallLimit", ThrottledError),
        ("SellerCallLimit", ThrottledError),
        ("208", ItemGoneError),
        ("EDIT_ITEM_NOT_BELONG_SELLER", ItemGoneError),
        ("14", WindowFullError),
        ("IncompleteSignature", AbortError),
        ("IllegalTimestamp", AbortError),
        ("InsufficientPermission", AbortError),
        ("SellerNotActive", AbortError),
        ("6", RetryError),
        ("506", RetryError),
        ("ServiceTimeout", RetryError),
    ],
)
def test_each_code_inside_a_200(code: Any, error: type[ConnectorError]) -> None:
    found = meaning(judge, refusal(code))
    assert type(found) is error
    assert f"code {code}: no" in str(found)
    assert "0ba2887315178178017221014" in str(found)


@pytest.mark.parametrize(
    ("kind", "error"), [("ISV", AbortError), ("ISP", RetryError), ("SYSTEM", RetryError), (None, RetryError)]
)
def test_an_unknown_code_is_ours_only_where_lazada_says_so(
    kind: str | None, error: type[ConnectorError]
) -> None:
    assert type(meaning(judge, refusal("SomethingNew", kind=kind))) is error


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        ("Api access frequency exceeds the limit. this ban will last 1 seconds", 1.0),
        ("App-level limit: this ban will last 7200 more seconds", 7200.0),
        ("this ban will last 999999999 seconds", 86_400.0),
        ("this ban will last 0 seconds", 0.0),
        ("too many", None),
    ],
)
def test_the_seconds_of_a_ban(message: str, seconds: float | None) -> None:
    assert ban_seconds(message) == seconds
    found = meaning(judge, refusal("AppApiCallLimit", message))
    assert isinstance(found, ThrottledError)
    assert found.after == (1.0 if seconds is None else seconds)


def test_a_throttled_status_counts_without_a_body() -> None:
    found = meaning(judge, answer(b"<html>", status=429, **{"Retry-After": "7"}))
    assert isinstance(found, ThrottledError)
    assert found.after == 7.0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"code": "0", "da',
        b"<html>busy</html>",
        b"[]",
        b"\xff",
        b"null",
        b'{"data": {}}',
        b"[" * 100_000,
    ],
)
def test_a_torn_answer_is_asked_for_again(body: bytes) -> None:
    assert type(meaning(judge, answer(body))) is RetryError
    assert type(meaning(judge, answer(body, status=502))) is RetryError


def test_a_refused_refresh_is_told_apart() -> None:
    for code in ("IllegalRefreshToken", "IllegalAccessToken"):
        with pytest.raises(RefreshRefusedError):
            judge_refresh(refusal(code))
    judge_refresh(answer({"code": "0", "access_token": "a"}))


def test_no_secret_and_no_second_line_in_a_message() -> None:
    token = Secret("50000601c30atpedfgu3LVvik87Ixlsvle3mSoB7701ceb156")
    found = str(meaning(judge, refusal("IllegalAccessToken", f"bad\r\ntoken {token.reveal()} " + "x" * 5000)))
    assert token.reveal() not in found
    assert "\n" not in found
    assert len(found) < 400


@given(
    any_json
    | st.fixed_dictionaries(
        {"code": any_json}, optional={"message": any_json, "type": any_json, "request_id": any_json}
    ),
    st.integers(100, 599),
)
def test_any_answer_is_well_or_a_connector_error(body: Any, status: int) -> None:
    words = ""
    try:
        judge(answer(body, status=status))
    except ConnectorError as error:
        words = str(error)
    assert "\n" not in words
    assert len(words) < 500
