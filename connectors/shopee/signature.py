"""Shopee signs the path, the time and the token; its pushes sign the address they were sent to and the body."""

import hashlib
import hmac


def sign(
    partner_key: str, partner_id: int, path: str, timestamp: int, *, access_token: str = "", shop_id: str = ""
) -> str:
    """The `sign` parameter of a request: HMAC-SHA256 in lower-case hex.

    `path` includes `/api/v2`; `timestamp` is in seconds and good for five minutes. A public call has neither
    token nor shop. Source: Shopee Open Platform, "API calls", signature of v2.
    """
    base = f"{partner_id}{path}{timestamp}{access_token}{shop_id}"
    return hmac.new(partner_key.encode(), base.encode(), hashlib.sha256).hexdigest()


def sign_push(partner_key: str, url: str, body: bytes) -> str:
    """The `Authorization` header of a push: over the address as registered, a bar, and the raw body."""
    return hmac.new(partner_key.encode(), url.encode() + b"|" + body, hashlib.sha256).hexdigest()
