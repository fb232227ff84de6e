"""How long to wait before the same again."""

from dataclasses import dataclass, field
from random import Random


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses between attempts: from `first` seconds doubling to `most`, each cut at random by up to half.

    The jitter keeps many connectors from returning at the same moment. `attempts` None repeats for ever.
    """

    first: float = 0.2
    most: float = 30.0
    attempts: int | None = None
    dice: Random = field(default_factory=Random)

    def pause(self, attempt: int, least: float = 0.0) -> float:
        """Seconds to wait after the failure number `attempt` (from 1), never under `least`."""
        whole = min(self.most, self.first * 2.0 ** min(attempt - 1, 60))
        return max(least, whole * (1 - self.dice.random() / 2))
