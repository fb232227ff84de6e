"""TikTok Shop's pushes: verified on the raw bytes, and read as hints.

The signature covers no time, so a push can be replayed: `tts_notification_id` tells that.
Source: TikTok Shop Partner Center, webhooks 5, 15, 16, 35 and 37.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

from connectors.clock import Clock
from connectors.codec import RecordError
from connectors.hints import Hint, What
from connectors.marketplace_fields import Scalar, numeric_id
from connectors.push_proof import require_signature
from connectors.push_receiver import PushRequest, PushUnreadable, Verifier
from connectors.secret import Secret
from connectors.tiktok.signature import sign_push

STATUS, CHANGED, CREATED, MIRROR, AUDIT = 5, 15, 16, 35, 37
WHAT: Final[dict[int, What]] = {STATUS: "unknown", CHANGED: "updated", CREATED: "created", AUDIT: "unknown"}
"""By type, of those that name a product."""
WHOLE_SHOP = "shop:"
"""Before the status of a mirroring, in place of a listing's id: it concerns all of them."""


class _Envelope(Struct):
    type: int
    tts_notification_id: str | int | None = None
    shop_id: Scalar = None


class _Data(Struct):
    product_id: Scalar = None
    tts_shop_id: Scalar = None
    mirror_status: str | None = None


class _Push(Struct):
    data: _Data


def verifier(app_key: str, app_secret: Secret, shop_id: str, clock: Clock) -> Verifier:
    """What turns this shop's pushes into hints; those of the app's other shops into none."""

    def verify(request: PushRequest) -> Sequence[Hint]:
        require_signature(request, sign_push(app_key, app_secret.reveal(), request.body))
        try:
            return _hints(request.body, shop_id, clock)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, RecordError) as error:
            raise PushUnreadable(f"tiktok: {error}") from None

    return verify


def _hints(body: bytes, shop_id: str, clock: Clock) -> Sequence[Hint]:
    envelope = msgspec.json.decode(body, type=_Envelope)
    if envelope.type not in WHAT and envelope.type != MIRROR:
        return ()
    data = msgspec.json.decode(body, type=_Push).data
    shop = data.tts_shop_id if envelope.type == MIRROR else envelope.shop_id
    if str(shop) != shop_id:
        return ()
    hint_id = str(envelope.tts_notification_id or hashlib.sha256(body).hexdigest())
    if envelope.type == MIRROR:
        return (Hint(hint_id, f"{WHOLE_SHOP}{data.mirror_status or 'changed'}", "unknown", clock.now()),)
    return (
        Hint(hint_id, numeric_id(data.product_id, "$.data.product_id"), WHAT[envelope.type], clock.now()),
    )
