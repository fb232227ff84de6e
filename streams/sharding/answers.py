"""What a shard tells the one that gathers: how far it is, and what it found of listings that may be alerts.

Topic `shard-answers`. A record is about one partition of `fingerprints` and lies on the partition of the same number,
so that each shard's answers about it are in order: what says `to` 500 comes after all that the shard had to say of
what lies before 500. Most listings resemble no takedown and are in no answer.
"""

import math
from typing import Any

import numpy as np
from msgspec import Struct

from connectors.evidence import ContactKind
from fingerprints.photo_align import Alignment
from fingerprints.photo_compare import Agreement
from fingerprints.photo_match import PhotoMatch, Tier
from fingerprints.photo_print import PhotoPrint
from streams.engine.resemblance import ContactMeeting, Found, FoundPhoto, PhotoMeeting, TextMeeting
from streams.records import TakedownFingerprint


class ShardAlignment(Struct, frozen=True):
    """How a takedown's photo lies in the listing's (`fingerprints.photo_align.Alignment`)."""

    matrix: tuple[tuple[float, float, float], tuple[float, float, float]]
    inliers: int
    error: float


class ShardAgreement(Struct, frozen=True):
    """How much of it is seen there (`fingerprints.photo_compare.Agreement`)."""

    mean: float
    quarter: float
    middle_inliers: int
    seen: float
    covered: float
    contrast: float
    brightness: float


class ShardMeeting(Struct, frozen=True, omit_defaults=True):
    """A photo of a takedown that the listing's resembles. `item`: its place among the takedown's photos that have a
    fingerprint; `settled`: the hash alone says that it is the same; `size`: width and height in pixels."""

    takedown_id: str
    takedown_image: int
    item: int
    size: tuple[int, int]
    distance: int | None = None
    nearer_mirrored: bool = False
    settled: bool = False
    log_odds: float | None = None
    alignment: ShardAlignment | None = None
    agreement: ShardAgreement | None = None


class ShardPhoto(Struct, frozen=True, omit_defaults=True):
    """What the search for the listing's photo number `image` found. `explained`: the best takedown's photo once more,
    with how it lies on the listing's, where the hash had settled it before that was looked at."""

    image: int
    tier: Tier
    meetings: tuple[ShardMeeting, ...] = ()
    explained: ShardMeeting | None = None


class ShardText(Struct, frozen=True):
    """A title or description of a takedown that the listing's resembles."""

    takedown_id: str
    similarity: float
    weight: float


class ShardContact(Struct, frozen=True):
    """A contact that a takedown and the listing tell; `accounts` of all takedowns tell it."""

    takedown_id: str
    contact: ContactKind
    value: str
    accounts: int


class ShardMatch(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a shard found for the listing at this offset of `fingerprints`. `takedowns`: those that it may be a relist
    of; `down`: those of this very listing."""

    offset: int
    takedowns: tuple[TakedownFingerprint, ...] = ()
    down: tuple[TakedownFingerprint, ...] = ()
    titles: tuple[ShardText, ...] = ()
    photos: tuple[ShardPhoto, ...] = ()
    contacts: tuple[ShardContact, ...] = ()
    descriptions: tuple[ShardText, ...] = ()


class ShardAnswer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Shard `shard` of `of` has looked at all listings of this partition of `fingerprints` before the offset `to`;
    `matches` is what it found from `first` on. Topic `shard-answers`."""

    shard: int
    of: int
    partition: int
    first: int
    to: int
    matches: tuple[ShardMatch, ...] = ()


def told_meeting(takedown_id: str, meeting: PhotoMeeting, size: tuple[int, int]) -> ShardMeeting:
    """The meeting as a record."""
    match = meeting.match
    settled = match.log_odds == math.inf
    return ShardMeeting(
        takedown_id=takedown_id,
        takedown_image=meeting.takedown_image,
        item=match.item,
        size=size,
        distance=None if match.distance is None else int(match.distance),
        nearer_mirrored=bool(match.nearer_mirrored),
        settled=settled,
        # JSON has no infinity; without pixels to compare there are no odds.
        log_odds=float(match.log_odds) if math.isfinite(match.log_odds) else None,
        alignment=None if match.alignment is None else _told_alignment(match.alignment),
        agreement=None if match.agreement is None else _told_agreement(match.agreement),
    )


def meeting_of(told: ShardMeeting, image: int, photo: PhotoPrint) -> PhotoMeeting:
    """The meeting again; `photo` is the listing's, number `image`."""
    odds = math.inf if told.settled else -math.inf if told.log_odds is None else told.log_odds
    match = PhotoMatch(
        owner=told.takedown_id,
        item=told.item,
        distance=told.distance,
        nearer_mirrored=told.nearer_mirrored,
        alignment=None if told.alignment is None else _alignment(told.alignment),
        agreement=None if told.agreement is None else Agreement(**_fields(told.agreement)),
        log_odds=odds,
    )
    return PhotoMeeting(image, told.takedown_image, photo, match)


def told_texts(found: tuple[tuple[str, TextMeeting], ...]) -> tuple[ShardText, ...]:
    """Titles or descriptions as records."""
    return tuple(ShardText(owner, float(one.similarity), float(one.weight)) for owner, one in found)


def told_contacts(found: tuple[tuple[str, ContactMeeting], ...]) -> tuple[ShardContact, ...]:
    """Contacts as records."""
    return tuple(ShardContact(owner, one.kind, one.value, one.accounts) for owner, one in found)


def found_of(told: ShardMatch, photos: dict[int, PhotoPrint]) -> Found:
    """What the shard found; `photos` are the listing's by their number. What it says of others is left out."""
    return Found(
        titles=_texts(told.titles),
        photos=tuple(
            FoundPhoto(
                one.image,
                one.tier,
                tuple(
                    (met.takedown_id, meeting_of(met, one.image, photos[one.image])) for met in one.meetings
                ),
            )
            for one in told.photos
            if one.image in photos
        ),
        contacts=tuple(
            (one.takedown_id, ContactMeeting(one.contact, one.value, one.accounts)) for one in told.contacts
        ),
        descriptions=_texts(told.descriptions),
    )


def _texts(told: tuple[ShardText, ...]) -> tuple[tuple[str, TextMeeting], ...]:
    return tuple((one.takedown_id, TextMeeting(one.similarity, one.weight)) for one in told)


def _told_alignment(alignment: Alignment) -> ShardAlignment:
    first, second = (tuple(float(value) for value in row) for row in alignment.matrix)
    return ShardAlignment(
        matrix=((first[0], first[1], first[2]), (second[0], second[1], second[2])),
        inliers=int(alignment.inliers),
        error=float(alignment.error),
    )


def _alignment(told: ShardAlignment) -> Alignment:
    # Where the agreeing points lie was asked for when the pixels were compared.
    return Alignment(np.array(told.matrix), told.inliers, told.error, np.zeros(0, np.complex128))


def _told_agreement(one: Agreement) -> ShardAgreement:
    return ShardAgreement(
        mean=float(one.mean),
        quarter=float(one.quarter),
        middle_inliers=int(one.middle_inliers),
        seen=float(one.seen),
        covered=float(one.covered),
        contrast=float(one.contrast),
        brightness=float(one.brightness),
    )


def _fields(told: ShardAgreement) -> dict[str, Any]:
    return {name: getattr(told, name) for name in told.__struct_fields__}
