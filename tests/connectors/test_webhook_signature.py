"""Standard Webhooks: signed as others sign, and nothing else is believed."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webhook_requests import OTHER_WHSEC, WHSEC

from connectors.secret import Secret, redact
from connectors.webhook_signature import (
    ID,
    SIGNATURE,
    TIMESTAMP,
    SignatureError,
    headers,
    keys,
    sign,
    verified_id,
)

KEYS = keys(Secret(WHSEC))
OTHER = keys(Secret(OTHER_WHSEC))
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
BODY = b'{"event_id":"e1"}'


def test_the_vectors() -> None:
    # Made by `openssl dgst -sha256 -mac HMAC` from the formula.
    assert sign(KEYS[0], "msg_1", 1764000000, BODY) == "v1,1IxIQ8MBV6pZMFKWxs36CCJTzfxkKB2zlIBe1VARtZ8="
    # The one that the libraries of the specification test themselves with.
    (key,) = keys(Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    signature = sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(
    key=st.binary(min_size=24, max_size=64),
    webhook_id=st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True),
    seconds=st.integers(0, 10**11),
    body=st.binary(max_size=200),
)
def test_a_signature_is_the_formula_and_is_recognised(
    key: bytes, webhook_id: str, seconds: int, body: bytes
) -> None:
    text = b".".join([webhook_id.encode(), str(seconds).encode(), body])
    wanted = "v1," + base64.b64encode(hmac.digest(key, text, hashlib.sha256)).decode()
    assert sign(key, webhook_id, seconds, body) == wanted
    at = datetime.fromtimestamp(seconds, UTC)
    assert verified_id([key], headers([key], webhook_id, at, body), body, at) == webhook_id


def test_either_key_does_while_a_sender_changes_it() -> None:
    both = headers([*KEYS, *OTHER], "m1", NOW, BODY)
    assert both[SIGNATURE].count("v1,") == 2
    for known in (KEYS, OTHER, (*OTHER, *KEYS)):
        assert verified_id(known, both, BODY, NOW) == "m1"
    old = headers(KEYS, "m1", NOW, BODY)
    assert verified_id((*OTHER, *KEYS), old, BODY, NOW) == "m1"
    more = old | {SIGNATURE: "v1a,AAAA v2,BBBB  v1,AAAA " + old[SIGNATURE]}
    assert verified_id(KEYS, more, BODY, NOW) == "m1"


def changed(name: str, value: str | None) -> dict[str, str]:
    good = headers(KEYS, "m1", NOW, BODY) | {name: value or ""}
    if value is None:
        del good[name]
    return good


SIGNED = headers(KEYS, "m1", NOW, BODY)[SIGNATURE]


@pytest.mark.parametrize(
    "received",
    [
        {},
        *(changed(name, None) for name in (ID, TIMESTAMP, SIGNATURE)),
        *(changed(name, "") for name in (ID, TIMESTAMP, SIGNATURE)),
        changed(ID, "m2"),
        changed(ID, "m.1"),
        changed(ID, "m1\u00e9"),
        changed(ID, "m" * 257),
        changed(TIMESTAMP, str(int(NOW.timestamp()) + 1)),
        changed(TIMESTAMP, f"0{int(NOW.timestamp())}"),
        changed(TIMESTAMP, f"{int(NOW.timestamp())}.0"),
        changed(TIMESTAMP, f" {int(NOW.timestamp())}"),
        changed(TIMESTAMP, "\u0661\u0662"),
        changed(TIMESTAMP, "9" * 4000),
        changed(TIMESTAMP, "-1"),
        changed(SIGNATURE, "v1,"),
        changed(SIGNATURE, "v1,\u00e9\udcff"),
        changed(SIGNATURE, SIGNED.removeprefix("v1,")),
        changed(SIGNATURE, SIGNED.replace("v1,", "v1a,")),
        changed(SIGNATURE, SIGNED.lower()),
        changed(SIGNATURE, SIGNED[:-1]),
        changed(SIGNATURE, "v1,AAAA " * 16 + SIGNED),
        headers(OTHER, "m1", NOW, BODY),
        headers(KEYS, "m1", NOW, BODY + b"\n"),
    ],
)
def test_a_forgery_is_refused(received: dict[str, str]) -> None:
    with pytest.raises(SignatureError):
        verified_id(KEYS, received, BODY, NOW)


def test_nobody_is_believed_without_a_key() -> None:
    with pytest.raises(SignatureError):
        verified_id((), headers(KEYS, "m1", NOW, BODY), BODY, NOW)


def test_a_dot_cannot_move_between_id_time_and_body() -> None:
    seconds = int(NOW.timestamp())
    body = f"{seconds}.{{}}".encode()
    signature = sign(KEYS[0], "a", seconds, body)
    moved = {ID: f"a.{seconds}", TIMESTAMP: str(seconds), SIGNATURE: signature}
    assert sign(KEYS[0], f"a.{seconds}", seconds, b"{}") == signature
    with pytest.raises(SignatureError):
        verified_id(KEYS, moved, b"{}", NOW)
    with pytest.raises(ValueError, match="without dot"):
        headers(KEYS, "a.1", NOW, body)


def test_five_minutes_either_way() -> None:
    received = headers(KEYS, "m1", NOW, BODY)
    for seconds in (-300, 300):
        assert verified_id(KEYS, received, BODY, NOW + timedelta(seconds=seconds)) == "m1"
    with pytest.raises(SignatureError, match="301 s ago"):
        verified_id(KEYS, received, BODY, NOW + timedelta(seconds=301))
    with pytest.raises(SignatureError, match="301 s ahead"):
        verified_id(KEYS, received, BODY, NOW - timedelta(seconds=301))


def test_keys_are_read_with_or_without_padding_and_one_a_line() -> None:
    text = base64.b64encode(bytes(range(31))).decode()
    assert text.endswith("=")
    assert keys(Secret(f"whsec_{text}")) == keys(Secret(f"whsec_{text.rstrip('=')}")) == (bytes(range(31)),)
    assert keys(Secret(f" {WHSEC}\n{OTHER_WHSEC} \n")) == (*KEYS, *OTHER)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "  ",
        "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        "whsec_",
        "whsec_c2hvcnQta2V5",
        "whsec_" + base64.b64encode(bytes(65)).decode(),
        "whsec_not!base64!not!base64!not!base64!not!base64",
        f"{WHSEC} whsec_c2hvcnQta2V5",
    ],
)
def test_what_is_no_key_is_named_and_not_shown(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"key \d|no key") as caught:
        keys(Secret(wrong))
    for part in wrong.split():
        assert part.removeprefix("whsec_") == "" or part.removeprefix("whsec_") not in str(caught.value)


def test_each_of_several_keys_is_kept_out_of_logs() -> None:
    one = base64.b64encode(b"k" * 30 + b"1").decode()
    keys(Secret(f"whsec_{one} {WHSEC}"))
    assert one not in redact(f"a log line with {one} in it")
    assert one not in redact(f"or whsec_{one}")
