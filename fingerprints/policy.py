"""How much each part of the evidence counts: what an analyst's verdicts may change about the decision."""

from typing import Annotated

from msgspec import Meta, Struct

Nats = Annotated[float, Meta(ge=-30, le=30)]
Scale = Annotated[float, Meta(ge=0, le=5)]


class Scales(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By how much the built-in weight of each part is multiplied; 1 leaves it as it was measured."""

    photo: Scale = 1.0
    backdrop: Scale = 1.0
    title: Scale = 1.0
    description: Scale = 1.0
    price: Scale = 1.0
    category: Scale = 1.0
    condition: Scale = 1.0
    seller: Scale = 1.0
    contact: Scale = 1.0


PARTS: tuple[str, ...] = Scales.__struct_fields__
"""The parts of the evidence, in the order in which they are fitted and shown."""


class Fitted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a policy was fitted to: so many verdicts up to the newest, starting from another policy."""

    relists: int
    others: int
    newest: str
    base: str


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A version's weights. `prior`: log-odds in nats, before any evidence, that a listing and its best candidate
    are the same."""

    version: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[\w.+-]+\Z")]
    prior: Nats
    scales: Scales = Scales()
    fitted: Fitted | None = None

    def scale(self, part: str) -> float:
        """Of one of `PARTS`."""
        return float(getattr(self.scales, part))


BUILT_IN = Policy(version="2026-11", prior=-9.2)
"""The prior is 1 in 10,000; the weights it was chosen with are those of `fingerprints.decision`."""
