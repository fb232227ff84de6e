"""What two photos that resemble each other say, in the words of the alerts and seller-links topics. Pure."""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
from msgspec import UNSET, UnsetType

from connectors.evidence import PhotoEvidence
from connectors.seller_links import LinkedSeller, SellerLink
from fingerprints.photo_align import relative_transform
from fingerprints.photo_edits import name_edits
from fingerprints.photo_print import decode_thumbnail
from streams.records import ListingFingerprint
from streams.takedown_bank import PhotoMeeting, Resembling, TakedownBank


def photo_evidence(bank: TakedownBank, meeting: PhotoMeeting, weight: float) -> PhotoEvidence:
    """What two photos have in common, and what was done to the one to make the other."""
    match = meeting.match
    edits: tuple[str, ...] = ()
    inliers: int | UnsetType = UNSET
    transform: tuple[tuple[float, ...], ...] | UnsetType = UNSET
    if match.alignment is not None:
        size, held_size = (meeting.print.width, meeting.print.height), bank.photos.size_of(match)
        thumbnail = decode_thumbnail(meeting.print.thumbnail)
        edits = name_edits(match.alignment, match.agreement, size, held_size, thumbnail)
        inliers = match.alignment.inliers
        transform = _rows(relative_transform(match.alignment.matrix, size, held_size))
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


def seller_links(
    listing: ListingFingerprint, bank: TakedownBank, resembling: Resembling
) -> tuple[SellerLink, ...]:
    """Other accounts whose photos show the same backdrop as the listing's: for each the best pair of photos."""
    best: dict[str, SellerLink] = {}
    keep_strongest(best, _links(listing, bank, resembling))
    return tuple(best.values())


def keep_strongest(best: dict[str, SellerLink], links: Iterable[SellerLink]) -> None:
    """Put each link under its key into `best`, unless the one that is there is as strong."""
    for link in links:
        if link.key not in best or best[link.key].strength < link.strength:
            best[link.key] = link


def _links(listing: ListingFingerprint, bank: TakedownBank, resembling: Resembling) -> Iterator[SellerLink]:
    if listing.listing.seller_id is None:
        return
    for takedown_id, meeting in resembling.backdrops:
        takedown, alignment = bank.takedowns[takedown_id].takedown, meeting.match.alignment
        if takedown.seller_id is None or alignment is None:
            continue
        mine = LinkedSeller(
            marketplace=listing.listing.marketplace,
            seller_id=listing.listing.seller_id,
            listing_id=listing.listing.listing_id,
            image=meeting.listing_image,
        )
        theirs = LinkedSeller(
            marketplace=takedown.marketplace,
            seller_id=takedown.seller_id,
            listing_id=takedown.listing_id,
            image=meeting.takedown_image,
        )
        if mine.key == theirs.key:
            continue
        size, held_size = (meeting.print.width, meeting.print.height), bank.photos.size_of(meeting.match)
        transform = relative_transform(alignment.matrix, size, held_size)
        yield SellerLink(
            sellers=(mine, theirs) if mine.key < theirs.key else (theirs, mine),
            reason="same backdrop",
            strength=alignment.inliers,
            inliers=alignment.inliers,
            transform=_rows(np.linalg.inv(transform) if mine.key < theirs.key else transform),
            takedown_id=takedown_id,
            seen_at=listing.observed_at,
        )


def _rows(matrix: npt.NDArray[np.floating]) -> tuple[tuple[float, ...], ...]:
    """Six digits: a millionth of a photo's side is far below a pixel."""
    return tuple(tuple(round(float(value), 6) for value in row) for row in matrix)
