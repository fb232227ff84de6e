"""A policy from verdicts: logistic regression on the parts' weights, held near the policy it starts from.

With few verdicts little changes (maximum a posteriori with a Gaussian prior around the base policy); with many
they decide. Only alerts get verdicts, so what never came near the threshold is not seen: the prior must not run
away, and moves least.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fingerprints.policy import PARTS, Policy, Scales

Floats = npt.NDArray[np.float64]

SCALE_SPREADS: Mapping[str, float] = dict.fromkeys(PARTS, 0.3) | dict.fromkeys(
    ("photo", "title", "description"), 0.1
)
"""Standard deviation of a part's scale around the base's. Parts that decide alone, at some 12 nats, are held more
tightly: one verdict near the threshold says as much of them as 600 say of a part of 0.5 nats. With 0.3 for all,
20 verdicts drawn from the base's own probabilities made the fit worse than the base on unseen ones by 0.026 nats,
with these by 0.005; with 200 that call for a change both are equally good (docs/decisions/012)."""
PRIOR_SPREAD = 0.7
"""Standard deviation of the prior in nats."""
STEPS = 100
HALVINGS = 30
LOWEST_SCALE, HIGHEST_SCALE = 0.05, 5.0
"""Never 0: a part that weighs nothing leaves no trace in the evidence of later alerts, which then teach nothing."""
ROUNDED = 5e-5
"""Four decimals are kept, and what has moved by less has not moved."""
FURTHEST_PRIOR = 30.0
"""As `fingerprints.policy.Nats`."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What an analyst judged: the unscaled weights in nats of the parts that were there, whether it was a relist,
    and how often it counts."""

    weights: Mapping[str, float]
    relist: bool
    times: float = 1.0


@dataclass(frozen=True, slots=True)
class Quality:
    """How a policy fares with what was judged: the mean of minus the log-likelihood (nats), the Brier score."""

    loss: float
    brier: float


def fit(judged: Sequence[Judged], base: Policy, version: str) -> Policy:
    """The most probable policy given the verdicts and the base: Newton's method within the bounds of the scales
    (projected: D. Bertsekas, SIAM J. Control Optim. 20, 1982). Its loss on the verdicts is never above the base's.

    Raises:
        ValueError: nothing was judged.
    """
    problem = _Problem(*_matrix(judged), start=_values(base))
    found = problem.start
    for _ in range(STEPS):
        step = problem.step(found)
        nearer = problem.descend(found, step)
        moved = float(np.abs(nearer - found).max())
        found = nearer
        if moved < 1e-7:
            break
    rounded = np.where(np.abs(found - problem.start) < ROUNDED, problem.start, np.round(found, 4))
    if problem.cost(rounded) > problem.cost(problem.start):
        rounded = problem.start
    prior, *scales = map(float, rounded)
    return Policy(version=version, prior=prior, scales=Scales(**dict(zip(PARTS, scales, strict=True))))


def quality(judged: Sequence[Judged], policy: Policy) -> Quality:
    """How near the policy's probabilities come to what was judged.

    Raises:
        ValueError: nothing was judged.
    """
    rows, truth, times = _matrix(judged)
    log_odds = rows @ _values(policy)
    brier = (_probabilities(log_odds) - truth) ** 2
    total = times.sum()
    return Quality(
        float((times * _losses(log_odds, truth)).sum() / total), float((times * brier).sum() / total)
    )


@dataclass(frozen=True, slots=True)
class _Problem:
    """The cost of a policy (prior and scales, one vector): minus the log of its probability given the verdicts,
    up to a constant. Strictly convex, so one policy is best."""

    rows: Floats
    truth: Floats
    times: Floats
    start: Floats

    @property
    def precision(self) -> Floats:
        return 1 / np.array([PRIOR_SPREAD, *(SCALE_SPREADS[part] for part in PARTS)]) ** 2

    @property
    def bounds(self) -> tuple[Floats, Floats]:
        """Never narrower than the base, which a person may have written."""
        low = np.array([-FURTHEST_PRIOR, *[LOWEST_SCALE] * len(PARTS)])
        high = np.array([FURTHEST_PRIOR, *[HIGHEST_SCALE] * len(PARTS)])
        return np.minimum(low, self.start), np.maximum(high, self.start)

    def cost(self, found: Floats) -> float:
        losses = (self.times * _losses(self.rows @ found, self.truth)).sum()
        return float(losses + (self.precision * (found - self.start) ** 2).sum() / 2)

    def step(self, found: Floats) -> Floats:
        """Newton's step among the values that are free: one at its bound that wants to leave stays there, and the
        others must not count on its moving."""
        probability = _probabilities(self.rows @ found)
        slope = self.rows.T @ (self.times * (probability - self.truth)) + self.precision * (
            found - self.start
        )
        low, high = self.bounds
        free = ~(((found <= low) & (slope > 0)) | ((found >= high) & (slope < 0)))
        spread = self.times * probability * (1 - probability)
        curve = (self.rows.T * spread) @ self.rows + np.diag(self.precision)
        step = np.zeros_like(found)
        step[free] = np.linalg.solve(curve[np.ix_(free, free)], slope[free])
        return step

    def descend(self, found: Floats, step: Floats) -> Floats:
        """As much of the step as lowers the cost: where all is surely right or wrong the curve is flat, and a full
        step overshoots."""
        low, high = self.bounds
        before, share = self.cost(found), 1.0
        for _ in range(HALVINGS):
            nearer = np.clip(found - share * step, low, high)
            if self.cost(nearer) < before:
                return nearer
            share /= 2
        return found


def _values(policy: Policy) -> Floats:
    return np.array([policy.prior, *(policy.scale(part) for part in PARTS)])


def _matrix(judged: Sequence[Judged]) -> tuple[Floats, Floats, Floats]:
    """One row a judgement: 1 for the prior, then the parts' weights; whether it was a relist; how often it counts."""
    if not judged:
        raise ValueError("no verdict to fit to")
    return (
        np.array([[1.0, *(one.weights.get(part, 0.0) for part in PARTS)] for one in judged]),
        np.array([float(one.relist) for one in judged]),
        np.array([one.times for one in judged]),
    )


def _losses(log_odds: Floats, truth: Floats) -> Floats:
    losses: Floats = np.logaddexp(0, np.where(truth == 1, -log_odds, log_odds))
    return losses


def _probabilities(log_odds: Floats) -> Floats:
    return 1 / (1 + np.exp(-np.clip(log_odds, -500, 500)))
