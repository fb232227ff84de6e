"""What a shadow policy would have changed, from the differences that workers noted. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from connectors.policy_differences import PolicyDifference

EXAMPLES = 3
"""Of each kind, the newest."""


@dataclass(slots=True)
class Kind:
    """One kind of difference: the listings it was seen for, as digests, and its newest examples."""

    listings: set[int] = field(default_factory=set)
    examples: list[PolicyDifference] = field(default_factory=list)

    def put(self, difference: PolicyDifference) -> None:
        """Count one."""
        self.listings.add(hash(difference.listing.key))
        others = [one for one in self.examples if one.listing.key != difference.listing.key]
        same = [one for one in self.examples if one.listing.key == difference.listing.key]
        newest = max([difference, *same], key=lambda one: one.observed_at)
        ranked = sorted([newest, *others], key=lambda one: (one.observed_at, one.listing.key), reverse=True)
        self.examples = ranked[:EXAMPLES]


@dataclass(slots=True)
class Comparison:
    """A live policy and a shadow. `first` and `last`: when the listings between were seen."""

    live: str
    shadow: str
    first: datetime
    last: datetime
    records: int = 0
    kinds: dict[str, Kind] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """For scripts: `kinds` with the number of different listings and some examples each."""
        return {
            "live": self.live,
            "shadow": self.shadow,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "records": self.records,
            "kinds": {
                name: {
                    "listings": len(kind.listings),
                    "examples": [msgspec.to_builtins(one) for one in kind.examples],
                }
                for name, kind in sorted(self.kinds.items())
            },
        }


def compare(differences: Iterable[PolicyDifference]) -> list[Comparison]:
    """One comparison for each pair of policies, the last one first. A listing seen again counts once a kind."""
    found: dict[tuple[str, str], Comparison] = {}
    for one in differences:
        pair = one.live.policy, one.shadow.policy
        comparison = found.setdefault(pair, Comparison(*pair, one.observed_at, one.observed_at))
        comparison.first = min(comparison.first, one.observed_at)
        comparison.last = max(comparison.last, one.observed_at)
        comparison.records += 1
        comparison.kinds.setdefault(one.kind, Kind()).put(one)
    return sorted(found.values(), key=lambda each: (each.last, each.live, each.shadow), reverse=True)
