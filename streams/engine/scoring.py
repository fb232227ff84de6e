"""How probable it is that a listing is each of the takedowns that it resembles. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from connectors.events import AlertListing, Price
from connectors.field_types import Key
from fingerprints.decision import Decision, Likeness, decide
from fingerprints.title_normalise import normalise_title
from streams.engine.known_takedowns import KnownTakedowns
from streams.engine.resemblance import Resemblance, Resembling
from streams.engine.rules import Rules
from streams.records import ListingFingerprint, Prints, TakedownFingerprint

CATEGORY_READ = 200
"""Characters of a category that are compared."""


@dataclass(frozen=True, slots=True)
class Score:
    """How probable it is that the listing is this takedown come back, with what speaks for it."""

    takedown: TakedownFingerprint
    decision: Decision
    resemblance: Resemblance
    likeness: Likeness

    @property
    def probability(self) -> float:
        """0 to 1."""
        return self.decision.probability

    @property
    def takedown_id(self) -> Key:
        """Of the takedown."""
        return self.takedown.takedown.takedown_id


def score_listing(
    listing: ListingFingerprint, bank: KnownTakedowns, resembling: Resembling, rules: Rules
) -> tuple[Score, ...]:
    """The takedowns that the listing resembles, most probable first; never its own takedown."""
    scores = []
    for takedown_id, met in resembling.takedowns.items():
        takedown = bank.takedowns[takedown_id]
        if takedown.takedown.key != listing.listing.key:
            likeness = likeness_of(listing.listing, listing.prints, takedown, met)
            scores.append(Score(takedown, decide(likeness, rules.policy), met, likeness))
    return tuple(sorted(scores, key=lambda score: (-score.probability, score.takedown_id)))


def likeness_of(
    listing: AlertListing, prints: Prints, takedown: TakedownFingerprint, met: Resemblance
) -> Likeness:
    """All that the two have in common; `met` says where their fingerprints meet."""
    photo, held = met.photo.match if met.photo else None, takedown.prints
    return Likeness(
        photo_distance=photo.distance if photo else None,
        photo_log_odds=photo.log_odds if photo and photo.alignment else None,
        same_backdrop=photo is not None and photo.same_backdrop,
        title_weight=met.title.weight if met.title else None,
        description_weight=met.description.weight if met.description else None,
        price_ratio=price_ratio(prints.price, held.price),
        category_overlap=category_overlap(
            prints.category,
            held.category,
            one_marketplace=listing.marketplace == takedown.takedown.marketplace,
        ),
        same_condition=(
            prints.condition == held.condition
            if "unknown" not in (prints.condition, held.condition)
            else None
        ),
        same_seller=is_same_seller(listing, takedown.takedown),
        contact_accounts=met.contact.accounts if met.contact else None,
    )


def is_same_seller(one: AlertListing, other: AlertListing) -> bool:
    """Whether both are of one account of one marketplace, and it is known."""
    return (
        one.marketplace == other.marketplace
        and one.seller_id is not None
        and one.seller_id == other.seller_id
    )


def price_ratio(left: Price | None, right: Price | None) -> float | None:
    """The smaller price over the larger, 0 to 1; None where one is missing, zero or in another currency."""
    if left is None or right is None or left.currency != right.currency:
        return None
    low, high = sorted((Decimal(left.amount), Decimal(right.amount)))
    return float(low / high) if low > 0 else None


def category_overlap(left: str | None, right: str | None, *, one_marketplace: bool) -> float | None:
    """The share of the shorter category's words that the other has, 0 to 1; None where one has no words.

    Marketplaces name the same shelf differently, with more or fewer levels: "Fashion > Jaket" and "jaket pria".
    A number names a shelf on its own marketplace only.
    """
    if not one_marketplace and any((each or "").strip().isdigit() for each in (left, right)):
        return None
    ours, theirs = _words(left), _words(right)
    return len(ours & theirs) / min(len(ours), len(theirs)) if ours and theirs else None


def _words(category: str | None) -> set[str]:
    return set(normalise_title((category or "")[:CATEGORY_READ]).split())
