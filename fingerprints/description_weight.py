"""From likeness to evidence: nats of log-odds that two descriptions are of one listing come back."""

import math

from fingerprints.description_likeness import FLOOR

ENOUGH = 0.75
"""Similarity from which a description weighs all it can: more is what any copy has."""
WEIGHT_AT_MOST = 3.0
"""Nats: less than a third of the way from the prior to an alert, since all items of a seller share their closing
sentences."""


def description_weight(similarity: float, held_by: int = 1) -> float:
    """Nats for a similarity (0 to 1, `description_likeness.compare`) with a description that `held_by` takedowns
    have: any of so many may be the one, so it weighs their logarithm less. Never negative."""
    closeness = min(max(0.0, similarity - FLOOR) / (ENOUGH - FLOOR), 1.0)
    return max(0.0, WEIGHT_AT_MOST * closeness - math.log(max(held_by, 1)))
