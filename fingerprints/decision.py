"""One probability from all that two listings have in common, each part's weight shown.

Parts are independent evidence in nats of log-odds (naive Bayes): the sum of the weights and the prior is
the log-odds that the listing is the taken-down one come back. A part that is missing weighs nothing.
"""

import itertools
import math
from dataclasses import dataclass

POLICY = "2026-11"
"""Version of the weights below; stored in every alert."""

PRIOR = -9.2
"""Log-odds before any evidence that a listing and its best candidate are the same: 1 in 10,000."""

PHOTO_WEIGHTS = ((0, 14.0), (40, 13.0), (44, 11.0), (48, 6.5), (56, 2.0), (64, 0.0))
"""Nats by Hamming distance of two 256-bit perceptual hashes, linear in between (docs/benchmarks.md, photos)."""

EVEN = -PRIOR
"""Nats that a photo weighs when its pixels leave it even whether it is the same photo: evens in all."""
LEAST_PHOTO_ODDS = -3.0
"""Nats below which pixels say that it is another photo: 1 in 20."""
MOST_PHOTO_WEIGHT = 14.0
BACKDROP_WEIGHT = 1.0
"""The same floor or rug behind another garment: one seller with two accounts, as mild as the same seller."""

SAME_SELLER_WEIGHT = 1.0
"""The same account: mild, since a seller's other garments share it too."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How one listing resembles one takedown. None means that one side lacks the part.

    `photo_distance` in bits of 256; `photo_log_odds` in nats that aligned pixels are the same photo;
    `same_backdrop` where they are another photo before the same one; `title_weight` in nats as
    `fingerprints.title_weight` gives it; `price_ratio` the smaller price over the larger in one currency;
    `same_seller` within one marketplace.
    """

    photo_distance: int | None = None
    photo_log_odds: float | None = None
    same_backdrop: bool = False
    title_weight: float | None = None
    price_ratio: float | None = None
    same_seller: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The probability that it is a relist, and the weight in nats of each part that is there."""

    probability: float
    photo: float = 0.0
    title: float = 0.0
    price: float = 0.0
    seller: float = 0.0


def decide(likeness: Likeness) -> Decision:
    """Weigh the parts."""
    photo = max(
        0.0 if likeness.photo_distance is None else photo_weight(likeness.photo_distance),
        BACKDROP_WEIGHT if likeness.same_backdrop else aligned_photo_weight(likeness.photo_log_odds),
    )
    title = likeness.title_weight or 0.0
    price = 0.0 if likeness.price_ratio is None else price_weight(likeness.price_ratio)
    # Aligned photos were weighed against other photos of the very same seller already.
    seller = SAME_SELLER_WEIGHT if likeness.same_seller and likeness.photo_log_odds is None else 0.0
    return Decision(_logistic(PRIOR + photo + title + price + seller), photo, title, price, seller)


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


def _logistic(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-log_odds))
