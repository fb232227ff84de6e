"""What two photos that resemble each other say, in the words of the alerts topic. Pure."""

import numpy as np
import numpy.typing as npt
from msgspec import UNSET, UnsetType

from connectors.evidence import PhotoEvidence
from fingerprints.photo_align import relative_transform
from fingerprints.photo_edits import name_edits
from fingerprints.photo_print import decode_thumbnail
from streams.engine.known_takedowns import KnownTakedowns
from streams.engine.resemblance import PhotoMeeting


def photo_evidence(bank: KnownTakedowns, meeting: PhotoMeeting, weight: float) -> PhotoEvidence:
    """What two photos have in common, and what was done to the one to make the other."""
    match = meeting.match
    edits: tuple[str, ...] = ()
    inliers: int | UnsetType = UNSET
    transform: tuple[tuple[float, ...], ...] | UnsetType = UNSET
    if match.alignment is not None:
        size, held_size = (meeting.print.width, meeting.print.height), bank.size_of(match)
        thumbnail = decode_thumbnail(meeting.print.thumbnail)
        edits = name_edits(match.alignment, match.agreement, size, held_size, thumbnail)
        inliers = match.alignment.inliers
        transform = rows(relative_transform(match.alignment.matrix, size, held_size))
    elif match.distance is not None and match.nearer_mirrored:
        edits = ("mirrored",)
    return PhotoEvidence(
        listing_image=meeting.listing_image,
        takedown_image=meeting.takedown_image,
        relation="same backdrop" if match.same_backdrop else "same photo",
        edits=edits,
        distance=UNSET if match.distance is None else match.distance,
        inliers=inliers,
        transform=transform,
        weight=round(weight, 3),
    )


def rows(matrix: npt.NDArray[np.floating]) -> tuple[tuple[float, ...], ...]:
    """The matrix as records carry it. Six digits: a millionth of a photo's side is far below a pixel."""
    return tuple(tuple(round(float(value), 6) for value in row) for row in matrix)
