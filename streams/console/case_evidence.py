"""What speaks for and against an alert, each part in words, as a number and as a bar. Pure."""

import math
from dataclasses import dataclass

from connectors.events import Alert
from connectors.evidence import Evidence
from streams.console.words import Language
from streams.words.evidence import evidence_words

MOST_PARTS = 40
"""Shown; an alert has some ten."""
LEAST_SCALE = 3.0
"""Nats that a full bar stands for at least, so that weak evidence does not look strong beside nothing."""
MOST_NATS = 30.0
"""Beyond which a record is not believed: as many as a policy's prior may have."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A part's bar on the line from 0 to 100 on which all stand: from `start`, `length` long."""

    start: float
    length: float


@dataclass(frozen=True, slots=True)
class Part:
    """`kind`: as in the record. `nats`: its weight as a number with its sign. `times`: how many times likelier a relist
    is by this part alone, or less likely where `speaks_for` is false."""

    kind: str
    words: str
    nats: str
    times: str
    speaks_for: bool
    bar: Bar


@dataclass(frozen=True, slots=True)
class CaseEvidence:
    """`zero`: where on the line from 0 to 100 the bars begin."""

    parts: tuple[Part, ...]
    zero: float
    left_out: int


def case_evidence(alert: Alert, language: Language) -> CaseEvidence:
    """The parts in the record's order, which is by weight."""
    shown = alert.evidence[:MOST_PARTS]
    weights = [_believed(part.weight) for part in shown]
    low, high = min([0.0, *weights]), max([0.0, *weights])
    whole = max(high - low, LEAST_SCALE)
    zero = -low / whole * 100
    return CaseEvidence(
        parts=tuple(
            _part(part, weight, zero, whole, language) for part, weight in zip(shown, weights, strict=True)
        ),
        zero=zero,
        left_out=len(alert.evidence) - len(shown),
    )


def percent(probability: float) -> str:
    """A probability as people read it; what is nearly certain is not called certain."""
    if not 0 <= probability <= 1:
        return "–"
    if probability > 0.999:
        return ">99.9%"
    return "<0.1%" if probability < 0.001 else f"{probability:.1%}"


def _part(part: Evidence, weight: float, zero: float, whole: float, language: Language) -> Part:
    length = abs(weight) / whole * 100
    return Part(
        kind=str(part.__struct_config__.tag),
        words=evidence_words(part, language),
        nats=f"{weight:+.1f}".replace("-", "−"),
        times=_times(abs(weight)),
        speaks_for=weight >= 0,
        bar=Bar(zero if weight >= 0 else zero - length, length),
    )


def _times(nats: float) -> str:
    """The likelihood ratio, two digits of it: a weight is measured no better."""
    ratio = math.exp(nats)
    if ratio < 10:
        return f"{ratio:.1f}"
    step = 10 ** (int(math.log10(ratio)) - 1)
    return f"{round(ratio / step) * step:,}"


def _believed(weight: float) -> float:
    return max(-MOST_NATS, min(MOST_NATS, weight)) if math.isfinite(weight) else 0.0
