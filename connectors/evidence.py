"""What speaks for an alert, each part with its weight in nats of log-odds: positive for, negative against."""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from connectors.field_types import Key

ContactKind = Literal["phone", "handle", "messenger", "shop"]


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


class DescriptionEvidence(Struct, frozen=True, kw_only=True, tag_field="kind", tag="description"):
    """The two descriptions; `similarity` is 0 to 1."""

    similarity: float
    weight: float


class CategoryEvidence(Struct, frozen=True, kw_only=True, tag_field="kind", tag="category"):
    """The categories as each marketplace calls them."""

    listing_category: str
    takedown_category: str
    weight: float


class ConditionEvidence(Struct, frozen=True, kw_only=True, tag_field="kind", tag="condition"):
    """What the sellers say of the condition; never `unknown`."""

    listing_condition: Literal["new", "used"]
    takedown_condition: Literal["new", "used"]
    weight: float


class ContactEvidence(Struct, frozen=True, kw_only=True, tag_field="kind", tag="contact"):
    """Both texts tell buyers the same phone number, handle or shop; `value` normalised."""

    contact: ContactKind
    value: str
    weight: float


class FloodEvidence(Struct, frozen=True, kw_only=True, tag_field="kind", tag="flood"):
    """So many listings met the takedown within so many minutes: more than one seller puts back."""

    listings: int
    minutes: float
    weight: float = 0.0


Evidence = (
    PhotoEvidence
    | TitleEvidence
    | DescriptionEvidence
    | PriceEvidence
    | CategoryEvidence
    | ConditionEvidence
    | SellerEvidence
    | ContactEvidence
    | FloodEvidence
)
