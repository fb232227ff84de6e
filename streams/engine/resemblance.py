"""Where a listing and the takedowns meet: for each kind of fingerprint what is alike, before it is weighed."""

from collections import Counter
from dataclasses import dataclass, field

from connectors.evidence import ContactKind
from fingerprints.photo_match import PhotoMatch, Tier
from fingerprints.photo_print import PhotoPrint


@dataclass(frozen=True, slots=True)
class PhotoMeeting:
    """A photo of a listing that resembles one of a takedown; `listing_image` and `takedown_image` count from 0
    among all their images."""

    listing_image: int
    takedown_image: int
    print: PhotoPrint
    match: PhotoMatch


@dataclass(frozen=True, slots=True)
class TextMeeting:
    """Two titles or descriptions that resemble each other: how much, 0 to 1, and what it weighs in nats."""

    similarity: float
    weight: float


@dataclass(frozen=True, slots=True)
class ContactMeeting:
    """A contact that both tell buyers, normalised; `accounts` of the takedowns tell it."""

    kind: ContactKind
    value: str
    accounts: int


@dataclass(slots=True)
class Resemblance:
    """Where a listing met one takedown: for each kind the best pair of fingerprints, if any."""

    photo: PhotoMeeting | None = None
    title: TextMeeting | None = None
    description: TextMeeting | None = None
    contact: ContactMeeting | None = None


@dataclass(slots=True)
class Resembling:
    """What resembles a listing. `photos`: every meeting of photos, with the takedown's id. `tiers`: how many of
    the listing's photos each tier of the photo search settled. `allowed`: how many of its photos and titles are
    ones that honest sellers use, and were left out."""

    takedowns: dict[str, Resemblance] = field(default_factory=dict)
    photos: list[tuple[str, PhotoMeeting]] = field(default_factory=list)
    tiers: Counter[str] = field(default_factory=Counter)
    allowed: int = 0


@dataclass(frozen=True, slots=True)
class FoundPhoto:
    """What the search for one of a listing's photos found, best first, each with the takedown's id."""

    image: int
    tier: Tier
    meetings: tuple[tuple[str, PhotoMeeting], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """All that the searches for one listing found, by takedown, before analysts' allow-list is asked: titles, heaviest
    first; photos, one search each; contacts; and the descriptions of what those brought up."""

    titles: tuple[tuple[str, TextMeeting], ...] = ()
    photos: tuple[FoundPhoto, ...] = ()
    contacts: tuple[tuple[str, ContactMeeting], ...] = ()
    descriptions: tuple[tuple[str, TextMeeting], ...] = ()
