"""From likeness and information to evidence: nats of log-odds that two titles are of one product."""

SIMILARITY_WEIGHTS = ((0.5, -2.0), (0.7, 0.0), (0.9, 1.0), (1.0, 1.0))
NATS_PER_INFORMATION = 0.25
"""Shared words are far from independent: a quarter of what they would be worth if they were."""
WEIGHT_AT_MOST = 8.0


def title_weight(similarity: float, information: float) -> float:
    """Nats for a similarity (0 to 1, `title_likeness.compare`) and information (nats, `title_rarity`)."""
    worth = min(information * NATS_PER_INFORMATION, WEIGHT_AT_MOST) * max(0.0, (similarity - 0.5) * 2)
    return worth - 1.5
