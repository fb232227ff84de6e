"""Whether a push is signed, compared in constant time: as Lazada and TikTok Shop sign them."""

import hmac

from connectors.push_receiver import PushRefused, PushRequest


def require_signature(request: PushRequest, expected: str) -> None:
    """Return where the header `Authorization` is `expected`.

    Raises:
        PushRefused: it is another, or missing.
    """
    given = request.headers.get("authorization", "").strip()
    if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected.encode()):
        raise PushRefused
