"""What TikTok Shop's answers mean, whatever their status: which error, and no secret in its words."""

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
from connectors.secret import Secret
from connectors.tiktok.answers import ProductGoneError, judge, judge_refresh
from connectors.tokens import RefreshRefusedError


def refusal(code: Any, message: str = "no", **more: Any) -> Answer:
    return answer(
        {"code": code, "message": message, "data": None, "request_id": "202203070749000101890810281E8C70B7"},
        **more,
    )


@pytest.mark.parametrize("code", ["0", 0])
def test_all_is_well(code: Any) -> None:
    judge(answer({"code": code, "data": {}, "request_id": "1"}))


@pytest.mark.parametrize("status", [200, 400, 401, 403])
@pytest.mark.parametrize(
    ("code", "error"),
    [
        (105002, ExpiredTokenError),
        (106001, AbortError),
        (36009002, ThrottledError),
        (36009003, RetryError),
        (12052180, WindowFullError),
        (12052260, ProductGoneError),
        (12052048, ProductGoneError),
        (106013, AbortError),
        (105005, AbortError),
        (99999999, AbortError),
    ],
)
def test_each_code_whatever_the_status(code: int, error: type[ConnectorError], status: int) -> None:
    found = meaning(judge, refusal(code, status=status))
    assert type(found) is error
    assert f"code {code}: no" in str(found)
    assert "202203070749000101890810281E8C70B7" in str(found)


@pytest.mark.parametrize(
    ("message", "error", "says"),
    [
        (
            "Missing credentials. The request does not include a required signature in the query.",
            AbortError,
            "app_secret",
        ),
        (
            "Invalid timestamp. It must not be earlier than 5 minutes before the current time.",
            AbortError,
            "clock",
        ),
        ("Invalid credentials. Invalid `app_key` query parameter.", AbortError, "app_key"),
        (
            "Invalid credentials. The `x-tts-access-token` header is invalid.",
            ExpiredTokenError,
            "access token",
        ),
        ("Invalid identifier. The `shop_id` query parameter is invalid.", AbortError, "shop_cipher"),
        ("Invalid API version. The `version` value is invalid or unsupported.", AbortError, "refuses"),
        ("System overloaded", RetryError, "failed"),
        ("", RetryError, "failed"),
    ],
)
def test_the_code_of_many_meanings_is_told_apart_by_its_message(
    message: str, error: type[ConnectorError], says: str
) -> None:
    found = meaning(judge, refusal(36009004, message))
    assert type(found) is error
    assert says in str(found)


def test_a_throttled_status_counts_whatever_the_body() -> None:
    for body in (b"<html>", b'{"code": 99, "message": "x"}'):
        found = meaning(judge, answer(body, status=429, **{"Retry-After": "7"}))
        assert isinstance(found, ThrottledError)
        assert found.after == 7.0


@pytest.mark.parametrize(
    "body",
    [b"", b'{"code": 0, "da', b"<html>busy</html>", b"[]", b"\xff", b"null", b'{"data": {}}', b"[" * 100_000],
)
def test_a_torn_answer_is_asked_for_again(body: bytes) -> None:
    assert type(meaning(judge, answer(body))) is RetryError
    assert type(meaning(judge, answer(body, status=503))) is RetryError


def test_a_server_error_with_an_unknown_code_is_asked_for_again() -> None:
    assert type(meaning(judge, refusal(99999999, status=500))) is RetryError


def test_a_refused_refresh_is_told_apart() -> None:
    for code in (105002, 36004004):
        with pytest.raises(RefreshRefusedError):
            judge_refresh(refusal(code, status=401))
    judge_refresh(answer({"code": 0, "data": {}}))


def test_no_secret_and_no_second_line_in_a_message() -> None:
    token = Secret("TTP_Fw8rBwAAAAAkW03FYd09DG-9INtpw361hWthei8S3fHX8iPJ5AUv99")
    found = str(meaning(judge, refusal(105002, f"bad\r\ntoken {token.reveal()} " + "x" * 5000)))
    assert token.reveal() not in found
    assert "\n" not in found
    assert len(found) < 400


@given(
    any_json
    | st.fixed_dictionaries({"code": any_json}, optional={"message": any_json, "request_id": any_json}),
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
