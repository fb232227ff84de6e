"""The arithmetic of recall and false alerts: shares with their uncertainty, thresholds, and what they cost."""

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass

Z95 = 1.959964
"""The normal distribution's two-sided 95% quantile."""


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `of`, with the 95% interval in which the true share lies."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        """0 to 1; NaN of nothing."""
        return self.hits / self.of if self.of else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper end, 0 to 1."""
        return wilson(self.hits, self.of)


def wilson(hits: int, of: int, z: float = Z95) -> tuple[float, float]:
    """The Wilson score interval of a share; honest at 0 and 1 too, where the normal one has no width.

    Wilson 1927, 'Probable inference, the law of succession, and statistical inference', JASA 22.

    Raises:
        ValueError: `hits` is not between 0 and `of`.
    """
    if not 0 <= hits <= of:
        raise ValueError(f"{hits} of {of} is no share")
    if of == 0:
        return 0.0, 1.0
    share = hits / of
    middle = share + z * z / (2 * of)
    reach = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    # Rounding may carry an end just past 0 or 1, or past the share itself.
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)


@dataclass(frozen=True, slots=True)
class Cut:
    """An alert is a probability over `above`; `allowed` negatives at most are."""

    above: float
    allowed: int


def cut_at(negatives: Sequence[float], rate: float) -> Cut:
    """The lowest threshold at which at most `rate` (0 to below 1) of these negatives' probabilities alert.

    Alerts are strictly above it, so that negatives with equal probabilities never exceed the rate together.

    Raises:
        ValueError: no negatives, or a rate outside 0 to 1.
    """
    if not negatives or not 0 <= rate < 1:
        raise ValueError(f"no threshold from {len(negatives)} negatives at a rate of {rate}")
    allowed = math.floor(rate * len(negatives) + 1e-9)
    return Cut(above=sorted(negatives, reverse=True)[allowed], allowed=allowed)


def share_above(probabilities: Sequence[float], cut: Cut) -> Share:
    """How many of the probabilities are over the threshold."""
    ordered = sorted(probabilities)
    return Share(len(ordered) - bisect.bisect_right(ordered, cut.above), len(ordered))
