"""Webhooks signed after Standard Webhooks 1.0.0, to send and to receive.

Three headers: `webhook-id`, the same at every attempt; `webhook-timestamp`, seconds, of the attempt; and
`webhook-signature`, one or more of `v1,<base64>` apart by spaces, each the HMAC-SHA256 of
`id.timestamp.body` with one key. A sender that changes keys signs with both for a while.
Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from connectors.secret import Secret

PREFIX = "whsec_"
KEY_BYTES = (24, 64)
"""Shortest and longest key, from the specification."""
TOLERANCE_SECONDS = 300
"""Between the sender's clock and ours, either way."""
MOST_SIGNATURES = 16
ID = "webhook-id"
TIMESTAMP = "webhook-timestamp"
SIGNATURE = "webhook-signature"
ID_FORM = re.compile(r"[\x21-\x2d\x2f-\x7e]{1,256}")
"""No dot: it could be moved into the time and the body without changing what is signed."""
_SECONDS = re.compile(r"[0-9]{1,12}")


class SignatureError(Exception):
    """Not signed with one of our keys, or not now. The message is for our log, never for the sender."""


def keys(secret: Secret) -> tuple[bytes, ...]:
    """The keys in a secret: one or more `whsec_<base64>` apart by spaces or lines, the one to sign with first.

    Raises:
        ValueError: there is none, or one is no such key. The message holds nothing of it.
    """
    found = []
    for number, text in enumerate(secret.reveal().split(), start=1):
        # Each by itself is a secret too: a log that holds one of two keys is as bad.
        encoded = Secret(text).reveal().removeprefix(PREFIX)
        Secret(encoded)
        if encoded == text:
            raise ValueError(f"key {number} does not begin with {PREFIX}")
        try:
            key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
        except (binascii.Error, ValueError):
            raise ValueError(f"key {number} is not base64 behind {PREFIX}") from None
        if not KEY_BYTES[0] <= len(key) <= KEY_BYTES[1]:
            raise ValueError(
                f"key {number} has {len(key)} bytes, not {KEY_BYTES[0]} to {KEY_BYTES[1]}; "
                'make one with: python -c "import base64, os; '
                "print('whsec_' + base64.b64encode(os.urandom(32)).decode())\""
            )
        found.append(key)
    if not found:
        raise ValueError("there is no key in it")
    return tuple(found)


def sign(key: bytes, webhook_id: str, timestamp: int, body: bytes) -> str:
    """One signature: `v1,` and the HMAC-SHA256 in base64."""
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(signing: Sequence[bytes], webhook_id: str, sent_at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of an attempt at `sent_at`, signed with every key.

    Raises:
        ValueError: the id is empty, too long, or has a dot, a space or a character that is not ASCII.
    """
    if not ID_FORM.fullmatch(webhook_id):
        raise ValueError("a webhook id is 1 to 256 printable ASCII characters without dot or space")
    seconds = int(sent_at.timestamp())
    signatures = " ".join(sign(key, webhook_id, seconds, body) for key in signing)
    return {ID: webhook_id, TIMESTAMP: str(seconds), SIGNATURE: signatures}


def verified_id(
    known: Sequence[bytes],
    received: Mapping[str, str],
    body: bytes,
    now: datetime,
    *,
    tolerance_seconds: float = TOLERANCE_SECONDS,
) -> str:
    """The id of a webhook that one of the known keys signed within the tolerance.

    `received` has the headers under lower-case names, `body` the bytes as they came. Signatures of other
    versions, and more than sixteen, are passed over.

    Raises:
        SignatureError: it is not.
    """
    webhook_id, seconds = received.get(ID, ""), received.get(TIMESTAMP, "")
    if not ID_FORM.fullmatch(webhook_id) or not _SECONDS.fullmatch(seconds):
        raise SignatureError(f"{ID} or {TIMESTAMP} is missing or malformed")
    away = now.timestamp() - int(seconds)
    if abs(away) > tolerance_seconds:
        raise SignatureError(f"signed {abs(away):.0f} s {'ago' if away > 0 else 'ahead'} of our clock")
    # The time is signed as it was written: leading zeros are part of it.
    signed = f"{webhook_id}.{seconds}.".encode() + body
    wanted = [base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()) for key in known]
    given = received.get(SIGNATURE, "").split(" ")[:MOST_SIGNATURES]
    candidates = [text[3:].encode("utf-8", "replace") for text in given if text.startswith("v1,")]
    matches = [hmac.compare_digest(one, other) for one in wanted for other in candidates]
    if not any(matches):
        raise SignatureError("no signature is of a key that we know")
    return webhook_id
