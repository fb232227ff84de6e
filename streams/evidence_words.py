"""One piece of evidence in words for a person: the same in the report and on the terminal.

All text from outside is made safe to print; the report escapes it for HTML once more.
"""

from connectors.evidence import (
    CategoryEvidence,
    ConditionEvidence,
    ContactEvidence,
    DescriptionEvidence,
    Evidence,
    FloodEvidence,
    PhotoEvidence,
    PriceEvidence,
    SellerEvidence,
    TitleEvidence,
)
from streams.photo_words import photo_words
from streams.safe_text import safe_text

TEXT_SHOWN = 100
"""Characters of a title or another text from outside."""


def evidence_words(part: Evidence) -> str:  # noqa: PLR0911  one line for each kind
    """What the two listings have in common in this part, without its weight."""
    match part:
        case PhotoEvidence():
            return f"photo {part.listing_image + 1} and the takedown's {part.takedown_image + 1}: {photo_words(part)}"
        case TitleEvidence():
            return f"titles {part.similarity:.0%} alike: “{_safe(part.listing_text)}” / “{_safe(part.takedown_text)}”"
        case DescriptionEvidence():
            return f"descriptions {part.similarity:.0%} alike"
        case PriceEvidence():
            return f"price ratio {part.ratio:.2f}"
        case CategoryEvidence():
            return f"categories “{_safe(part.listing_category)}” / “{_safe(part.takedown_category)}”"
        case ConditionEvidence():
            return f"condition {part.listing_condition} / {part.takedown_condition}"
        case SellerEvidence():
            return f"the same seller {_safe(part.seller_id)}"
        case ContactEvidence():
            return f"the same {part.contact} {_safe(part.value)}"
        case FloodEvidence():
            return f"{part.listings} listings met this takedown within {part.minutes:g} minutes"


def _safe(text: str) -> str:
    return safe_text(text, TEXT_SHOWN)
