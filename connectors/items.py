"""What a source yields and a sink takes: records, and words to the runner between them."""

import enum
from typing import Any, Literal

import msgspec
from msgspec import Struct

from connectors.events import Alert, ListingEvent, Takedown
from connectors.field_types import Key


class Withdrawal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A takedown taken back: on Kafka a null value under its id."""

    takedown_id: Key
    withdrawn: Literal[True] = True


class RawRecord(Struct, frozen=True):
    """Bytes that the source could not decode, or whose fields it does not all know, passed on as they are.

    The worker decodes them again and, where it cannot, keeps them byte for byte on `dead-letters`: a source
    never decides that something is lost.
    """

    value: bytes
    key: str | None = None
    why: str | None = None
    """One line for a person: which field of which record, and what is wrong with it."""


Event = ListingEvent | Takedown | Withdrawal | Alert | RawRecord
"""What a sink takes."""


def record_bytes(event: Event) -> bytes:
    """The event as JSON, or its bytes as they are: what stands on Kafka."""
    return event.value if isinstance(event, RawRecord) else msgspec.json.encode(event)


class Skipped(Struct, frozen=True):
    """Something the source cannot pass on at all, and why. Counted, reported, and the source goes on."""

    detail: str


class Notice(Struct, frozen=True):
    """Something a person should know though no record is lost, such as a photo that could not be read."""

    detail: str


class Idle(enum.Enum):
    """Nothing at hand: the runner flushes what it has. A source yields it before it waits."""

    IDLE = "idle"


class Checkpoint(Struct, frozen=True):
    """Where the source stands. Kept once all that was yielded before it is acknowledged.

    `state` is what the next run's `Context.state` will be: whatever JSON can say, without secrets.
    """

    state: dict[str, Any]


IDLE = Idle.IDLE
Item = Event | Skipped | Notice | Checkpoint | Idle
"""What a source yields."""
