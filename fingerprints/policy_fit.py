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

SCALE_SPREAD = 0.3
"""Standard deviation of a part's scale around the base's: some 20 verdicts outweigh it."""
PRIOR_SPREAD = 0.7
"""Standard deviation of the prior in nats."""
STEPS = 50
LOWEST_SCALE, HIGHEST_SCALE = 0.0, 5.0


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
    """The most probable policy given the verdicts and the base, by Newton's method.

    Raises:
        ValueError: nothing was judged.
    """
    if not judged:
        raise ValueError("no verdict to fit to")
    rows, truth, times = _matrix(judged)
    start = np.array([base.prior, *(base.scale(part) for part in PARTS)])
    precision = 1 / np.array([PRIOR_SPREAD, *[SCALE_SPREAD] * len(PARTS)]) ** 2
    found = start.copy()
    for _ in range(STEPS):
        probability = _probabilities(rows @ found)
        slope = rows.T @ (times * (probability - truth)) + precision * (found - start)
        spread = times * np.maximum(probability * (1 - probability), 1e-9)
        step = np.linalg.solve((rows.T * spread) @ rows + np.diag(precision), slope)
        # Damped: where all is surely right or wrong the curve is flat, and a full step overshoots.
        step *= min(1.0, 1.0 / max(float(np.abs(step).max()), 1e-12))
        found = found - step
        found[1:] = np.clip(found[1:], LOWEST_SCALE, HIGHEST_SCALE)
        if float(np.abs(step).max()) < 1e-6:
            break
    prior, *scales = (round(float(value), 4) for value in found)
    return Policy(version=version, prior=prior, scales=Scales(**dict(zip(PARTS, scales, strict=True))))


def quality(judged: Sequence[Judged], policy: Policy) -> Quality:
    """How near the policy's probabilities come to what was judged."""
    rows, truth, times = _matrix(judged)
    found = np.array([policy.prior, *(policy.scale(part) for part in PARTS)])
    log_odds = rows @ found
    loss = np.logaddexp(0, np.where(truth == 1, -log_odds, log_odds))
    brier = (_probabilities(log_odds) - truth) ** 2
    total = times.sum()
    return Quality(float((times * loss).sum() / total), float((times * brier).sum() / total))


def _matrix(
    judged: Sequence[Judged],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """One row a judgement: 1 for the prior, then the parts' weights."""
    rows = np.array([[1.0, *(one.weights.get(part, 0.0) for part in PARTS)] for one in judged])
    return (
        rows,
        np.array([float(one.relist) for one in judged]),
        np.array([one.times for one in judged]),
    )


def _probabilities(log_odds: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return 1 / (1 + np.exp(-np.clip(log_odds, -500, 500)))
