"""Accounts that seem to be one seller's: they tell buyers the same contact, show the same backdrop, or the same
photos. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np
from msgspec import UNSET, UnsetType

from connectors.events import AlertListing
from connectors.seller_links import LinkedSeller, SellerLink
from fingerprints.photo_align import relative_transform
from streams.photo_evidence import rows
from streams.records import ListingFingerprint
from streams.takedown_bank import PhotoMeeting, Resembling, TakedownBank


def seller_links(
    listing: ListingFingerprint, bank: TakedownBank, resembling: Resembling
) -> tuple[SellerLink, ...]:
    """The links of the listing's account with those of the takedowns: for each and each reason the strongest."""
    best: dict[str, SellerLink] = {}
    keep_strongest(best, _by_photos(listing, bank, resembling))
    keep_strongest(best, _by_contacts(listing, bank, resembling))
    return tuple(best.values())


def keep_strongest(best: dict[str, SellerLink], links: Iterable[SellerLink]) -> None:
    """Put each link under its key into `best`, unless the one that is there is as strong."""
    for link in links:
        if link.key not in best or best[link.key].strength < link.strength:
            best[link.key] = link


def _by_photos(
    listing: ListingFingerprint, bank: TakedownBank, resembling: Resembling
) -> Iterator[SellerLink]:
    shared: Counter[str] = Counter()
    for takedown_id, meeting in resembling.photos:
        match = meeting.match
        if not (match.same_photo or match.same_backdrop):
            continue
        takedown = bank.takedowns[takedown_id].takedown
        pair = _accounts(listing.listing, takedown, meeting.listing_image, meeting.takedown_image)
        if pair is None:
            continue
        shared[takedown.seller_id or ""] += match.same_photo
        inliers = UNSET if match.alignment is None else match.alignment.inliers
        yield SellerLink(
            sellers=pair,
            reason="same photos" if match.same_photo else "same backdrop",
            strength=shared[takedown.seller_id or ""] if match.same_photo else float(inliers or 0),
            inliers=inliers,
            transform=_transform(bank, meeting, inverted=pair[0].key == _account_key(listing.listing)),
            takedown_id=takedown_id,
            seen_at=listing.observed_at,
        )


def _by_contacts(
    listing: ListingFingerprint, bank: TakedownBank, resembling: Resembling
) -> Iterator[SellerLink]:
    for takedown_id, met in resembling.takedowns.items():
        pair = _accounts(listing.listing, bank.takedowns[takedown_id].takedown)
        if met.contact is None or pair is None:
            continue
        yield SellerLink(
            sellers=pair,
            reason="same contact",
            strength=round(1 / met.contact.accounts, 4),
            contact=met.contact.kind,
            value=met.contact.value,
            takedown_id=takedown_id,
            seen_at=listing.observed_at,
        )


def _accounts(
    listing: AlertListing, takedown: AlertListing, *images: int
) -> tuple[LinkedSeller, LinkedSeller] | None:
    """Both accounts in the order of their keys; None where one is unknown or they are the same."""
    sellers = [
        LinkedSeller(
            marketplace=each.marketplace, seller_id=each.seller_id, listing_id=each.listing_id, image=image
        )
        for each, image in zip((listing, takedown), images or (None, None), strict=True)
        if each.seller_id is not None
    ]
    if len(sellers) < 2 or sellers[0].key == sellers[1].key:
        return None
    first, second = sorted(sellers, key=lambda seller: seller.key)
    return first, second


def _account_key(listing: AlertListing) -> str:
    return f"{listing.marketplace}:{listing.seller_id}"


def _transform(
    bank: TakedownBank, meeting: PhotoMeeting, *, inverted: bool
) -> tuple[tuple[float, ...], ...] | UnsetType:
    """From the takedown's photo to the listing's, or the other way round; UNSET where the hash settled it."""
    if meeting.match.alignment is None:
        return UNSET
    size, held_size = (meeting.print.width, meeting.print.height), bank.photos.size_of(meeting.match)
    transform = relative_transform(meeting.match.alignment.matrix, size, held_size)
    return rows(np.linalg.inv(transform) if inverted else transform)
