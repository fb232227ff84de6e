"""What a sent webhook carries: which records stand together, their bytes, and an id that is theirs for ever."""

import hashlib
from collections.abc import Iterator, Sequence

import msgspec

from connectors.events import Alert, ListingEvent
from connectors.items import Event, RawRecord, record_bytes
from connectors.webhook_signature import ID_FORM


def groups(written: Sequence[Event], size: int) -> Iterator[Sequence[Event]]:
    """The events in their order, up to `size` a request; one that is no JSON stands alone."""
    group: list[Event] = []
    for event in written:
        alone = not is_json(event)
        if group and (alone or len(group) >= size):
            yield group
            group = []
        if alone:
            yield [event]
        else:
            group.append(event)
    if group:
        yield group


def event_id(event: Event) -> str:
    """The same for the same event, whenever and however often it is posted, and for no other.

    An alert's and a listing event's own id, where it may stand in the header, else its digest; a digest of the
    record for those that come again with other contents under the same id, as takedowns do.
    """
    match event:
        case Alert():
            own = event.alert_id
        case ListingEvent():
            own = event.event_id
        case _:
            return digest(record_bytes(event))
    return own if ID_FORM.fullmatch(own) else digest(own.encode())


def group_id(group: Sequence[Event]) -> str:
    """The id of a request with these."""
    ids = [event_id(event) for event in group]
    return ids[0] if len(ids) == 1 else digest("\n".join(ids).encode())


def digest(value: bytes) -> str:
    """128 bits in hex, told apart from other ids."""
    return f"sha256-{hashlib.sha256(value).hexdigest()[:32]}"


def encoded(group: Sequence[Event], batch: int) -> bytes:
    """A request's body: the record, or where several may be together always an array."""
    records = [record_bytes(event) for event in group]
    return records[0] if batch == 1 else b"[" + b",".join(records) + b"]"


def is_json(event: Event) -> bool:
    """Whether it can be posted as JSON; only undecoded bytes may be something else."""
    if not isinstance(event, RawRecord):
        return True
    try:
        msgspec.json.decode(event.value, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True
