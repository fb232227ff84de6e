"""From a request and what is known of its listing to a takedown; and when to try again. Pure."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from connectors.events import Image, ListingEvent, Takedown, TakenDownListing
from connectors.takedown_requests import TakedownRequest
from connectors.takedown_status import CHANGES_KEPT, How, Reason, StatusChange, TakedownStatus
from streams.engine.pipeline import photo_digests
from streams.records import ListingFingerprint, Prints
from streams.settings import Resolve

_LISTING_FIELDS = tuple(TakenDownListing.__struct_fields__)


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """The listing that a request means, and the fingerprints made when it was seen, if there are any."""

    listing: TakenDownListing
    how: How
    via: str | None = None
    prints: Prints | None = None


class Unresolved(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no listing. `soon`: seconds until it is worth a look, in place of the usual pause."""

    reason: Reason
    detail: str | None = None
    soon: float | None = None


Outcome = Resolved | Unresolved


def takedown_id_of(marketplace: str, listing_id: str) -> str:
    """The takedown of a listing, whoever asks for it and how often: `td-` and 128 bits in hex."""
    return f"td-{hashlib.sha256(f'{marketplace}:{listing_id}'.encode()).hexdigest()[:32]}"


def seen(event: ListingEvent | None, fingerprint: ListingFingerprint | None) -> Resolved | None:
    """The listing from its newest event with content and its fingerprint; None where neither is there any more.

    Where the two are of different versions, the later one alone counts: a photo's number in the one is no photo's
    number in the other.
    """
    if event is not None and fingerprint is not None and event.event_id != fingerprint.event_id:
        if event.observed_at >= fingerprint.observed_at:
            fingerprint = None
        else:
            event = None
    prints = fingerprint.prints if fingerprint is not None else None
    if event is not None:
        return Resolved(listing=_from_event(event, prints), how="seen", prints=_worth_carrying(event, prints))
    if fingerprint is not None:
        listing, prints = _from_fingerprint(fingerprint)
        return Resolved(listing=listing, how="seen", prints=prints)
    return None


def fetched(event: ListingEvent, via: str) -> Resolved:
    """The listing as its marketplace tells it now."""
    return Resolved(listing=_from_event(event, None), how="connector", via=via)


def takedown_of(request: TakedownRequest, listing: TakenDownListing) -> Takedown:
    """The takedown. It counts from when the request was received: the listing seen later is still up."""
    return Takedown(
        takedown_id=takedown_id_of(listing.marketplace, listing.listing_id),
        listing=listing,
        reason=request.reason,
        authority=request.authority,
        source=request.source,
        taken_down_at=request.received_at,
    )


def next_try(settings: Resolve, received_at: datetime, attempts: int, now: datetime) -> datetime | None:
    """When to try for the next time after so many attempts: doubling pauses; None once the days are over."""
    if now - received_at >= timedelta(days=settings.give_up_days):
        return None
    longest = settings.longest_retry_hours * 60
    minutes = min(settings.first_retry_minutes * 2.0 ** min(attempts - 1, 30), longest)
    return now + timedelta(minutes=minutes)


def published(
    before: TakedownStatus, resolved: Resolved, takedown_id: str, now: datetime, photos_kept: int
) -> TakedownStatus:
    """The status once its takedown is on Kafka."""
    how = f"{resolved.how} {resolved.via}" if resolved.via else resolved.how
    return replace(
        before,
        state="published",
        takedown_id=takedown_id,
        how=resolved.how,
        via=resolved.via,
        photos_kept=photos_kept,
        reason=None,
        detail=None,
        attempts=before.attempts + 1,
        tried_at=now,
        next_try_at=None,
        changes=_and(before, StatusChange(at=now, state="resolved", detail=how),
                     StatusChange(at=now, state="published", detail=takedown_id)),
    )  # fmt: skip


def unresolved(
    before: TakedownStatus, why: Unresolved, settings: Resolve, now: datetime, *, for_good: bool = False
) -> TakedownStatus:
    """The status after a try that found nothing. A pause for the fingerprint is no attempt."""
    attempts = before.attempts + (why.soon is None)
    if for_good:
        again = None
    elif why.soon is not None:
        again = now + timedelta(seconds=why.soon)
    else:
        again = next_try(settings, before.request.received_at, attempts, now)
    same = before.state == "unresolved" and before.reason == why.reason
    changes = before.changes if same else _and(before, _change_of(why, now))
    return replace(
        before,
        state="unresolved",
        reason=why.reason,
        detail=why.detail,
        attempts=attempts,
        tried_at=now,
        next_try_at=again,
        changes=changes,
    )


def withdrawn(before: TakedownStatus, takedown_id: str, now: datetime) -> TakedownStatus:
    """The status of a request whose takedown was withdrawn after it was received."""
    change = StatusChange(at=now, state="withdrawn", detail="its takedown was withdrawn after the request")
    return replace(
        before, state="withdrawn", takedown_id=takedown_id, tried_at=now, next_try_at=None, changes=_and(before, change)
    )  # fmt: skip


def received(request: TakedownRequest, partition: int) -> TakedownStatus:
    """The status of a request that nobody has looked at."""
    return TakedownStatus(
        request_id=request.request_id,
        request=request,
        partition=partition,
        state="received",
        tried_at=request.received_at,
        changes=(StatusChange(at=request.received_at, state="received", detail=request.by),),
    )


def _change_of(why: Unresolved, now: datetime) -> StatusChange:
    detail = f"{why.reason}: {why.detail}" if why.detail else why.reason
    return StatusChange(at=now, state="unresolved", detail=detail)


def _and(before: TakedownStatus, *more: StatusChange) -> tuple[StatusChange, ...]:
    changes = (*before.changes, *more)
    if len(changes) <= CHANGES_KEPT:
        return changes
    return (changes[0], *changes[-(CHANGES_KEPT - 1) :])


def _from_event(event: ListingEvent, prints: Prints | None) -> TakenDownListing:
    fields: dict[str, Any] = {name: getattr(event, name) for name in _LISTING_FIELDS}
    fields["images"] = _with_digests(event.images, prints)
    return TakenDownListing(**fields)


def _with_digests(images: Sequence[Image], prints: Prints | None) -> tuple[Image, ...]:
    """The images, each with its photo's digest where the photo store has it."""
    digests = {each.image: each.sha256 for each in photo_digests(prints)} if prints else {}
    return tuple(
        replace(image, sha256=digest) if (digest := digests.get(number)) else image
        for number, image in enumerate(images)
    )


def _worth_carrying(event: ListingEvent, prints: Prints | None) -> Prints | None:
    """Photos that are in the record itself are never gone."""
    return None if event.images and all(image.data is not None for image in event.images) else prints


def _from_fingerprint(fingerprint: ListingFingerprint) -> tuple[TakenDownListing, Prints]:
    """The listing, and its fingerprints with the photos numbered as the listing has them: their addresses are not
    known any more, only the digests under which the photo store keeps them."""
    shown, prints = fingerprint.listing, fingerprint.prints
    images: tuple[Image, ...] = ()
    digests = [photo.sha256 for photo in prints.photos]
    if digests and all(digests):
        images = tuple(Image(sha256=digest) for digest in digests)
        photos = tuple(replace(photo, image=number) for number, photo in enumerate(prints.photos))
        prints = replace(prints, photos=photos, failures=())
    listing = TakenDownListing(
        marketplace=shown.marketplace,
        listing_id=shown.listing_id,
        title=shown.title,
        seller_id=shown.seller_id,
        url=shown.url,
        price=prints.price,
        category=prints.category,
        condition=prints.condition,
        images=images,
        event_id=fingerprint.event_id,
        type=fingerprint.type,
        observed_at=fingerprint.observed_at,
    )
    return listing, prints
