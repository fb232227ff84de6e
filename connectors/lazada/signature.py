"""Lazada signs the path and the sorted parameters; its pushes sign the app's key and the body."""

import hashlib
import hmac
from collections.abc import Iterable


def sign(secret: str, path: str, params: Iterable[tuple[str, str]]) -> str:
    """The `sign` parameter of a request: HMAC-SHA256 in upper-case hex.

    `path` is without `/rest`. Parameters are sorted by name; `sign` itself and empty ones are left out.
    Source: Lazada Open Platform, "Signature algorithm".
    """
    signed = sorted((name, value) for name, value in params if name != "sign" and value)
    base = path + "".join(name + value for name, value in signed)
    return hmac.new(secret.encode(), base.encode(), hashlib.sha256).hexdigest().upper()


def sign_push(app_key: str, app_secret: str, body: bytes) -> str:
    """The `Authorization` header of a push: over the app's key and the raw body, in lower-case hex."""
    return hmac.new(app_secret.encode(), app_key.encode() + body, hashlib.sha256).hexdigest()
