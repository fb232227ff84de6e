"""Which alerts an analyst wants to see, as it stands in a page's address. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, get_args

import msgspec
from msgspec import Struct

from connectors.verdicts import Judgement
from streams.console.ascii_lower import ascii_lower

State = Literal["open", "relist", "same backdrop", "not a relist", "unsure", "decided", "all"]
Kind = Literal["", "relist", "still_up", "flood", "held"]
CaughtBy = Literal["", "arrival", "lookback"]
Last = Literal["", "hour", "day", "week"]
Sort = Literal["probability", "newest", "oldest"]

JUDGEMENTS: tuple[Judgement, ...] = ("relist", "same backdrop", "not a relist", "unsure")
"""In the order of their keys, 1 to 4."""
STATES: tuple[State, ...] = get_args(State)
KINDS: tuple[Kind, ...] = get_args(Kind)
CAUGHT_BY: tuple[CaughtBy, ...] = get_args(CaughtBy)
LASTS: tuple[Last, ...] = get_args(Last)
SORTS: tuple[Sort, ...] = get_args(Sort)

HOUR_MS = 3_600_000
LAST_MS: Mapping[Last, int] = {"hour": HOUR_MS, "day": 24 * HOUR_MS, "week": 7 * 24 * HOUR_MS}
MOST_CHARACTERS = 600
"""Of a value: as much of a text as the database's columns hold."""
MOST_WORDS = 8
TIME_FORMAT = "%Y-%m-%dT%H:%M"
"""As a field of the type `datetime-local` sends it."""


class FilterError(ValueError):
    """A part of the address says nothing that can be looked for; the message is its name."""


class Filter(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is wanted; everything empty is all open alerts, the most probable first.

    `kind` "held": alerts that a flood holds back, of whatever kind; all other kinds leave those out.
    `seller`: the account, `marketplace:seller_id`. `from_ms`, `to_ms`: when it was matched, the latter excluded.
    `text`: words that all stand in the titles or ids; capital and small letters of ASCII are one.
    """

    state: State = "open"
    kind: Kind = ""
    marketplace: str = ""
    seller: str = ""
    authority: str = ""
    cluster: str = ""
    caught_by: CaughtBy = ""
    last: Last = ""
    from_ms: int | None = None
    to_ms: int | None = None
    text: str = ""
    sort: Sort = "probability"

    @property
    def words(self) -> tuple[str, ...]:
        """What all has to be in an alert's texts, its ASCII letters small."""
        return tuple(ascii_lower(word) for word in self.text.split()[:MOST_WORDS])

    def since_ms(self, now_ms: int) -> int | None:
        """The earliest time, of both that may be named."""
        limits = [] if self.from_ms is None else [self.from_ms]
        if self.last:
            limits.append(now_ms - LAST_MS[self.last])
        return max(limits, default=None)

    def address(self, **changes: Any) -> dict[str, str]:
        """The parts of an address that mean this; what is as usual is left out."""
        wanted = msgspec.structs.replace(self, **changes) if changes else self
        parts: dict[str, Any] = msgspec.to_builtins(wanted)
        for name in ("from", "to"):
            if (milliseconds := parts.pop(f"{name}_ms", None)) is not None:
                parts[name] = datetime.fromtimestamp(milliseconds / 1000, UTC).strftime(TIME_FORMAT)
        return parts

    @property
    def is_usual(self) -> bool:
        """Whether nothing is left out but what is decided."""
        return not msgspec.structs.replace(self, sort="probability").address()


def filter_of(address: Mapping[str, str]) -> Filter:
    """The filter that the address means; parts that are no filter's are passed over.

    Raises:
        FilterError: a part has a value that it cannot have.
    """
    parts: dict[str, Any] = {}
    for name in Filter.__struct_fields__:
        if value := address.get(name, "").strip():
            if len(value) > MOST_CHARACTERS or not is_sound(value):
                raise FilterError(name)
            parts[name] = value
    for name in ("from", "to"):
        parts.pop(f"{name}_ms", None)
        if value := address.get(name, "").strip():
            parts[f"{name}_ms"] = _milliseconds(name, value)
    try:
        return msgspec.convert(parts, Filter)
    except msgspec.ValidationError as error:
        raise FilterError(str(error).rpartition("$.")[2].rstrip("`") or "address") from error


def is_sound(text: str) -> bool:
    """Whether a database can look for it: no zero byte, no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _milliseconds(name: str, value: str) -> int:
    try:
        at = datetime.strptime(value[:16], TIME_FORMAT).replace(tzinfo=UTC)
        return int(at.timestamp()) * 1000
    except (ValueError, OverflowError) as error:
        raise FilterError(name) from error
