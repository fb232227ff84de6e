"""A sender of signed webhooks, for tests."""

import base64
import http.client
from collections.abc import Sequence
from datetime import UTC, datetime

from push_requests import post

from connectors.secret import Secret
from connectors.webhook_signature import headers, keys

WHSEC = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
OTHER_WHSEC = "whsec_" + base64.b64encode(b"another key, thirty-two bytes!!!").decode()


def post_webhook(
    port: int,
    webhook_id: str,
    body: bytes,
    *,
    secrets: Sequence[str] = (WHSEC,),
    at: datetime | None = None,
    path: str = "/webhook",
) -> http.client.HTTPResponse:
    """The answer to a webhook signed now."""
    signing = [key for secret in secrets for key in keys(Secret(secret))]
    return post(port, body, headers(signing, webhook_id, at or datetime.now(UTC), body), path=path)
