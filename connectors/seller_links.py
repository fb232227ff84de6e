"""Two accounts that seem to be one seller, and why."""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from connectors.evidence import ContactKind
from connectors.field_types import Key, Marketplace, Timestamp


class LinkedSeller(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A seller's account, and the listing that spoke; `image`: its photo's place, where a photo did."""

    marketplace: Marketplace
    seller_id: Key
    listing_id: Key
    image: int | None = None

    @property
    def key(self) -> str:
        """The account, over all marketplaces."""
        return f"{self.marketplace}:{self.seller_id}"


class SellerLink(Struct, frozen=True, kw_only=True):
    """Two accounts that seem to be one seller, and why. Topic `seller-links`, key `key`.

    `sellers` are in the order of their keys. `transform` as in PhotoEvidence, from the first seller's photo to
    the second's, with the points that agree on it, where photos spoke. `contact` and `value`: what both tell
    buyers, normalised. `strength`: for a backdrop the points that agree, for photos how many different ones
    both show, for a contact 1 over the accounts of takedowns that tell it. `takedown_id`: one of the two
    listings is that takedown's.
    """

    sellers: tuple[LinkedSeller, LinkedSeller]
    reason: Literal["same backdrop", "same photos", "same contact"]
    strength: float
    inliers: int | UnsetType = UNSET
    transform: tuple[tuple[float, ...], ...] | UnsetType = UNSET
    contact: ContactKind | UnsetType = UNSET
    value: str | UnsetType = UNSET
    takedown_id: Key
    seen_at: Timestamp

    @property
    def key(self) -> str:
        """The same for the same accounts and reason, whichever was seen first. The reason is part of it: the
        topic is compacted, and one reason must not erase another. A `|` within an id is escaped, or an id could
        be chosen so that its link erases that of two other accounts."""
        return "|".join([*(_escaped(seller.key) for seller in self.sellers), self.reason])


def _escaped(part: str) -> str:
    return part.replace("\\", "\\\\").replace("|", "\\|")
