"""Accounts that seem to be one seller's: they tell buyers the same contact, show the same backdrop, or the same
photos. Pure."""

from collections.abc import Iterable, Iterator

import numpy as np
from msgspec import UNSET, UnsetType

from connectors.events import AlertListing
from connectors.seller_links import LinkedSeller, SellerLink
from fingerprints.photo_align import relative_transform
from streams.engine.photo_evidence import rows
from streams.engine.resemblance import PhotoMeeting, Resembling
from streams.engine.takedown_bank import TakedownBank
from streams.records import ListingFingerprint


def seller_links(
    listing: ListingFingerprint, bank: TakedownBank, resembling: Resembling
) -> tuple[SellerLink, ...]:
    """The links of the listing's account with those of the takedowns: for each and each reason the strongest."""
    best: dict[str, SellerLink] = {}
    keep_strongest(best, _by_backdrop(listing, bank, resembling))
    keep_strongest(best, _by_photos(listing, bank, resembling))
    keep_strongest(best, _by_contacts(listing, bank, resembling))
    return tuple(best.values())


def keep_strongest(best: dict[str, SellerLink], links: Iterable[SellerLink]) -> None:
    """Put each link under its key into `best`, unless the one that is there is as strong."""
    for link in links:
        if link.key not in best or best[link.key].strength < link.strength:
            best[link.key] = link


def _by_backdrop(
    listing: ListingFingerprint, bank: TakedownBank, resembling: Resembling
) -> Iterator[SellerLink]:
    for takedown_id, meeting in resembling.photos:
        pair = _accounts(listing.listing, bank.takedowns[takedown_id].takedown, meeting)
        alignment = meeting.match.alignment
        if pair is None or alignment is None or not meeting.match.same_backdrop:
            continue
        yield SellerLink(
            sellers=pair,
            reason="same backdrop",
            strength=float(alignment.inliers),
            inliers=alignment.inliers,
            transform=_transform(listing, bank, meeting, pair),
            takedown_id=takedown_id,
            seen_at=listing.observed_at,
        )


def _by_photos(
    listing: ListingFingerprint, bank: TakedownBank, resembling: Resembling
) -> Iterator[SellerLink]:
    """One link for each other account, with the photo that is most surely the same."""
    shared: dict[str, list[tuple[str, PhotoMeeting]]] = {}
    for takedown_id, meeting in resembling.photos:
        takedown = bank.takedowns[takedown_id].takedown
        if meeting.match.same_photo and _accounts(listing.listing, takedown):
            shared.setdefault(takedown.account, []).append((takedown_id, meeting))
    for met in shared.values():
        takedown_id, surest = min(met, key=lambda each: each[1].match.rank)
        pair = _accounts(listing.listing, bank.takedowns[takedown_id].takedown, surest)
        assert pair is not None  # noqa: S101  or it would not be among the shared
        shown = ((each.listing_image, (owner, each.takedown_image)) for owner, each in met)
        alignment = surest.match.alignment
        yield SellerLink(
            sellers=pair,
            reason="same photos",
            strength=float(different_photos(shown)),
            inliers=UNSET if alignment is None else alignment.inliers,
            transform=_transform(listing, bank, surest, pair),
            takedown_id=takedown_id,
            seen_at=listing.observed_at,
        )


def different_photos(meetings: Iterable[tuple[int, tuple[str, int]]]) -> int:
    """How many different photos two accounts share, from those that meet: the one's image, and the other's
    takedown and image. What meets is one photo, also over others: of one that was taken down five times, or
    stands in the listing twice, there is still only one."""
    groups: list[tuple[set[int], set[tuple[str, int]]]] = []
    for image, taken_down in meetings:
        mine, theirs = {image}, {taken_down}
        apart = []
        for group in groups:
            if image in group[0] or taken_down in group[1]:
                mine |= group[0]
                theirs |= group[1]
            else:
                apart.append(group)
        groups = [*apart, (mine, theirs)]
    return len(groups)


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
            strength=1 / met.contact.accounts,
            contact=met.contact.kind,
            value=met.contact.value,
            takedown_id=takedown_id,
            seen_at=listing.observed_at,
        )


def _accounts(
    listing: AlertListing, takedown: AlertListing, meeting: PhotoMeeting | None = None
) -> tuple[LinkedSeller, LinkedSeller] | None:
    """Both accounts in the order of their keys; None where one is unknown or they are the same."""
    images = (meeting.listing_image, meeting.takedown_image) if meeting else (None, None)
    sellers = [
        LinkedSeller(
            marketplace=each.marketplace, seller_id=each.seller_id, listing_id=each.listing_id, image=image
        )
        for each, image in zip((listing, takedown), images, strict=True)
        if each.seller_id is not None
    ]
    if len(sellers) < 2 or sellers[0].key == sellers[1].key:
        return None
    first, second = sorted(sellers, key=lambda seller: seller.key)
    return first, second


def _transform(
    listing: ListingFingerprint,
    bank: TakedownBank,
    meeting: PhotoMeeting,
    pair: tuple[LinkedSeller, LinkedSeller],
) -> tuple[tuple[float, ...], ...] | UnsetType:
    """From the first account's photo to the second's; UNSET where the hash settled it."""
    if meeting.match.alignment is None:
        return UNSET
    size, held_size = (meeting.print.width, meeting.print.height), bank.photos.size_of(meeting.match)
    # This one is from the takedown's photo to the listing's.
    transform = relative_transform(meeting.match.alignment.matrix, size, held_size)
    listing_is_first = pair[0].key == listing.listing.account
    return rows(np.linalg.inv(transform) if listing_is_first else transform)
