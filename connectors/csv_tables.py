"""Records as rows of a table, flat, for people with a spreadsheet."""

from datetime import datetime
from typing import Literal

from connectors.events import Alert, Listing, ListingEvent, Takedown
from connectors.sdk import Withdrawal

TableKind = Literal["listings", "takedowns", "alerts"]
Cells = dict[str, str]

_LISTING = (
    "marketplace", "listing_id", "seller_id", "url", "title", "description", "price_amount", "price_currency",
    "category", "condition", "images", "inline_photos", "listed_at",
)  # fmt: skip
LISTING_COLUMNS = ("event_id", "type", *_LISTING, "observed_at", "connector", "connector_version")
TAKEDOWN_COLUMNS = (
    "takedown_id", *_LISTING, "reason", "authority", "source", "taken_down_at", "withdrawn",
)  # fmt: skip
ALERT_COLUMNS = (
    "alert_id", "kind", "probability", "caught_by",
    "listing_marketplace", "listing_id", "listing_seller_id", "listing_url", "listing_title",
    "takedown_id", "takedown_marketplace", "takedown_listing_id", "takedown_seller_id", "takedown_url",
    "takedown_title", "reason", "authority", "other_takedowns", "cluster", "evidence",
    "listing_observed_at", "matched_at", "image_algorithm", "text_algorithm", "policy",
)  # fmt: skip
COLUMNS: dict[TableKind, tuple[str, ...]] = {
    "listings": LISTING_COLUMNS,
    "takedowns": TAKEDOWN_COLUMNS,
    "alerts": ALERT_COLUMNS,
}


def cells(record: ListingEvent | Takedown | Withdrawal | Alert) -> Cells:
    """The record's cells by column; what it does not have is left out.

    The bytes of inline photos are not in the table, only their number.
    """
    match record:
        case ListingEvent():
            return _listing(record) | _present(
                event_id=record.event_id,
                type=record.type.value,
                observed_at=_time(record.observed_at),
                connector=record.source.connector if record.source else None,
                connector_version=record.source.version if record.source else None,
            )
        case Takedown():
            return _listing(record.listing) | _present(
                takedown_id=record.takedown_id,
                reason=record.reason,
                authority=record.authority,
                source=record.source,
                taken_down_at=_time(record.taken_down_at),
            )
        case Withdrawal():
            return {"takedown_id": record.takedown_id, "withdrawn": "true"}
        case Alert():
            return _alert(record)


def kind_of(record: ListingEvent | Takedown | Withdrawal | Alert) -> TableKind:
    """The table that the record belongs to."""
    match record:
        case ListingEvent():
            return "listings"
        case Alert():
            return "alerts"
        case _:
            return "takedowns"


def _listing(listing: Listing) -> Cells:
    inline = sum(image.data is not None for image in listing.images)
    # A bar parts the photos, so one within an address is written as RFC 3986 asks anyway.
    photos = [photo.replace("|", "%7C") for image in listing.images if (photo := image.url or image.path)]
    return _present(
        marketplace=listing.marketplace,
        listing_id=listing.listing_id,
        seller_id=listing.seller_id,
        url=listing.url,
        title=listing.title,
        description=listing.description,
        price_amount=amount(listing.price.amount) if listing.price else None,
        price_currency=listing.price.currency if listing.price else None,
        category=listing.category,
        condition=listing.condition,
        images=" | ".join(photos),
        inline_photos=str(inline) if inline else None,
        listed_at=_time(listing.listed_at),
    )


def amount(text: str) -> str:
    """The amount with two decimals at least where it has any: `85.125` could be read as 85125."""
    whole, point, decimals = text.partition(".")
    decimals = decimals.rstrip("0")
    return (
        f"{whole}.{decimals + '0' if len(decimals) in {1, 3} else decimals}" if point and decimals else whole
    )


def _alert(alert: Alert) -> Cells:
    listing, takedown = alert.listing, alert.takedown
    return _present(
        alert_id=alert.alert_id,
        kind=alert.kind,
        probability=f"{alert.probability:.6f}",
        caught_by=alert.caught_by,
        listing_marketplace=listing.marketplace,
        listing_id=listing.listing_id,
        listing_seller_id=listing.seller_id,
        listing_url=listing.url,
        listing_title=listing.title,
        takedown_id=takedown.takedown_id,
        takedown_marketplace=takedown.marketplace,
        takedown_listing_id=takedown.listing_id,
        takedown_seller_id=takedown.seller_id,
        takedown_url=takedown.url,
        takedown_title=takedown.title,
        reason=takedown.reason,
        authority=takedown.authority,
        other_takedowns=" | ".join(alert.other_takedowns),
        cluster=" | ".join(alert.cluster),
        evidence=" | ".join(f"{part.__struct_config__.tag} {part.weight:+.2f}" for part in alert.evidence),
        listing_observed_at=_time(alert.listing_observed_at),
        matched_at=_time(alert.matched_at),
        image_algorithm=alert.algorithms.image,
        text_algorithm=alert.algorithms.text,
        policy=alert.algorithms.policy,
    )


def _present(**given: str | None) -> Cells:
    return {name: text for name, text in given.items() if text}


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
