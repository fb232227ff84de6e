"""What speaks for and against a score, in the words of the alerts topic. Pure."""

from collections.abc import Iterable

from connectors.evidence import (
    CategoryEvidence,
    ConditionEvidence,
    ContactEvidence,
    DescriptionEvidence,
    Evidence,
    PriceEvidence,
    SellerEvidence,
    TitleEvidence,
)
from streams.engine.known_takedowns import KnownTakedowns
from streams.engine.photo_evidence import photo_evidence
from streams.engine.scoring import Score
from streams.records import ListingFingerprint


def evidence_of(listing: ListingFingerprint, bank: KnownTakedowns, score: Score) -> tuple[Evidence, ...]:
    """What speaks for the score, heaviest first, then what speaks against it."""
    return tuple(sorted(_evidence(listing, bank, score), key=lambda part: -part.weight))


def _evidence(listing: ListingFingerprint, bank: KnownTakedowns, score: Score) -> Iterable[Evidence]:
    ours, theirs, met = listing.prints, score.takedown.prints, score.resemblance
    weights = {part: round(weight, 3) for part, weight in score.decision.weights.items() if weight}
    for part in ("photo", "backdrop"):
        if part in weights and met.photo is not None:
            yield photo_evidence(bank, bank.explained(met.photo), weights[part])
    if "title" in weights and met.title is not None and ours.title and theirs.title:
        yield TitleEvidence(
            similarity=round(met.title.similarity, 4),
            listing_text=ours.title.text,
            takedown_text=theirs.title.text,
            weight=weights["title"],
        )
    if "description" in weights and met.description is not None:
        yield DescriptionEvidence(
            similarity=round(met.description.similarity, 4), weight=weights["description"]
        )
    if "price" in weights and score.likeness.price_ratio is not None:
        yield PriceEvidence(ratio=round(score.likeness.price_ratio, 4), weight=weights["price"])
    if "category" in weights and ours.category and theirs.category:
        yield CategoryEvidence(
            listing_category=ours.category, takedown_category=theirs.category, weight=weights["category"]
        )
    if "condition" in weights and ours.condition != "unknown" and theirs.condition != "unknown":
        yield ConditionEvidence(
            listing_condition=ours.condition,
            takedown_condition=theirs.condition,
            weight=weights["condition"],
        )
    if "seller" in weights and listing.listing.seller_id is not None:
        yield SellerEvidence(seller_id=listing.listing.seller_id, weight=weights["seller"])
    if "contact" in weights and met.contact is not None:
        yield ContactEvidence(contact=met.contact.kind, value=met.contact.value, weight=weights["contact"])
