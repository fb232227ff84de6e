"""Secrets, tokens and signatures do not get into a recording, wherever they stand and however they are spelled."""

import base64
import json
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.scrubbing import (
    FAKE_ACCESS,
    FAKE_REFRESH,
    is_hidden,
    scrub_answered,
    scrub_asked,
    scrub_pairs,
    scrub_text,
)
from connectors.secret import Secret

KEY = "kunci/rahasia+nomor=7 æ"
Secret(KEY)


@pytest.mark.parametrize(
    "name",
    ["sign", "Authorization", "x-tts-access-token", "access_token", "refreshToken", "Set-Cookie", "timestamp",
     "X-Partner-Signature", "app_secret", "nonce", "auth_code", "api-key", "shop_refresh_token", "api_token", "csrf-token"],
)  # fmt: skip
def test_names_that_are_hidden(name: str) -> None:
    assert is_hidden(name)


@pytest.mark.parametrize(
    "name",
    [
        "page_token",
        "next_page_token",
        "continuationToken",
        "cursor",
        "update_time_from",
        "shop_id",
        "design",
        "keyword",
    ],
)
def test_names_that_a_replay_needs_are_not(name: str) -> None:
    assert not is_hidden(name)


@given(before=st.text("abc/:", max_size=4), after=st.text("xyz&= ", max_size=4))
def test_a_known_secret_is_found_in_every_spelling(before: str, after: str) -> None:
    plain = f"{before}{KEY}{after}"
    spellings = [
        plain,
        urllib.parse.quote(plain, safe=""),
        urllib.parse.quote(plain, safe="").lower(),
        urllib.parse.quote(urllib.parse.quote(plain, safe=""), safe=""),
        base64.b64encode(plain.encode()).decode(),
        base64.urlsafe_b64encode(plain.encode()).decode().rstrip("="),
    ]
    for spelling in spellings:
        hidden = scrub_text(f"ask?x={spelling}")
        assert "***" in hidden
        assert KEY not in urllib.parse.unquote(urllib.parse.unquote(hidden))
        assert spelling not in hidden


@given(st.text(max_size=200))
def test_a_text_without_secrets_stays_as_it_is(text: str) -> None:
    assert scrub_text(text) == text


@given(st.binary(max_size=200))
def test_a_body_without_secrets_stays_byte_for_byte(body: bytes) -> None:
    assert scrub_answered(body) == body


@pytest.mark.parametrize(
    "body",
    [b'{"id": 12345678901234567890123, "price": 85000.00, "sign_up": 1}\n', b'{"code": 0, "token": ""}', b"[1.0]"],
)  # fmt: skip
def test_a_record_without_secrets_stays_byte_for_byte(body: bytes) -> None:
    assert scrub_answered(body) == body


def test_tokens_of_an_answer_become_fixed_fakes_and_are_known_from_then_on() -> None:
    body = json.dumps(
        {
            "note": "use acc-tok-93741 at once",
            "data": {"access_token": "acc-tok-93741", "refresh_token": "ref-tok-55512", "expire_in": 14400},
            "big": 12345678901234567890123,
        }
    ).encode()
    kept = json.loads(scrub_answered(body))
    assert kept == {
        "note": "use *** at once",
        "data": {"access_token": FAKE_ACCESS, "refresh_token": FAKE_REFRESH, "expire_in": 14400},
        "big": 12345678901234567890123,
    }
    assert scrub_text("/shop/acc-tok-93741/items") == "/shop/***/items"
    assert scrub_answered(json.dumps(kept).encode()) == json.dumps(kept).encode()


def test_bodies_of_requests_are_scrubbed_by_name_in_json_and_forms() -> None:
    asked = scrub_asked(
        b'{"app_key":"29a39d","sign":"feedface00","page":{"access_token":"t0k3n-abcdef"}}', ""
    )
    assert json.loads(asked) == {"app_key": "29a39d", "sign": "***", "page": {"access_token": "***"}}
    form = scrub_asked(b"grant=x&refresh_token=once-only-777&page=2", "application/x-www-form-urlencoded")
    assert urllib.parse.parse_qsl(form.decode()) == [("grant", "x"), ("refresh_token", "***"), ("page", "2")]
    assert scrub_pairs([("q", "once-only-777")]) == (("q", "***"),)


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"token": "' + b"\xff" * 20, b"\xf0\x9f", b'{"sign": 1'])
def test_what_is_no_json_is_scrubbed_as_text(body: bytes) -> None:
    assert scrub_answered(body + b" " + KEY.encode()) == body + b" ***"
