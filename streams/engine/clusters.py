"""Takedowns that are relists of each other: for an analyst they are one, and a listing is one alert for them.

Found among the takedowns that one listing resembles enough: two belong together when both are the same listing's,
when the same part of one of the listing's photos is a photo of both, or when their own texts say so.
"""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from fingerprints.decision import decide
from streams.engine.known_takedowns import KnownTakedowns
from streams.engine.resemblance import PhotoMeeting, Resemblance
from streams.engine.rules import Rules
from streams.engine.scoring import Score, likeness_of

SAME_PART = 0.5
"""Share of the smaller of two areas of a photo that the other covers, from which they show the same: panels of a
collage touch, they do not overlap."""
MOST_COMPARED = 20
"""Takedowns compared with each other, the most probable: with fewer than this a listing's are complete."""


def cluster_of_best(scores: Sequence[Score], bank: KnownTakedowns, rules: Rules) -> tuple[str, ...]:
    """The ids of the takedowns that are one with the first of `scores`, itself among them, sorted."""
    compared = scores[:MOST_COMPARED]
    inside, waiting = [], [compared[0]]
    others = list(compared[1:])
    while waiting:
        one = waiting.pop()
        inside.append(one.takedown_id)
        joined = [other for other in others if _are_one(one, other, bank, rules)]
        waiting += joined
        others = [other for other in others if other not in joined]
    return tuple(sorted(inside))


def _are_one(one: Score, other: Score, bank: KnownTakedowns, rules: Rules) -> bool:
    if one.takedown.takedown.key == other.takedown.takedown.key:
        return True
    ours, theirs = one.resemblance.photo, other.resemblance.photo
    if ours and theirs and _show_the_same(ours, theirs, bank):
        return True
    met = Resemblance(title=bank.compare_titles(one.takedown.prints.title, other.takedown.prints.title))
    likeness = likeness_of(one.takedown.takedown, one.takedown.prints, other.takedown, met)
    return decide(likeness, rules.policy).probability >= rules.threshold


def _show_the_same(ours: PhotoMeeting, theirs: PhotoMeeting, bank: KnownTakedowns) -> bool:
    if not (ours.match.same_photo and theirs.match.same_photo and ours.listing_image == theirs.listing_image):
        return False
    one, other = _area_in_listing(ours, bank), _area_in_listing(theirs, bank)
    covered, _ = cv2.intersectConvexConvex(one, other)
    return covered >= SAME_PART * min(cv2.contourArea(one), cv2.contourArea(other))


def _area_in_listing(meeting: PhotoMeeting, bank: KnownTakedowns) -> npt.NDArray[np.float32]:
    """The corners (4 x 2) of where the takedown's photo lies in the listing's, cut off at its edges, in the
    listing photo's longer sides; all of it where the hash settled it."""
    width, height = np.array([meeting.print.width, meeting.print.height]) / max(
        meeting.print.width, meeting.print.height
    )
    whole = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float32)
    alignment = meeting.match.alignment
    if alignment is None:
        return whole
    held = np.array(bank.size_of(meeting.match), dtype=np.float64)
    held /= held.max()
    corners = np.array([(0, 0), (held[0], 0), (held[0], held[1]), (0, held[1])])
    placed = (corners @ alignment.matrix[:, :2].T + alignment.matrix[:, 2]).astype(np.float32)
    covered, shape = cv2.intersectConvexConvex(whole, placed)
    return shape.reshape(-1, 2).astype(np.float32) if covered > 0 else placed
