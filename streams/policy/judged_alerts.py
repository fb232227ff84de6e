"""Verdicts as what a policy is fitted to: the evidence of each as it was before any policy's scale. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite

from connectors.events import Alert
from connectors.evidence import Evidence, FloodEvidence, PhotoEvidence
from connectors.verdicts import Verdict
from fingerprints.decision import probability_of
from fingerprints.policy import PARTS, Policy
from fingerprints.policy_fit import Judged

MOST_WEIGHT = 100.0
"""Nats that a part may weigh either way; no real one weighs more than 15."""
SUM_SLACK = 0.02
"""Nats by which the evidence may miss the alert's probability: each weight is rounded to a thousandth."""


@dataclass(frozen=True, slots=True)
class JudgedAlert:
    """A verdict to fit to. `takedown`: the alert's cluster by its first takedown."""

    judged: Judged
    takedown: str
    decided_at: str


@dataclass(slots=True)
class Gathered:
    """`used` to fit; how many verdicts of each kind there are, and why others were left out."""

    used: list[JudgedAlert] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def judged(self) -> list[Judged]:
        """What is fitted to, in order."""
        return [one.judged for one in self.used]

    @property
    def relists(self) -> int:
        """How many of them are relists."""
        return sum(one.judged.relist for one in self.used)


def gather(verdicts: Iterable[Verdict], known: Sequence[Policy]) -> Gathered:
    """The verdicts that say what a policy should have said, with the policies that may have made their alerts.

    Left out are unsure ones, those on alerts that no policy decided, and those whose evidence cannot be told exactly
    from what the alert's policy made of it.
    """
    policies = {policy.version: policy for policy in known}
    found = Gathered()
    newest = {verdict.alert_id: verdict for verdict in verdicts}
    for verdict in sorted(newest.values(), key=lambda one: one.alert_id):
        found.kinds[verdict.verdict] += 1
        alert = verdict.alert
        if verdict.verdict == "unsure":
            found.left_out["unsure"] += 1
        elif alert.kind != "relist":
            found.left_out["on no relist alert"] += 1
        elif (policy := policies.get(alert.algorithms.policy)) is None:
            found.left_out["of an unknown policy"] += 1
        elif (weights := unscaled(alert, policy)) is None:
            found.left_out["evidence that does not make up the alert"] += 1
        else:
            takedown = alert.cluster[0] if alert.cluster else alert.takedown.takedown_id
            judged = Judged(weights, verdict.verdict == "relist")
            found.used.append(JudgedAlert(judged, takedown, verdict.decided_at.isoformat()))
    return found


def unscaled(alert: Alert, policy: Policy) -> Mapping[str, float] | None:
    """The weight in nats of each part before the scale of the policy that made the alert.

    None where that cannot be told: a part that the policy gives no weight leaves no evidence, and evidence that does
    not make up the alert's probability is incomplete or another policy's of the same name.
    """
    weights: dict[str, float] = {}
    total = policy.prior
    for evidence in alert.evidence:
        part = part_of(evidence)
        if part is None or part in weights or not isfinite(evidence.weight):
            return None
        scale = policy.scale(part)
        if scale <= 0 or abs(evidence.weight) > MOST_WEIGHT * scale:
            return None
        weights[part] = evidence.weight / scale
        total += evidence.weight
    if any(policy.scale(part) <= 0 for part in PARTS):
        return None
    probability = probability_of(total)
    # The alert's own is rounded to a millionth.
    slack = SUM_SLACK * probability * (1 - probability) + 2e-6
    return weights if abs(probability - alert.probability) <= slack else None


def part_of(evidence: Evidence) -> str | None:
    """Which of `fingerprints.policy.PARTS` a piece of evidence is; None for none."""
    if isinstance(evidence, PhotoEvidence):
        return "backdrop" if evidence.relation == "same backdrop" else "photo"
    if isinstance(evidence, FloodEvidence):
        return None
    return str(evidence.__struct_config__.tag)
