"""Lazada's pushes: verified on the raw bytes, and read as hints.

Lazada waits 500 ms for its 200, and repeats up to 12 times. A push has no id of its own; one that is repeated
has the same bytes. Source: Lazada Open Platform, "Lazada Push Mechanism" and its product notifications.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

from connectors.clock import Clock
from connectors.codec import RecordError
from connectors.hints import Hint, What
from connectors.lazada.signature import sign_push
from connectors.marketplace_fields import Scalar, numeric_id
from connectors.push_proof import require_signature
from connectors.push_receiver import PushRequest, PushUnreadable, Verifier
from connectors.secret import Secret

QUALITY, CREATED, EDITED, DELETED = 1, 3, 4, 5
WHAT: Final[dict[int, What]] = {QUALITY: "unknown", CREATED: "created", EDITED: "updated", DELETED: "removed"}
"""By message type; others, such as orders, say nothing of a listing."""


class _Data(Struct):
    item_id: Scalar = None
    itemId: Scalar = None  # noqa: N815  so in the pushes of quality control
    action: str | None = None


class _Envelope(Struct):
    message_type: int
    seller_id: Scalar = None


class _Push(Struct):
    data: _Data


def verifier(app_key: str, app_secret: Secret, seller_id: str, clock: Clock) -> Verifier:
    """What turns this seller's pushes into hints; those of the app's other sellers into none."""

    def verify(request: PushRequest) -> Sequence[Hint]:
        require_signature(request, sign_push(app_key, app_secret.reveal(), request.body))
        try:
            envelope = msgspec.json.decode(request.body, type=_Envelope)
            if envelope.message_type not in WHAT or str(envelope.seller_id) != seller_id:
                return ()
            data = msgspec.json.decode(request.body, type=_Push).data
            item_id = numeric_id(data.itemId if data.item_id is None else data.item_id, "$.data.item_id")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, RecordError) as error:
            raise PushUnreadable(f"lazada: {error}") from None
        what = WHAT[envelope.message_type]
        if what == "removed" and data.action != "DELETED":
            # A variant was deleted, not the product.
            what = "updated"
        return (Hint(hashlib.sha256(request.body).hexdigest(), item_id, what, clock.now()),)

    return verify
