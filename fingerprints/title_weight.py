"""From likeness and information to evidence: nats of log-odds that two titles are of one product."""

LEAST_SIMILARITY = 0.8
"""At and below this a title says nothing: of 5,000 real titles of other products, two in five have a neighbour
this near, and at 0.95 with 30 nats shared one in forty (docs/benchmarks.md)."""
NATS_PER_INFORMATION = 0.4
"""Shared words are far from independent: they are worth less than half of what they would be if they were.
At 0.4 a title alone alerts from about 23 nats shared; a generic one ("kemeja flanel thrift preloved murah
ready") shares 17."""
WEIGHT_AT_MOST = 13.0


def title_weight(similarity: float, information: float) -> float:
    """Nats for a similarity (0 to 1, `title_likeness.compare`) and information (nats, `title_rarity`)."""
    closeness = max(0.0, similarity - LEAST_SIMILARITY) / (1 - LEAST_SIMILARITY)
    return min(information * NATS_PER_INFORMATION, WEIGHT_AT_MOST) * closeness
