"""Times as milliseconds since 1970 in UTC, as Kafka's timestamps and the tables have them."""

import time
from datetime import UTC, datetime


def now_ms() -> int:
    """By this machine's clock."""
    return int(time.time() * 1000)


def milliseconds(at: datetime) -> int:
    """Of an aware time."""
    return int(at.timestamp() * 1000)


def moment(ms: int) -> datetime:
    """The time, in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC)
