"""The records that others read and write: listing events, takedowns and alerts.

Each is the value of a Kafka message and a line of the JSON-lines files that `relistwatch scan` takes.
Timestamps are RFC 3339 with a zone. Unknown fields are left out when decoding (see `connectors.codec`).
"""

import enum
from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Key = Annotated[str, Meta(min_length=1, max_length=256, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""An id as the marketplace gives it: 1 to 256 characters, no control characters."""

Marketplace = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
"""A marketplace's short name, such as `shopee-id`: never a colon, so that `marketplace:listing_id` parses."""

Timestamp = Annotated[datetime, Meta(tz=True)]
Amount = Annotated[str, Meta(pattern=r"^\d{1,18}(\.\d{1,6})?$")]
"""A price as decimal text, so that no binary float rounds it."""


class EventType(enum.Enum):
    """What happened to the listing."""

    CREATED = "listing.created"
    UPDATED = "listing.updated"
    REMOVED = "listing.removed"


class Price(Struct, frozen=True):
    """An amount with its ISO 4217 currency."""

    amount: Amount
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]


class Image(Struct, frozen=True, omit_defaults=True):
    """One photo: exactly one of a URL, a path beside the file it stands in, or its base64 bytes."""

    url: Annotated[str, Meta(max_length=4096)] | None = None
    path: Annotated[str, Meta(max_length=1024)] | None = None
    data: bytes | None = None

    def __post_init__(self) -> None:
        given = [name for name in ("url", "path", "data") if getattr(self, name) is not None]
        if len(given) != 1:
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


class AlertTakedown(AlertListing, frozen=True, kw_only=True):
    """Enough of the takedown to find, show and justify it."""

    takedown_id: Key
    reason: str | None = None
    authority: str | None = None


class PhotoEvidence(Struct, frozen=True, kw_only=True, tag_field="kind", tag="photo"):
    """One photo of each listing that agree. `weight` is in nats of log-odds, as in every evidence.

    `edits` in words, such as `mirrored`. `distance`: bits of 256 between the perceptual hashes. `inliers`: points
    that agree on the transform. `transform`: 3 x 3, from the takedown's photo to the listing's, both as
    x / width and y / height of the upright photo from its top left corner; a negative determinant mirrors.
    """

    listing_image: int
    takedown_image: int
    relation: Literal["same photo", "same backdrop"]
    edits: tuple[str, ...]
    distance: int | UnsetType = UNSET
    inliers: int | UnsetType = UNSET
    transform: tuple[tuple[float, ...], ...] | UnsetType = UNSET
    weight: float


class TitleEvidence(Struct, frozen=True, kw_only=True, tag_field="kind", tag="title"):
    """The two titles after normalising; `similarity` is 0 to 1."""

    similarity: float
    listing_text: str
    takedown_text: str
    weight: float


class PriceEvidence(Struct, frozen=True, kw_only=True, tag_field="kind", tag="price"):
    """The two prices in one currency; `ratio` is the smaller over the larger."""

    ratio: float
    weight: float


class SellerEvidence(Struct, frozen=True, kw_only=True, tag_field="kind", tag="seller"):
    """The seller on both sides is the same account of one marketplace."""

    seller_id: Key
    weight: float


Evidence = PhotoEvidence | TitleEvidence | PriceEvidence | SellerEvidence


class Algorithms(Struct, frozen=True, kw_only=True):
    """The versions that made the alert, so that it can be understood later."""

    image: str
    text: str
    policy: str


class Alert(Struct, frozen=True, kw_only=True):
    """A taken-down listing came back, or is still up. Topic `alerts`, key `alert_id`.

    `alert_id` is a pure function of the listing's version and the takedown: an event handled twice
    gives the same id, so a consumer drops duplicates by it.
    """

    alert_id: str
    kind: Literal["relist", "still_up"]
    probability: float
    caught_by: Literal["arrival", "lookback"]
    listing: AlertListing
    takedown: AlertTakedown
    other_takedowns: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    listing_observed_at: Timestamp
    matched_at: Timestamp
    algorithms: Algorithms


class LinkedSeller(Struct, frozen=True, kw_only=True):
    """A seller's account, and the listing whose photo spoke."""

    marketplace: Marketplace
    seller_id: Key
    listing_id: Key
    image: int

    @property
    def key(self) -> str:
        """The account, over all marketplaces."""
        return f"{self.marketplace}:{self.seller_id}"


class SellerLink(Struct, frozen=True, kw_only=True):
    """Two accounts that seem to be one seller, and why. Topic `seller-links`, key `key`.

    `sellers` are in the order of their keys. `transform` as in PhotoEvidence, from the first seller's photo to
    the second's. `takedown_id`: whose photo one of the two is.
    """

    sellers: tuple[LinkedSeller, LinkedSeller]
    reason: Literal["same backdrop"]
    inliers: int
    transform: tuple[tuple[float, ...], ...]
    takedown_id: Key
    seen_at: Timestamp

    @property
    def key(self) -> str:
        """The same for the same two accounts, whichever was seen first."""
        return "|".join(seller.key for seller in self.sellers)


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
