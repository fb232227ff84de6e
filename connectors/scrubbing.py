"""What may be kept of a request and its answer: everything but secrets, tokens, signatures and the time it was sent.

By name: parameters, headers and JSON fields that carry such things on any marketplace. By value: every secret that
this process knows, also inside percent-encoding and base64, at any offset. What a token-bearing answer brings
becomes a fixed fake, so that a replay goes the same way.
"""

import base64
import binascii
import json
import re
import urllib.parse
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from connectors.secret import SHOWN, Secret, redact

FAKE_ACCESS = "recorded-access-token"
FAKE_REFRESH = "recorded-refresh-token"
FAKE_SECRET = "recorded-secret"  # noqa: S105  a fake, which is what it is for
FAKES = (FAKE_ACCESS, FAKE_REFRESH, FAKE_SECRET)

_TOKENS = {"accesstoken", "refreshtoken", "idtoken", "sessionid", "sessionkey", "token", "session"}
_KEYS = {
    "secret",
    "password",
    "passwd",
    "apikey",
    "privatekey",
    "clientsecret",
    "appsecret",
    "partnerkey",
    "auth",
}
_SIGNATURES = {"sign", "sig", "signature", "hmac", "authorization", "cookie", "setcookie"}
_MOMENTS = {"timestamp", "ts", "nonce", "requestid", "traceid"}
_ENDINGS = (
    "accesstoken", "refreshtoken", "secret", "password", "apikey", "signature", "authorization", "cookie", "authtoken",
)  # fmt: skip
_PAGING = ("page", "next", "cursor", "continu", "sync", "paginat", "start", "delta")
"""In the names of tokens that lead to the next page: a replay tells pages apart by them."""
_CODES = {"code", "authcode"}
"""An authorisation code in a request; in answers the word is a status."""
_LEARNED = 8
"""Shorter tokens are removed by name only: a value of a few letters would take half of every text with it."""
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
_WORD = re.compile(r"[^\s\"'&=?<>{}]+")
Pairs = Sequence[tuple[str, str]]
Names = Sequence[str]


def _plain(name: str) -> str:
    return "".join(each for each in name.lower() if each.isalnum())


def is_token(name: str) -> bool:
    """Whether a parameter, header or field of this name holds a token or a key."""
    plain = _plain(name)
    if plain.endswith("token") and not any(word in plain for word in _PAGING):
        return True
    return plain in _TOKENS | _KEYS or plain.endswith(_ENDINGS)


def is_hidden(name: str, more: Names = ()) -> bool:
    """Whether a parameter, header or field of a request is secret, or differs each time it is sent.

    `more`: what an API calls such things otherwise.
    """
    return is_token(name) or _plain(name) in _SIGNATURES | _MOMENTS | _CODES | {_plain(each) for each in more}


def scrub_text(text: str, also: Iterable[str] = ()) -> str:
    """The text without any known secret and without the values `also`, plain, percent-encoded or in base64."""
    text = redact(text)
    for value in also:
        for spelling in (value, urllib.parse.quote(value, safe=""), urllib.parse.quote_plus(value)):
            text = text.replace(spelling, SHOWN)
    text = _WORD.sub(lambda found: _unless_secret(found[0], also), text)
    return _BASE64.sub(lambda found: _without_base64(found[0], also), text)


def _unless_secret(spelling: str, also: Iterable[str]) -> str:
    if "%" not in spelling:
        return spelling
    # Encoded twice is how a URL stands in another URL's parameter.
    meaning = urllib.parse.unquote(spelling)
    again = urllib.parse.unquote(meaning)
    hidden = any(redact(each) != each or any(value in each for value in also) for each in (meaning, again))
    return SHOWN if hidden else spelling


def _without_base64(run: str, also: Iterable[str]) -> str:
    letters = run.rstrip("=").replace("-", "+").replace("_", "/")
    # A run may hold more than the base64, such as a path before it: each of the four offsets is a beginning.
    for start in range(4):
        part = letters[start:]
        part = part[: len(part) - (len(part) % 4 == 1)]
        try:
            meaning = base64.b64decode(part + "=" * (-len(part) % 4)).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            continue
        if redact(meaning) != meaning or any(value in meaning for value in also):
            return SHOWN
    return run


def learn(name: str, value: str) -> None:
    """Know a token from now on, so that it is removed wherever it stands, under whatever name."""
    value = value.removeprefix("Bearer ").removeprefix("Basic ").strip()
    if len(value) >= _LEARNED and (is_token(name) or _plain(name) == "authorization") and value not in FAKES:
        Secret(value)


def signatures(pairs: Pairs) -> list[str]:
    """The values of one request that its answer may echo, as in "wrong sign": hidden there as well."""
    return [value for name, value in pairs if _plain(name) in _SIGNATURES | _CODES and len(value) >= _LEARNED]


def scrub_pairs(pairs: Pairs, more: Names = ()) -> tuple[tuple[str, str], ...]:
    """Parameters or headers, the hidden ones' values replaced."""
    return tuple((name, SHOWN if is_hidden(name, more) else scrub_text(value)) for name, value in pairs)


def scrub_asked(body: bytes, content_type: str, more: Names = ()) -> bytes:
    """A request's body without what is hidden; JSON and forms by name, all others by value."""
    if not body:
        return b""
    if "x-www-form-urlencoded" in content_type:
        pairs = urllib.parse.parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        for name, value in pairs:
            learn(name, value)
        return urllib.parse.urlencode(scrub_pairs(pairs, more)).encode()
    return _scrub_json(body, lambda name, _: SHOWN if is_hidden(name, more) else None, ())


def scrub_answered(body: bytes, echoed: Sequence[str] = ()) -> bytes:
    """An answer's body with fixed fakes for its tokens; byte for byte the same where it holds nothing to hide."""
    return _scrub_json(body, _fake, echoed)


def _fake(name: str, value: Any) -> str | None:
    if isinstance(value, bool | float) or value in ("", None) or not is_token(name):
        return SHOWN if isinstance(value, str) and value and _plain(name) in _SIGNATURES else None
    plain = _plain(name)
    if plain.endswith("refreshtoken"):
        return FAKE_REFRESH
    return FAKE_ACCESS if plain in _TOKENS or plain.endswith(("accesstoken", "authtoken")) else FAKE_SECRET


def _scrub_json(body: bytes, instead: Any, also: Sequence[str]) -> bytes:
    try:
        meant = msgspec.json.decode(body)
        if not isinstance(meant, dict | list):
            raise ValueError("no record")
        _learn_all(meant, instead)
        scrubbed = _walk(meant, instead, also)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        # surrogateescape brings every byte back as it was.
        text = body.decode("utf-8", "surrogateescape")
        return scrub_text(text, also).encode("utf-8", "surrogateescape")
    # Not msgspec: it writes no whole number of more than 64 bits.
    return body if scrubbed == meant else json.dumps(scrubbed, ensure_ascii=False).encode()


def _learn_all(value: Any, instead: Any) -> None:
    """First all tokens, then the walk: one may stand before the field that names it."""
    if isinstance(value, dict):
        for name, each in value.items():
            if isinstance(each, str) and instead(name, each) is not None:
                learn(name, each)
            _learn_all(each, instead)
    elif isinstance(value, list):
        for each in value:
            _learn_all(each, instead)


def _walk(value: Any, instead: Any, also: Sequence[str]) -> Any:
    if isinstance(value, str):
        return scrub_text(value, also)
    if isinstance(value, list):
        return [_walk(each, instead, also) for each in value]
    if not isinstance(value, dict):
        return value
    done = {}
    for name, each in value.items():
        other = None if isinstance(each, dict | list) else instead(name, each)
        done[scrub_text(name, also)] = _walk(each, instead, also) if other is None else other
    return done
