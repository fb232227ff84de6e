"""The records between our own agents: what a listing and a takedown look like once fingerprinted."""

import hashlib
from datetime import datetime

import msgspec
from msgspec import Struct

from connectors.events import AlertListing, AlertTakedown, Condition, EventType, ListingEvent, Price
from connectors.field_types import Sha256, Timestamp
from connectors.seller_links import SellerLink
from fingerprints.contact import Contact
from fingerprints.description_likeness import DescriptionPrint
from fingerprints.photo_print import PhotoPrint
from fingerprints.title_print import TitlePrint


class ImageFingerprint(Struct, frozen=True):
    """The fingerprint of the listing's photo number `image` (0-based). `sha256`: of the photo's bytes as they were
    captured, under which the photo store keeps them."""

    image: int
    print: PhotoPrint
    sha256: Sha256 | None = None


class ImageFailure(Struct, frozen=True):
    """A photo that gave no fingerprint, and why; the listing is matched on what remains. `sha256`: as above, where
    there were bytes."""

    image: int
    error: str
    sha256: Sha256 | None = None


class PrintAlgorithms(Struct, frozen=True):
    """The versions of the fingerprints; unlike versions are never compared."""

    image: str
    text: str
    description: str = ""


class Prints(Struct, frozen=True, kw_only=True):
    """All that listings are compared by."""

    algorithms: PrintAlgorithms
    title: TitlePrint | None = None
    description: DescriptionPrint | None = None
    contacts: tuple[Contact, ...] = ()
    photos: tuple[ImageFingerprint, ...] = ()
    failures: tuple[ImageFailure, ...] = ()
    price: Price | None = None
    category: str | None = None
    condition: Condition = "unknown"


class ListingFingerprint(Struct, frozen=True, kw_only=True):
    """A listing's newest version, fingerprinted. Topic `fingerprints`, key `marketplace:listing_id`."""

    listing: AlertListing
    event_id: str
    type: EventType
    version: str
    observed_at: Timestamp
    prints: Prints


class TakedownFingerprint(Struct, frozen=True, kw_only=True):
    """A takedown, fingerprinted. Topic `takedown-fingerprints`, key `takedown_id`; null withdraws it."""

    takedown: AlertTakedown
    prints: Prints
    taken_down_at: Timestamp | None = None


class _Content(Struct, frozen=True):
    """What makes two sightings of a listing the same version: all that a buyer sees, not when it was seen."""

    key: str
    title: str
    seller_id: str | None
    description: str | None
    price: Price | None
    category: str | None
    condition: str
    images: tuple[object, ...]


def listing_version(event: ListingEvent) -> str:
    """A digest of the listing's content (128 bits, hex): equal for every re-delivery and unchanged re-poll."""
    content = _Content(
        event.key,
        event.title,
        event.seller_id,
        event.description,
        event.price,
        event.category,
        event.condition,
        # What a buyer sees, not where its bytes are kept.
        tuple(
            msgspec.structs.replace(image, sha256=None) if image.sha256 else image for image in event.images
        ),
    )
    return _digest(content)


def alert_id(kind: str, listing_key: str, version: str, takedown_id: str) -> str:
    """The alert's id (128 bits, hex): the same listing version and cluster, by its first takedown, always give
    the same."""
    return _digest([kind, listing_key, version, takedown_id])


def seller_link_id(link: SellerLink) -> str:
    """The link's id (128 bits, hex): the same two accounts, takedown and listings always give the same."""
    listings = [seller.listing_id for seller in link.sellers]
    return _digest([link.key, link.takedown_id, *listings])


def was_seen_after(observed_at: datetime, taken_down_at: datetime | None) -> bool:
    """Whether a sighting is later than the takedown; without a time of takedown, every sighting is."""
    return taken_down_at is None or observed_at > taken_down_at


def _digest(parts: object) -> str:
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:32]
