"""What a fitted policy would change, judged on verdicts that it was not fitted to. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from msgspec import Struct

from fingerprints.decision import probability_of
from fingerprints.policy import PARTS, Fitted, Policy
from fingerprints.policy_fit import Judged, Quality, fit, quality
from streams.policy.judged_alerts import Gathered, JudgedAlert

LEAST_VERDICTS = 20
"""Fewer say nothing that the base does not outweigh (`fingerprints.policy_fit.SCALE_SPREADS`)."""
FOLDS = 5


class TooFewVerdictsError(ValueError):
    """There are not enough verdicts to fit to; the message says what is missing."""


class Change(Struct, frozen=True, kw_only=True):
    """One value of the policy before and after."""

    before: float
    after: float


class Fit(Struct, frozen=True, kw_only=True):
    """The report of a fit.

    `changes`: the prior and each part's scale. Losses in nats and Brier scores of base and fitted policy: on the
    verdicts themselves (`seen_...`), and on each fold of them when fitted to the others (`unseen_...`, None where all
    are of one takedown). `silenced`: judged alerts that the base makes and the fitted policy would not, and how many
    of them are relists; `raised` the other way round.
    """

    base: str
    version: str
    kinds: dict[str, int]
    left_out: dict[str, int]
    used: int
    relists: int
    takedowns: int
    changes: dict[str, Change]
    seen_loss: Change
    seen_brier: Change
    unseen_loss: Change | None
    unseen_brier: Change | None
    threshold: float
    silenced: int
    silenced_relists: int
    raised: int
    raised_relists: int

    @property
    def better(self) -> bool | None:
        """Whether the fitted policy does better on verdicts that it had not seen; None where that is not known."""
        return None if self.unseen_loss is None else self.unseen_loss.after < self.unseen_loss.before


@dataclass(frozen=True, slots=True)
class _Outcome:
    relist: bool
    before: bool
    after: bool


def fit_policy(found: Gathered, base: Policy, version: str, threshold: float) -> tuple[Policy, Fit]:
    """The policy for these verdicts, and what is to be said of it.

    Raises:
        TooFewVerdictsError: under 20 can be used, or all say the same.
    """
    _require_enough(found)
    judged = found.judged
    newest = max(one.decided_at for one in found.used)
    fitted = msgspec.structs.replace(
        fit(judged, base, version),
        fitted=Fitted(
            relists=found.relists, others=len(judged) - found.relists, newest=newest, base=base.version
        ),
    )
    seen = quality(judged, base), quality(judged, fitted)
    unseen = cross_validated(found.used, base)
    outcomes = [
        _Outcome(one.relist, _alerts(one, base, threshold), _alerts(one, fitted, threshold)) for one in judged
    ]
    silenced = [one.relist for one in outcomes if one.before and not one.after]
    raised = [one.relist for one in outcomes if one.after and not one.before]
    return fitted, Fit(
        base=base.version,
        version=version,
        kinds=dict(sorted(found.kinds.items())),
        left_out=dict(sorted(found.left_out.items())),
        used=len(judged),
        relists=found.relists,
        takedowns=len({one.takedown for one in found.used}),
        changes={"prior": Change(before=base.prior, after=fitted.prior)}
        | {part: Change(before=base.scale(part), after=fitted.scale(part)) for part in PARTS},
        seen_loss=_change(seen[0].loss, seen[1].loss),
        seen_brier=_change(seen[0].brier, seen[1].brier),
        unseen_loss=_change(unseen[0].loss, unseen[1].loss) if unseen else None,
        unseen_brier=_change(unseen[0].brier, unseen[1].brier) if unseen else None,
        threshold=threshold,
        silenced=len(silenced),
        silenced_relists=sum(silenced),
        raised=len(raised),
        raised_relists=sum(raised),
    )


def cross_validated(used: Sequence[JudgedAlert], base: Policy) -> tuple[Quality, Quality] | None:
    """The base's quality and that of policies fitted to all but one fold, each on the fold left out.

    One takedown's verdicts are in one fold: they resemble each other, and what is learnt of them would seem to hold
    for others. None where there is only one takedown.
    """
    folds = folds_of(used)
    if len(folds) < 2:
        return None
    before, after, many = [], [], []
    for left_out in folds:
        rest = [one.judged for fold in folds if fold is not left_out for one in fold]
        held = [one.judged for one in left_out]
        before.append(quality(held, base))
        after.append(quality(held, fit(rest, base, "fold")))
        many.append(len(held))
    return _mean(before, many), _mean(after, many)


def folds_of(used: Sequence[JudgedAlert]) -> list[list[JudgedAlert]]:
    """Up to five folds of about equal size, a takedown's verdicts together: the largest first, each to the smallest
    fold, so that the same verdicts always give the same."""
    takedowns: dict[str, list[JudgedAlert]] = {}
    for one in used:
        takedowns.setdefault(one.takedown, []).append(one)
    folds: list[list[JudgedAlert]] = [[] for _ in range(min(FOLDS, len(takedowns)))]
    for _, group in sorted(takedowns.items(), key=lambda item: (-len(item[1]), item[0])):
        min(folds, key=len).extend(group)
    return folds


def _require_enough(found: Gathered) -> None:
    used, relists = len(found.used), found.relists
    reasons = ", ".join(f"{count} {why}" for why, count in sorted(found.left_out.items()))
    left_out = f"; left out: {reasons}" if reasons else ""
    if used < LEAST_VERDICTS:
        raise TooFewVerdictsError(
            f"{used} verdicts can be used, at least {LEAST_VERDICTS} are needed{left_out}"
        )
    if relists in (0, used):
        only = "relists" if relists else "no relists"
        raise TooFewVerdictsError(f"all {used} usable verdicts are {only}: both kinds are needed{left_out}")


def _alerts(one: Judged, policy: Policy, threshold: float) -> bool:
    log_odds = policy.prior + sum(policy.scale(part) * weight for part, weight in one.weights.items())
    return probability_of(log_odds) >= threshold


def _mean(qualities: Sequence[Quality], many: Sequence[int]) -> Quality:
    total = sum(many)
    return Quality(
        sum(one.loss * count for one, count in zip(qualities, many, strict=True)) / total,
        sum(one.brier * count for one, count in zip(qualities, many, strict=True)) / total,
    )


def _change(before: float, after: float) -> Change:
    return Change(before=round(before, 5), after=round(after, 5))
