"""One piece of evidence of each kind, and the likeness that makes each part of a policy weigh. Tests hold both complete."""

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
from fingerprints.decision import Likeness

EXAMPLES: tuple[Evidence, ...] = (
    PhotoEvidence(listing_image=0, takedown_image=2, relation="same photo", edits=("mirrored", "rotated 90°", "new one"),
                  distance=4, inliers=34, weight=3.1),
    PhotoEvidence(listing_image=1, takedown_image=0, relation="same backdrop", edits=(), inliers=1, weight=1.0),
    TitleEvidence(similarity=0.93, listing_text="jaket varsity", takedown_text="jaket varsity merah", weight=1.2),
    DescriptionEvidence(similarity=0.5, weight=1.0),
    PriceEvidence(ratio=0.9, weight=0.5),
    CategoryEvidence(listing_category="Baju", takedown_category="Kaos", weight=-0.5),
    ConditionEvidence(listing_condition="new", takedown_condition="used", weight=-0.5),
    SellerEvidence(seller_id="308864651", weight=1.0),
    ContactEvidence(contact="phone", value="+6281234567890", weight=1.0),
    FloodEvidence(listings=201, minutes=60.0),
)  # fmt: skip

WEIGHS: dict[str, Likeness] = {
    "photo": Likeness(photo_distance=0),
    "backdrop": Likeness(photo_log_odds=-5.0, same_backdrop=True),
    "title": Likeness(title_weight=3.0),
    "description": Likeness(description_weight=1.0),
    "price": Likeness(price_ratio=1.0),
    "category": Likeness(category_overlap=1.0),
    "condition": Likeness(same_condition=True),
    "seller": Likeness(same_seller=True),
    "contact": Likeness(contact_accounts=1),
}
