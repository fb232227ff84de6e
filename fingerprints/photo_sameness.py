"""From what two aligned photos share to the log-odds that they are the same photo.

A logistic regression over five figures, fitted on half of the senders of real photos (their edited photos
against other photos of theirs that share a backdrop), and on drawn photos of shops whose camera never moves,
and checked on the other half: docs/decisions/008.
"""

import math

from fingerprints.photo_align import Alignment
from fingerprints.photo_compare import Agreement

INLIERS, ERROR, MEAN, QUARTER, MIDDLE_INLIERS = 0.88, -2.92, 6.6, 3.88, 1.41
"""Nats for each: natural logarithm of the agreeing points; of their error; mean and lower
quartile of the blocks' correlation; logarithm of one and the agreeing points in the middle."""
START = -30.6
"""The fit's own constant is 1.5 higher; that is kept back against backdrops that were not seen yet."""
LEAST_ERROR = 0.003
"""Longer sides of the held photo. A smaller error counts as this much: a camera on a tripod gives every photo
of a shop the same backdrop to a fraction of a pixel."""
UNSEEN = Agreement(mean=0.6, quarter=0.4, middle_inliers=0, seen=0, covered=0, contrast=1, brightness=0)
"""What is assumed where no texture can be compared: what the worst twentieth of true copies show."""
LEAST_BACKDROP = 12
"""Agreeing points from which another photo shows the same backdrop: of 203 such pairs among 1,212 held photos
of 136 senders and 2,270 others, all were of one sender; of those with 10, 99.6%; with 8, 99.1%."""


def same_photo_log_odds(alignment: Alignment, agreement: Agreement | None) -> float:
    """Nats; above 0 the two are taken for the same photo."""
    seen = UNSEEN if agreement is None else agreement
    return (
        START
        + INLIERS * math.log(alignment.inliers)
        + ERROR * math.log(max(alignment.error, LEAST_ERROR))
        + MEAN * seen.mean
        + QUARTER * seen.quarter
        + MIDDLE_INLIERS * math.log1p(seen.middle_inliers)
    )
