"""Links between accounts named by one word, for tests of the seller graph."""

from datetime import datetime, timedelta
from typing import Any

from alert_records import NOON

from connectors.seller_links import LinkedSeller, SellerLink
from streams.sellers.edges import Reason


def seller(name: str, listing_id: str = "l", image: int | None = None) -> LinkedSeller:
    """The account `name` of one marketplace, or `marketplace:name`."""
    marketplace, _, seller_id = name.rpartition(":")
    return LinkedSeller(
        marketplace=marketplace or "pasar-uji", seller_id=seller_id, listing_id=listing_id, image=image
    )


def backdrop(first: str, second: str, points: int = 20, **changes: Any) -> SellerLink:
    """Two accounts with one backdrop."""
    return _link(first, second, "same backdrop", points, inliers=points, **changes)


def photos(first: str, second: str, shared: int = 2, **changes: Any) -> SellerLink:
    """Two accounts that share so many photos."""
    return _link(first, second, "same photos", shared, **changes)


def contact(
    first: str, second: str, value: str = "628110001", accounts: int = 1, **changes: Any
) -> SellerLink:
    """Two accounts that tell one phone number, as so many accounts did at the time."""
    return _link(first, second, "same contact", 1 / accounts, contact="phone", value=value, **changes)


def later(seconds: float) -> datetime:
    """A time after the others."""
    return NOON + timedelta(seconds=seconds)


def _link(first: str, second: str, reason: Reason, strength: float, **changes: Any) -> SellerLink:
    pair = sorted((seller(first), seller(second)), key=lambda each: each.key)
    fields: dict[str, Any] = {"takedown_id": "t1", "seen_at": NOON}
    return SellerLink(
        sellers=(pair[0], pair[1]), reason=reason, strength=float(strength), **(fields | changes)
    )
