"""TikTok Shop signs the path, the sorted parameters and the exact body between two copies of the secret."""

import hashlib
import hmac
from collections.abc import Iterable

UNSIGNED = frozenset({"sign", "access_token"})


def sign(secret: str, path: str, params: Iterable[tuple[str, str]], body: bytes = b"") -> str:
    """The `sign` parameter of a request: HMAC-SHA256 in lower-case hex.

    The token goes in the header `x-tts-access-token` and is not signed. `body` is what is sent, byte for byte.
    Source: TikTok Shop Partner Center, "Sign your API request".
    """
    signed = sorted((name, value) for name, value in params if name not in UNSIGNED)
    base = path.encode() + "".join(name + value for name, value in signed).encode() + body
    key = secret.encode()
    return hmac.new(key, key + base + key, hashlib.sha256).hexdigest()


def sign_push(app_key: str, app_secret: str, body: bytes) -> str:
    """The `Authorization` header of a push: over the app's key and the raw body, in lower-case hex."""
    return hmac.new(app_secret.encode(), app_key.encode() + body, hashlib.sha256).hexdigest()
