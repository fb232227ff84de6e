"""The records that others read and write: listing events, takedowns and alerts.

Each is the value of a Kafka message and a line of the JSON-lines files that `relistwatch scan` takes.
Timestamps are RFC 3339 with a zone. Unknown fields are left out when decoding (see `connectors.codec`).
"""

import enum
from typing import Annotated, Literal

from msgspec import Meta, Struct

from connectors.evidence import Evidence
from connectors.field_types import Amount, Key, Marketplace, Sha256, Timestamp


class EventType(enum.Enum):
    """What happened to the listing."""

    CREATED = "listing.created"
    UPDATED = "listing.updated"
    REMOVED = "listing.removed"


class Price(Struct, frozen=True):
    """An amount with its ISO 4217 currency."""

    amount: Amount
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]


class Image(Struct, frozen=True, omit_defaults=True):
    """One photo: exactly one of a URL, a path beside the file it stands in, or its base64 bytes.

    `sha256`: of the bytes as they were captured before. Where the photo store still has them, they are taken from
    there and not from the URL, so a takedown can be fingerprinted when its listing is gone. It may stand alone where
    nothing else is known of the photo any more.
    """

    url: Annotated[str, Meta(max_length=4096)] | None = None
    path: Annotated[str, Meta(max_length=1024)] | None = None
    data: bytes | None = None
    sha256: Sha256 | None = None

    def __post_init__(self) -> None:
        given = [name for name in ("url", "path", "data") if getattr(self, name) is not None]
        if len(given) != 1 and not (self.sha256 and not given):
            raise ValueError(
                f"an image has exactly one of url, path and data; this one has {given or 'none'}"
            )


class Source(Struct, frozen=True):
    """The connector that made the event, with its version."""

    connector: str
    version: str


Condition = Literal["new", "used", "unknown"]
Images = Annotated[tuple[Image, ...], Meta(max_length=50)]


class Listing(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a marketplace shows of a listing."""

    marketplace: Marketplace
    listing_id: Key
    title: str
    seller_id: Key | None = None
    url: str | None = None
    description: str | None = None
    price: Price | None = None
    category: str | None = None
    condition: Condition = "unknown"
    images: Images = ()
    listed_at: Timestamp | None = None
    source: Source | None = None

    @property
    def key(self) -> str:
        """The Kafka key: one listing's events share a partition, so they stay in order."""
        return f"{self.marketplace}:{self.listing_id}"


class ListingEvent(Listing, frozen=True, kw_only=True, omit_defaults=True):
    """A listing as it was seen at `observed_at`. Topic `listings`, key `marketplace:listing_id`."""

    event_id: Key
    type: EventType
    observed_at: Timestamp


class TakenDownListing(Listing, frozen=True, kw_only=True, omit_defaults=True):
    """The listing inside a takedown: its event fields may be missing."""

    event_id: Key | None = None
    type: EventType | None = None
    observed_at: Timestamp | None = None


class Takedown(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A listing that was taken down. Topic `takedowns`, key `takedown_id`; a null value withdraws it."""

    takedown_id: Key
    listing: TakenDownListing
    reason: str | None = None
    authority: str | None = None
    source: Literal["ministry", "manual", "ai", "platform"] | None = None
    taken_down_at: Timestamp | None = None


class AlertListing(Struct, frozen=True, kw_only=True):
    """Enough of the suspected listing to find and show it."""

    marketplace: Marketplace
    listing_id: Key
    title: str
    seller_id: Key | None = None
    url: str | None = None

    @property
    def key(self) -> str:
        """The listing's key on `listings`."""
        return f"{self.marketplace}:{self.listing_id}"

    @property
    def account(self) -> str:
        """The seller's account, over all marketplaces; a listing of an unknown one counts for itself."""
        return f"{self.marketplace}:{self.seller_id or '/' + self.listing_id}"


class AlertTakedown(AlertListing, frozen=True, kw_only=True):
    """Enough of the takedown to find, show and justify it."""

    takedown_id: Key
    reason: str | None = None
    authority: str | None = None


class Algorithms(Struct, frozen=True, kw_only=True):
    """The versions that made the alert, so that it can be understood later."""

    image: str
    text: str
    policy: str


class PhotoDigest(Struct, frozen=True):
    """The bytes of the listing's photo number `image` (0-based) as they were captured."""

    image: int
    sha256: Sha256


class Alert(Struct, frozen=True, kw_only=True):
    """A taken-down listing came back, or is still up. Topic `alerts`, key `alert_id`.

    `alert_id` is a pure function of the listing's version and the takedown's cluster: an event handled twice
    gives the same id, so a consumer drops duplicates by it. `cluster`: the takedowns that are relists of each
    other, `takedown` among them. `other_takedowns`: all others that it resembles as much, the cluster's first.
    `listing_photos`: the bytes that were looked at, so that they can be shown when the page is gone.
    A `flood` is one takedown that met far more listings than it should; what it met since is on `held-alerts`.
    """

    alert_id: str
    kind: Literal["relist", "still_up", "flood"]
    probability: float
    caught_by: Literal["arrival", "lookback"]
    listing: AlertListing
    takedown: AlertTakedown
    other_takedowns: tuple[str, ...]
    cluster: tuple[str, ...] = ()
    listing_photos: tuple[PhotoDigest, ...] = ()
    evidence: tuple[Evidence, ...]
    listing_observed_at: Timestamp
    matched_at: Timestamp
    algorithms: Algorithms


class DeadLetter(Struct, frozen=True, kw_only=True):
    """A message that could not be handled, with everything needed to handle it later.

    Topic `dead-letters`, key as the original had it. `key` and `value` are the raw bytes, base64 in JSON.
    """

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    error: str
    """A short kind for counting: `malformed-json`, `invalid-record`, `internal-error`, `too-large`."""
    detail: str
    """One line for a person: which field of which record, and why."""
    stage: str
    attempt: int = 1
    failed_at: Timestamp
