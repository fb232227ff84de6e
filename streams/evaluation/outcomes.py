"""What the scan made of each case: named, missed, alerted falsely, and what its best takedown is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from streams.evaluation.cases import Case
from streams.evaluation.scan_run import ScanResult, ScoreLine

SAME_BACKDROP = 0.5
"""Least `backdrop` score of a pair that shows one place and different goods."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case and its answer."""

    case: Case
    alerted: bool
    """There is an alert, whatever it names."""
    named: bool
    """The alert names the right takedown, as the best or among the others; never true of a negative."""
    probability: float
    """0 to 1: of the right takedown, and for a negative of the best one. 0 where the scores have none."""
    alert_of_sender: bool
    """Some takedown that the alert names is of the photo's own sender."""
    backdrop_of_sender: bool | None
    """The best takedown is a same-backdrop pair: whether of the photo's own sender. None: it is none."""


def judge(cases: Sequence[Case], result: ScanResult, senders: Mapping[str, str]) -> list[Outcome]:
    """An outcome for each case, in order; `senders` gives each takedown's."""
    return [_judged(case, result, senders) for case in cases]


def _judged(case: Case, result: ScanResult, senders: Mapping[str, str]) -> Outcome:
    alert, scores = result.alerts.get(case.listing_id), result.scores.get(case.listing_id, ())
    named = alert.takedown_ids if alert else ()
    # The first of equals: the scan writes the best first.
    best = max(scores, key=lambda line: line.probability, default=None)
    return Outcome(
        case=case,
        alerted=alert is not None,
        named=case.takedown_id in named,
        probability=_probability(case, scores, best),
        alert_of_sender=any(senders.get(takedown) == case.photo.sender for takedown in named),
        backdrop_of_sender=(
            senders.get(best.takedown_id) == case.photo.sender
            if best is not None and best.backdrop >= SAME_BACKDROP
            else None
        ),
    )


def _probability(case: Case, scores: Sequence[ScoreLine], best: ScoreLine | None) -> float:
    if case.takedown_id is None:
        return best.probability if best else 0.0
    return max((line.probability for line in scores if line.takedown_id == case.takedown_id), default=0.0)
