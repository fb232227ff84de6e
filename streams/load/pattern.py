"""A listing's bytes with gaps for what differs from one sending to the next, so that sending thousands a second costs
the generator little. Pure."""

import base64
import re
from datetime import UTC, datetime
from typing import Literal

import msgspec
from msgspec import Struct

from connectors.events import EventType, Image, ListingEvent, Source
from connectors.sample.jpeg_comment import commented

NUMBER_MARK = "@listing@"
COMMENT_MARK = "@as-base64@@"
"""Twelve bytes behind the JPEG's first six: whole groups of base64 (RFC 4648), so that they can be written over."""
MOMENT_MARK = datetime(2000, 1, 1, 0, 0, 0, tzinfo=UTC)
_MARKS = {
    NUMBER_MARK.encode(): "number",
    base64.b64encode(COMMENT_MARK.encode()): "comment",
    msgspec.json.encode(MOMENT_MARK).strip(b'"'): "moment",
}
SOURCE = Source(connector="load", version="1")

Gap = Literal["number", "comment", "moment"]


class Pattern(Struct, frozen=True):
    """A listing without its number: bytes, and between each two of them a gap."""

    pieces: tuple[bytes, ...]
    gaps: tuple[Gap, ...]

    def filled(self, number: int, observed_at: datetime) -> bytes:
        """Listing `number`, with photos whose bytes no other has."""
        parts = list(self.pieces)
        for place, gap in enumerate(self.gaps):
            match gap:
                case "number":
                    parts[2 * place + 1] = b"%09d" % number
                case "comment":
                    parts[2 * place + 1] = base64.b64encode(b"%012d" % number)
                case "moment":
                    parts[2 * place + 1] = observed_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ").encode()
        return b"".join(parts)


def marked(photo: bytes) -> Image:
    """The photo as an inline image that says which listing's it is."""
    return Image(data=commented(photo, COMMENT_MARK))


def pattern_of(event: ListingEvent, *, marketplace: str, run: str, seller_id: str) -> Pattern:
    """The event with the load's own marketplace and ids, to be sent again and again."""
    listing_id = listing_id_of(run, NUMBER_MARK)
    told = msgspec.structs.replace(
        event,
        event_id=listing_id,
        type=EventType.CREATED,
        marketplace=marketplace,
        listing_id=listing_id,
        seller_id=seller_id,
        url=None,
        observed_at=MOMENT_MARK,
        listed_at=None,
        source=SOURCE,
    )
    pieces = re.split(b"(" + b"|".join(map(re.escape, _MARKS)) + b")", msgspec.json.encode(told))
    gaps = tuple(msgspec.convert(_MARKS[mark], Gap) for mark in pieces[1::2])
    return Pattern(tuple(pieces), gaps)


def listing_id_of(run: str, number: str) -> str:
    """The id of a run's listing."""
    return f"{run}-{number}"


def number_of(run: str, listing_id: str) -> int | None:
    """The number of a run's listing by its id; None where it is none of this run's."""
    prefix, digits = f"{run}-", listing_id[-9:]
    own = listing_id == prefix + digits and len(digits) == 9 and digits.isdecimal() and digits.isascii()
    return int(digits) if own else None
