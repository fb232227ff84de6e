"""Where a policy that runs beside the one in force would have decided otherwise."""

from typing import Literal

from msgspec import Struct

from connectors.events import AlertListing
from connectors.field_types import Key, Timestamp

DifferenceKind = Literal["only_live", "only_shadow", "another_takedown", "other_takedowns"]


class PolicyOutcome(Struct, frozen=True, kw_only=True):
    """What one policy makes of the listing: its most probable takedown, with the weight in nats of each part of the
    evidence that is there, and whether that is an alert."""

    policy: str
    takedown_id: Key
    probability: float
    alerts: bool
    weights: dict[str, float]


class PolicyDifference(Struct, frozen=True, kw_only=True):
    """A listing that two policies decide differently. Topic `policy-differences`, key `marketplace:listing_id`.

    `kind`: `only_live` and `only_shadow` alert under one of them; `another_takedown`: both alert, but the first
    takedown of one is not among those that are one with the other's; `other_takedowns`: both alert for the same, but
    `crossing` are over the threshold under one of them only.
    """

    kind: DifferenceKind
    listing: AlertListing
    live: PolicyOutcome
    shadow: PolicyOutcome
    threshold: float
    crossing: tuple[Key, ...]
    observed_at: Timestamp
