"""One probability from all that two listings have in common, each part's weight shown.

Parts are evidence in nats of log-odds: the sum of their weights and the prior is the log-odds that the listing
is the taken-down one come back (naive Bayes, with a scale for each part that verdicts may fit). A part that is
missing on either side weighs nothing and is not among the weights.
"""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from fingerprints.policy import BUILT_IN, Policy

PHOTO_WEIGHTS = ((0, 14.0), (40, 13.0), (44, 11.0), (48, 6.5), (56, 2.0), (64, 0.0))
"""Nats by Hamming distance of two 256-bit perceptual hashes, linear in between (docs/benchmarks.md, photos)."""

EVEN = -BUILT_IN.prior
"""Nats that a photo weighs when its pixels leave it even whether it is the same photo: evens in all."""
LEAST_PHOTO_ODDS = -3.0
"""Nats below which pixels say that it is another photo: 1 in 20."""
MOST_PHOTO_WEIGHT = 14.0
BACKDROP_WEIGHT = 1.0
"""The same floor or rug behind another garment: one seller with two accounts, as mild as the same seller."""
SAME_SELLER_WEIGHT = 1.0
"""The same account: mild, since a seller's other garments share it too."""
SAME_SELLER_DESCRIPTION = 1.0
"""Most that a description weighs within one account, whose other listings end in the same sentences."""
CONTACT_WEIGHT = 2.0
"""The same phone number or handle: the same seller surely, on whatever marketplace; which of his garments it is
stays open, as with the same account, but who hides behind a second account has more to hide."""
SHARED_CONTACT = 5
"""Accounts among the takedowns that tell the same contact, from which it is a reseller's or a dropshipper's and
weighs nothing."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How one listing resembles one takedown. None means that one side lacks the part.

    `photo_distance` in bits of 256; `photo_log_odds` in nats that aligned pixels are the same photo;
    `same_backdrop` where they are another photo before the same one; `title_weight` and `description_weight` in
    nats as their modules give them; `price_ratio` the smaller price over the larger in one currency;
    `category_overlap` 0 to 1; `same_condition` of new and used; `same_seller` within one marketplace;
    `contact_accounts` how many of the takedowns' accounts tell the contact that both have.
    """

    photo_distance: int | None = None
    photo_log_odds: float | None = None
    same_backdrop: bool = False
    title_weight: float | None = None
    description_weight: float | None = None
    price_ratio: float | None = None
    category_overlap: float | None = None
    same_condition: bool | None = None
    same_seller: bool = False
    contact_accounts: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The probability that it is a relist, and the weight in nats of each part of `fingerprints.policy.PARTS`
    that is there."""

    probability: float
    weights: Mapping[str, float] = field(default_factory=dict)

    def weight(self, part: str) -> float:
        """Of a part; 0 where it is missing."""
        return self.weights.get(part, 0.0)


def decide(likeness: Likeness, policy: Policy = BUILT_IN) -> Decision:
    """Weigh the parts."""
    weights = {part: policy.scale(part) * weight for part, weight in unscaled_weights(likeness).items()}
    return Decision(probability_of(policy.prior + sum(weights.values())), weights)


def unscaled_weights(likeness: Likeness) -> dict[str, float]:
    """The weight in nats of each part that is there, before any policy's scale."""
    weights: dict[str, float] = {}
    if likeness.photo_distance is not None or likeness.photo_log_odds is not None:
        by_hash = 0.0 if likeness.photo_distance is None else photo_weight(likeness.photo_distance)
        if likeness.same_backdrop and by_hash <= BACKDROP_WEIGHT:
            weights["backdrop"] = BACKDROP_WEIGHT
        else:
            by_pixels = 0.0 if likeness.same_backdrop else aligned_photo_weight(likeness.photo_log_odds)
            weights["photo"] = max(by_hash, by_pixels)
    if likeness.title_weight is not None:
        weights["title"] = likeness.title_weight
    if likeness.description_weight is not None:
        most = SAME_SELLER_DESCRIPTION if likeness.same_seller else likeness.description_weight
        weights["description"] = min(likeness.description_weight, most)
    if likeness.price_ratio is not None:
        weights["price"] = price_weight(likeness.price_ratio)
    if likeness.category_overlap is not None:
        weights["category"] = category_weight(likeness.category_overlap)
    if likeness.same_condition is not None:
        weights["condition"] = 0.2 if likeness.same_condition else -0.5
    # Aligned photos were weighed against other photos of the very same seller already.
    if likeness.same_seller and likeness.photo_log_odds is None:
        weights["seller"] = SAME_SELLER_WEIGHT
    if likeness.contact_accounts is not None and not likeness.same_seller:
        weights["contact"] = CONTACT_WEIGHT if likeness.contact_accounts < SHARED_CONTACT else 0.0
    return weights


def photo_weight(distance: int) -> float:
    """Nats for a Hamming distance of `distance` bits of 256."""
    if distance >= PHOTO_WEIGHTS[-1][0]:
        return PHOTO_WEIGHTS[-1][1]
    for (low, high_weight), (high, low_weight) in itertools.pairwise(PHOTO_WEIGHTS):
        if distance <= high:
            share = (distance - low) / (high - low)
            return high_weight + share * (low_weight - high_weight)
    raise AssertionError("the last weight covers every larger distance")


def aligned_photo_weight(log_odds: float | None) -> float:
    """Nats for the log-odds that aligned pixels are the same photo; None where none were aligned."""
    return 0.0 if log_odds is None or log_odds < LEAST_PHOTO_ODDS else min(EVEN + log_odds, MOST_PHOTO_WEIGHT)


def price_weight(ratio: float) -> float:
    """Nats for two prices whose smaller is `ratio` of the larger: a little for near, a little against far."""
    if ratio >= 0.8:
        return 0.5
    return 0.0 if ratio >= 0.4 else -0.5


def category_weight(overlap: float) -> float:
    """Nats for two categories that share so much of their words (0 to 1): marketplaces name them differently."""
    return 0.5 if overlap >= 0.5 else (0.0 if overlap > 0 else -0.5)


def probability_of(log_odds: float) -> float:
    """0 to 1, for log-odds in nats."""
    return 1.0 / (1.0 + math.exp(-log_odds)) if log_odds > -700 else 0.0
