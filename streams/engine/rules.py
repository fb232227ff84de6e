"""What decides whether a listing is an alert: the policy, the threshold, what is allowed."""

from dataclasses import dataclass, field

from fingerprints.policy import BUILT_IN, Policy
from streams.engine.allow_list import AllowList


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules that listings are matched by. `threshold`: least probability of an alert. `candidates`: takedowns
    looked at closely for each kind of fingerprint. `shadow`: a policy that is only compared with."""

    threshold: float = 0.5
    candidates: int = 10
    policy: Policy = BUILT_IN
    shadow: Policy | None = None
    allowed: AllowList = field(default_factory=AllowList)
