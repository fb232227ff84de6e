"""The figures of the photo benchmark, reckoned from what was measured; nothing here measures."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Literal

import numpy as np
from msgspec import Struct

from streams.evaluation.figures import ShareFigure, share_figure

GOAL = 0.95
"""Recall that every row should have."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What each method said to one photo, by the method's name. `edit` None: a photo that is not in the bank.

    `found`: the right photo was, or of a photo that is not in the bank any held-out one. `tier`: which of ours
    settled it. `elsewhere`: ours took it for one of the other photos of the bank.
    """

    edit: str | None
    found: Mapping[str, bool]
    tier: str = "none"
    elsewhere: bool = False


class RecallFigure(Struct, frozen=True):
    """One method's recall, by edit, and over them; `false_alerts` of photos that are not in the bank."""

    rows: dict[str, ShareFigure]
    mean: float | None
    worst: float | None
    worst_edit: str
    at_goal: int
    false_alerts: ShareFigure


class SpeedFigure(Struct, frozen=True):
    """Photos a second, the median of the rounds, and the median of each round's ratio to the peer's."""

    rounds: tuple[float, ...]
    median: float
    ratio: float | None


class StageFigure(Struct, frozen=True):
    """One stage's share of the work on a photo: mean milliseconds over all photos, also those that skip it."""

    stage: str
    milliseconds: float


class TimeFigure(Struct, frozen=True):
    """Milliseconds."""

    median: float
    p99: float


class GrowthRow(Struct, frozen=True):
    """The index at one size; `drawn` of its photos have drawn points. Bytes are per photo held: `memory` and
    `disk` as the index says, `resident` as the system says, of which `mapped` are pages of its files."""

    photos: int
    drawn: int
    look_up: TimeFigure
    look_ups: int
    add: TimeFigure
    withdraw: TimeFigure
    memory: float
    disk: float
    resident: float
    mapped: float


class PeerGrowthRow(Struct, frozen=True):
    """A peer's index of hashes at one size; `memory` in bytes of the process a hash."""

    index: str
    hashes: int
    look_up: TimeFigure
    look_ups: int
    add: TimeFigure
    memory: float


class BenchFigures(Struct, frozen=True):
    """All that a run measured. By method's name; speed then by the longer side in pixels, 0 as the data is."""

    recall: dict[str, RecallFigure]
    elsewhere: int
    """Photos not in the bank that ours took for one of its other photos."""
    speed: dict[str, dict[int, SpeedFigure]]
    stages: dict[int, tuple[StageFigure, ...]]
    tiers: dict[str, dict[str, float]]
    """Share of photos settled by each tier, of edited ones and of those that are not in the bank."""
    growth: tuple[GrowthRow, ...]
    exponent: float | None
    """Look-up time grows with the bank's size to this power, over all sizes."""
    peer_growth: tuple[PeerGrowthRow, ...]
    missing: dict[str, str]
    """Why a peer was not measured."""


def recall_of(verdicts: Sequence[Verdict], method: str) -> RecallFigure:
    """One method's recall, edits in the order of the verdicts."""
    by_edit: dict[str, list[bool]] = {}
    others = []
    for verdict in verdicts:
        found = verdict.found[method]
        if verdict.edit is None:
            others.append(found)
        else:
            by_edit.setdefault(verdict.edit, []).append(found)
    rows = {edit: share_figure(sum(found), len(found)) for edit, found in by_edit.items()}
    shares = {edit: sum(found) / len(found) for edit, found in by_edit.items()}
    worst = min(shares, key=lambda edit: shares[edit], default="")
    return RecallFigure(
        rows=rows,
        mean=fmean(shares.values()) if shares else None,
        worst=shares.get(worst),
        worst_edit=worst,
        at_goal=sum(share >= GOAL for share in shares.values()),
        false_alerts=share_figure(sum(others), len(others)),
    )


def tier_shares(verdicts: Iterable[Verdict]) -> dict[str, dict[str, float]]:
    """Shares by tier, of the edited photos and of the others."""
    counts: dict[str, Counter[str]] = {"edited": Counter(), "not in the bank": Counter()}
    for verdict in verdicts:
        counts["not in the bank" if verdict.edit is None else "edited"][verdict.tier] += 1
    tiers: tuple[Literal["hash", "points", "none"], ...] = ("hash", "points", "none")
    return {
        group: {tier: count[tier] / count.total() for tier in tiers}
        for group, count in counts.items()
        if count.total()
    }


def speed_of(rounds: Mapping[str, Sequence[float]], peer: str) -> dict[str, SpeedFigure]:
    """By method, from photos a second round by round, which all methods took in turn.

    The ratio is that of each round, so that what slows the machine for a while slows both.
    """
    base = rounds.get(peer)
    return {
        method: SpeedFigure(
            tuple(rates),
            median(rates),
            None if base is None else median(rate / other for rate, other in zip(rates, base, strict=True)),
        )
        for method, rates in rounds.items()
    }


def time_figure(seconds: Sequence[float]) -> TimeFigure:
    """Of measured seconds.

    Raises:
        ValueError: there are none.
    """
    if not seconds:
        raise ValueError("nothing was measured")
    return TimeFigure(median(seconds) * 1000, float(np.percentile(seconds, 99)) * 1000)


def exponent(sizes: Sequence[int], times: Sequence[float]) -> float | None:
    """The power of the size that time grows with, by least squares on the logarithms; None of fewer than two
    sizes. 0: the same at any size. 1: linear."""
    if len(set(sizes)) < 2:
        return None
    across, up = [math.log(size) for size in sizes], [math.log(time) for time in times]
    middle_across, middle_up = fmean(across), fmean(up)
    spread = sum((x - middle_across) ** 2 for x in across)
    return sum((x - middle_across) * (y - middle_up) for x, y in zip(across, up, strict=True)) / spread
