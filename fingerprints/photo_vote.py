"""Which held photos the meetings of a query's points speak for.

Each meeting says how the held photo would lie in the query: mirrored or not, turned by so much, larger by so
much. Meetings of one photo that say the same are its votes (Lowe, "Distinctive Image Features from
Scale-Invariant Keypoints", 2004, section 7.3). The few photos with the most are worth aligning.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fingerprints.photo_align import FEWEST, Pairs, weight_of
from fingerprints.photo_print import Geometry, Packed, geometry_of
from fingerprints.point_meetings import Meetings

CANDIDATES = 8
"""Photos that are aligned, those with the most votes."""
LEAST_VOTES = 1.2
"""Fewer are chance: two points that agree well, and a third that nearly does."""
TURN_BINS = 8
OCTAVE_BINS = 16
POINTS_A_SLOT = 256

Numbers = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A held photo worth aligning, by the slot it lies in, its meetings, and whether they say it is mirrored."""

    slot: int
    pairs: Pairs
    mirrored: bool


def numbers_of(slot: int, points: int) -> Numbers:
    """What the points of a slot's photo are called in the index."""
    return (np.uint32(slot * POINTS_A_SLOT) + np.arange(points, dtype=np.uint32)).astype(np.uint32)


def candidates(query: Geometry, met: Meetings, held: Packed) -> list[Candidate]:
    """The photos whose meetings agree best, best first. `held`: slots x points, the rows of all held points."""
    votes = _Votes.of(met)
    if not len(votes.run):
        return []
    at, number = votes.query, votes.number
    theirs = geometry_of(held[number // POINTS_A_SLOT, number % POINTS_A_SLOT])
    weight = weight_of(votes.different)
    flip = query.mirrored[at] != theirs.mirrored
    angle = query.angle[at]
    turn = (np.where(flip, np.float32(np.pi) - angle, angle) - theirs.angle) / np.float32(2 * np.pi)
    octave = query.octave[at] - theirs.octave
    slots = len(votes.starts)
    best = np.zeros((slots, 2))
    # Two grids, shifted by half a bin: what one of them cuts in two lies whole in the other.
    for shifted in (0.0, 0.5):
        turn_bin = np.floor(turn * TURN_BINS + shifted).astype(np.intp) % TURN_BINS
        octave_bin = np.floor(octave + shifted).astype(np.intp) + OCTAVE_BINS // 2
        key = ((votes.run * 2 + flip) * TURN_BINS + turn_bin) * OCTAVE_BINS
        key += np.clip(octave_bin, 0, OCTAVE_BINS - 1)
        bins = np.bincount(key, weight, minlength=slots * 2 * TURN_BINS * OCTAVE_BINS)
        np.maximum(best, bins.reshape(slots, 2, -1).max(axis=2), out=best)
    total = best.max(axis=1)
    ranked = np.argsort(-total, kind="stable")[:CANDIDATES]
    return [
        votes.candidate(one, mirrored=bool(best[one, 1] > best[one, 0]))
        for one in ranked.tolist()
        if total[one] >= LEAST_VOTES
    ]


@dataclass(frozen=True, slots=True)
class _Votes:
    """Meetings with slots that are met at least `FEWEST` times, slot by slot. `run`: the place of each one's
    slot among them; `starts`: where each slot's begin, `counts`: how many they are."""

    query: npt.NDArray[np.intp]
    number: Numbers
    different: npt.NDArray[np.uint8]
    run: npt.NDArray[np.intp]
    starts: npt.NDArray[np.intp]
    counts: npt.NDArray[np.intp]

    @classmethod
    def of(cls, met: Meetings) -> "_Votes":
        """Of all meetings."""
        order = np.argsort(met.number, kind="stable")
        slots = met.number.take(order) // POINTS_A_SLOT
        ends = np.append(np.flatnonzero(slots[1:] != slots[:-1]) + 1, len(slots))
        counts = np.diff(ends, prepend=0)
        often = counts >= FEWEST
        kept = order[np.repeat(often, counts)]
        counts = counts[often]
        run = np.repeat(np.arange(len(counts)), counts)
        starts = np.cumsum(counts) - counts
        return cls(met.query.take(kept), met.number.take(kept), met.different.take(kept), run, starts, counts)

    def candidate(self, one: int, *, mirrored: bool) -> Candidate:
        """The slot at this place among all."""
        its = slice(self.starts[one], self.starts[one] + self.counts[one])
        point = (self.number[its] % POINTS_A_SLOT).astype(np.intp)
        slot = int(self.number[self.starts[one]]) // POINTS_A_SLOT
        return Candidate(slot, Pairs(self.query[its], point, self.different[its]), mirrored)
