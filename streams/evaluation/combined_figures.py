"""What a run on whole listings says: by kind, precision and recall, the Brier score and the calibration curve."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from msgspec import Struct

from streams.evaluation.combined_cases import HONEST, RELISTS, CombinedCase
from streams.evaluation.figures import ShareFigure, share_figure
from streams.evaluation.scan_run import ScanResult

BASE_RATE = 0.01
"""Share of relists among listings that calibration is judged at: the run has far more, and each honest listing
counts for as many as make up for it."""
BINS = (0.0, 0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.99, 0.999, 1.0)


class KindRow(Struct, frozen=True):
    """Listings of a kind: `right` name their takedown, or have no alert where they are honest."""

    kind: str
    what: str
    right: ShareFigure
    alerted: int


class Bin(Struct, frozen=True):
    """Listings whose best takedown has a probability from `low` up: the mean of it, and the share that are that
    takedown come back, both at the base rate."""

    low: float
    listings: int
    said: float
    true: float


class CombinedFigures(Struct, frozen=True):
    """All figures of a run; `precision_at_base` at `BASE_RATE`."""

    rows: tuple[KindRow, ...]
    recall: ShareFigure
    precision: ShareFigure
    precision_at_base: float
    brier: float
    brier_of_base: float
    """The Brier score of always saying the base rate: what there is to win."""
    curve: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """One listing, what was said of it, and whether that is true."""

    case: CombinedCase
    probability: float
    """Of its best takedown; 0 where it resembles none."""
    true: bool
    """It is that takedown come back."""
    alerted: bool
    named: bool


def judge(cases: Sequence[CombinedCase], result: ScanResult) -> list[Judged]:
    """One for each case, in order."""
    judged = []
    for case in cases:
        alert, scores = result.alerts.get(case.listing_id), result.scores.get(case.listing_id, ())
        best = max(scores, key=lambda line: line.probability, default=None)
        judged.append(
            Judged(
                case,
                best.probability if best else 0.0,
                best is not None and best.takedown_id == case.takedown_id,
                alert is not None,
                alert is not None and case.takedown_id in alert.takedown_ids,
            )
        )
    return judged


def figures_of(judged: Sequence[Judged]) -> CombinedFigures:
    """The figures; listings with a catalogue photo have a row of their own and are in no other figure."""
    counted = [one for one in judged if one.case.catalogue_of is None]
    relists = [one for one in counted if one.case.takedown_id is not None]
    honest = [one for one in counted if one.case.takedown_id is None]
    alerted = [one for one in counted if one.alerted]
    weight = len(relists) / max(len(honest), 1) * (1 - BASE_RATE) / BASE_RATE
    weighed = [(one, 1.0 if one.case.takedown_id else weight) for one in counted]
    total = sum(each for _, each in weighed)
    # A relist that missed its takedown still is one: to say nothing of it is an error of the whole.
    brier = sum(
        each * ((1.0 if one.case.takedown_id else 0.0) - one.probability) ** 2 for one, each in weighed
    )
    false = weight * sum(not one.named for one in alerted if one.case.takedown_id is None)
    right = sum(one.named for one in alerted)
    return CombinedFigures(
        rows=tuple(_rows(judged)),
        recall=share_figure(sum(one.named for one in relists), len(relists)),
        precision=share_figure(right, len(alerted)),
        precision_at_base=round(right / (right + false), 4) if right else 0.0,
        brier=round(brier / total, 6),
        brier_of_base=round(BASE_RATE * (1 - BASE_RATE), 6),
        curve=tuple(_curve(weighed)),
    )


def _rows(judged: Sequence[Judged]) -> list[KindRow]:
    rows = []
    for kind, what in {**RELISTS, **HONEST}.items():
        found = [one for one in judged if one.case.kind == kind]
        right = sum(one.named if one.case.takedown_id else not one.alerted for one in found)
        rows.append(KindRow(kind, what, share_figure(right, len(found)), sum(one.alerted for one in found)))
    return rows


def _curve(weighed: Sequence[tuple[Judged, float]]) -> list[Bin]:
    bins = []
    for low, high in pairwise(BINS):
        found = [
            (one, each)
            for one, each in weighed
            if low <= one.probability < high or one.probability == high == 1
        ]
        total = sum(each for _, each in found)
        if found:
            said = sum(each * one.probability for one, each in found) / total
            true = sum(each for one, each in found if one.true) / total
            bins.append(Bin(low, len(found), round(said, 5), round(true, 5)))
    return bins


def cleared(cases: Mapping[str, CombinedCase], alerted: Sequence[str], each: int) -> list[str]:
    """Of the alerted listings with a catalogue photo, the first `each` of every takedown."""
    counts: dict[str, int] = {}
    chosen = []
    for listing_id in alerted:
        one = cases[listing_id].catalogue_of
        if one is not None and counts.get(one, 0) < each:
            counts[one] = counts.get(one, 0) + 1
            chosen.append(listing_id)
    return chosen
