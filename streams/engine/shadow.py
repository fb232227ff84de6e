"""Shadow mode: each listing decided under a second policy too, to see what that would change. Pure.

Only the weighing is done twice: the likenesses are those that the live policy was given. Which takedowns are one is
taken from the live alert.
"""

from collections.abc import Mapping, Sequence

from connectors.policy_differences import DifferenceKind, PolicyDifference, PolicyOutcome
from fingerprints.decision import Decision, decide
from streams.engine.pipeline import Match
from streams.engine.rules import Rules
from streams.engine.scoring import Score
from streams.records import ListingFingerprint

MOST_CROSSING = 20
"""Takedowns named in one difference."""


def policy_difference(listing: ListingFingerprint, match: Match, rules: Rules) -> PolicyDifference | None:
    """Where `rules.shadow` decides this listing otherwise than what was decided; None where it does not, and for a
    listing that is still up, which no policy decides."""
    shadow = rules.shadow
    if shadow is None or not match.scores or (match.alert is not None and match.alert.kind == "still_up"):
        return None
    live_best = match.scores[0]
    decisions = {score.takedown_id: decide(score.likeness, shadow) for score in match.scores}
    shadow_best = min(
        match.scores, key=lambda score: (-decisions[score.takedown_id].probability, score.takedown_id)
    )
    crossing = tuple(
        score.takedown_id
        for score in match.scores
        if (score.probability >= rules.threshold)
        != (decisions[score.takedown_id].probability >= rules.threshold)
    )
    live = _outcome(rules.policy.version, live_best, live_best.decision, rules)
    beside = _outcome(shadow.version, shadow_best, decisions[shadow_best.takedown_id], rules)
    one = match.alert.cluster if match.alert is not None else ()
    kind = _kind(live, beside, one, crossing)
    if kind is None:
        return None
    return PolicyDifference(
        kind=kind,
        listing=listing.listing,
        live=live,
        shadow=beside,
        threshold=rules.threshold,
        crossing=crossing[:MOST_CROSSING],
        observed_at=listing.observed_at,
    )


def _outcome(version: str, score: Score, decision: Decision, rules: Rules) -> PolicyOutcome:
    return PolicyOutcome(
        policy=version,
        takedown_id=score.takedown_id,
        probability=round(decision.probability, 6),
        alerts=decision.probability >= rules.threshold,
        weights=_rounded(decision.weights),
    )


def _kind(
    live: PolicyOutcome, shadow: PolicyOutcome, one: Sequence[str], crossing: Sequence[str]
) -> DifferenceKind | None:
    if live.alerts != shadow.alerts:
        return "only_live" if live.alerts else "only_shadow"
    if not live.alerts:
        return None
    if shadow.takedown_id not in one:
        return "another_takedown"
    return "other_takedowns" if crossing else None


def _rounded(weights: Mapping[str, float]) -> dict[str, float]:
    return {part: round(weight, 3) for part, weight in weights.items()}
