"""The headers of our Kafka messages: what each is called, and how it is written and read. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

ATTEMPT_HEADER = "rw_attempt"
"""How often the message was tried; a replay from the dead letters adds one."""
RECEIVED_HEADER = "rw_received_ms"
"""When the listing arrived on Kafka, in milliseconds since 1970, carried to its alert."""
TIME_DIGITS = 15
"""Of milliseconds since 1970, some 30,000 years; whoever may write to a topic may write any header."""


def header_items(headers: Any) -> tuple[tuple[str, bytes], ...]:
    """Faust gives headers as a list, a mapping or None; always a tuple of pairs here."""
    if not headers:
        return ()
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return tuple((str(name), bytes(value or b"")) for name, value in pairs)


def received_ms(headers: Iterable[tuple[str, bytes | None]] | None) -> int | None:
    """When the listing arrived, in milliseconds since 1970; None where no header says it, or none that is a time."""
    for name, value in headers or ():
        if name == RECEIVED_HEADER and value and value.isdigit() and len(value) <= TIME_DIGITS:
            return int(value)
    return None


def attempt_of(headers: Sequence[tuple[str, bytes]]) -> int:
    """The number of this attempt, 1 for the first."""
    for name, value in headers:
        if name == ATTEMPT_HEADER and value.isdigit() and len(value) < 6:
            return int(value)
    return 1


def cloud_event_headers(
    event_id: str, event_type: str, source: str, time: datetime
) -> list[tuple[str, bytes]]:
    """The CloudEvents 1.0 attributes as Kafka headers, named as the project's topics document says."""
    return [
        ("ce_id", event_id.encode()),
        ("ce_type", event_type.encode()),
        ("ce_source", source.encode()),
        ("ce_time", time.isoformat().encode()),
    ]
