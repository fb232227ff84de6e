"""Named values from a table or an API to a record, checked as strictly as JSON is; errors name the field."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from connectors.codec import bounded
from connectors.events import ListingEvent, Takedown
from connectors.field_types import Key, Marketplace

R = TypeVar("R", bound=Struct)
_AT = re.compile(r"(?P<why>.*) - at `\$\.?(?P<field>.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(?P<field>[^`]*)`")
MAX_KEY = 256


class FieldError(ValueError):
    """A field's value is missing or wrong. The message begins with the field's name."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(bounded(f"{field}: {why}"))
        self.field = field


def checked(fields: Mapping[str, Any], record_type: type[R]) -> R:
    """The record of these fields.

    Raises:
        FieldError: a field is missing or wrong.
    """
    try:
        return msgspec.convert(fields, record_type, strict=True)
    except msgspec.ValidationError as error:
        raise _field_error(str(error)) from None


def _field_error(message: str) -> FieldError:
    found = _AT.fullmatch(message)
    why, field = (found["why"], found["field"]) if found else (message, "")
    if missing := _MISSING.fullmatch(why):
        return FieldError(".".join(filter(None, (field, missing["field"]))), "is missing")
    return FieldError(field or "record", why)


def event_id(fields: Mapping[str, Any], left_out: Iterable[str] = ()) -> str:
    """The same for the same fields, `left_out` aside: `{marketplace}.{listing_id}.{digest}`, or a digest alone
    where that is too long for an id.
    """
    kept = {name: value for name, value in fields.items() if name not in {"event_id", *left_out}}
    digest = hashlib.sha256(msgspec.json.encode(kept, order="deterministic")).hexdigest()
    identity = f"{fields.get('marketplace')}.{fields.get('listing_id')}.{digest[:32]}"
    return identity if len(identity) <= MAX_KEY else digest


class _Identity(Struct):
    marketplace: Marketplace
    listing_id: Key


def listing_key(fields: Mapping[str, Any]) -> str | None:
    """The listing's Kafka key, where marketplace and id are right."""
    try:
        identity = msgspec.convert(dict(fields), _Identity)
    except msgspec.ValidationError:
        return None
    return f"{identity.marketplace}:{identity.listing_id}"


def listing_event(fields: Mapping[str, Any], left_out: Iterable[str] = ()) -> ListingEvent:
    """The listing event; without `event_id` it gets one of its content, `left_out` aside.

    Raises:
        FieldError: a field is missing or wrong.
    """
    whole = dict(fields)
    whole.setdefault("event_id", event_id(fields, left_out))
    return checked(whole, ListingEvent)


def takedown(fields: Mapping[str, Any]) -> Takedown:
    """The takedown; the listing's fields stand under `listing`.

    Raises:
        FieldError: a field is missing or wrong.
    """
    return checked(fields, Takedown)
