"""Fingerprints as another version wrote them, and what of them can be said in this one. Pure.

What only another version understands stays bytes (`msgspec.Raw`): its layout may be anything. A kind of fingerprint
whose version is this program's is taken over as it is; another is made anew from what there is: a title's words from
the title, a photo from its bytes, which the photo store keeps by their digest. A description's text is not kept.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

from connectors.events import AlertListing, AlertTakedown, Condition, EventType, Image, Price
from connectors.field_types import Sha256, Timestamp
from fingerprints.contact import Contact
from fingerprints.description_likeness import DescriptionPrint
from fingerprints.photo_print import PhotoPrint
from fingerprints.title_print import TITLE, TitlePrint
from streams.engine.pipeline import PhotoOutcome
from streams.engine.print_algorithms import ALGORITHMS
from streams.records import (
    ImageFailure,
    ImageFingerprint,
    ListingFingerprint,
    PrintAlgorithms,
    Prints,
    TakedownFingerprint,
)

T = TypeVar("T")


class HeldPhoto(Struct, frozen=True):
    """As `ImageFingerprint`."""

    image: int
    print: Raw
    sha256: Sha256 | None = None


class HeldPrints(Struct, frozen=True, kw_only=True):
    """As `Prints`."""

    algorithms: PrintAlgorithms
    title: Raw = Raw(b"null")
    description: Raw = Raw(b"null")
    contacts: tuple[Contact, ...] = ()
    photos: tuple[HeldPhoto, ...] = ()
    failures: tuple[ImageFailure, ...] = ()
    price: Price | None = None
    category: str | None = None
    condition: Condition = "unknown"

    @property
    def parts(self) -> list[HeldPhoto | ImageFailure]:
        """What came of each photo, in order."""
        parts: list[HeldPhoto | ImageFailure] = [*self.photos, *self.failures]
        return sorted(parts, key=lambda one: one.image)

    def photos_to_read(self) -> dict[int, Image]:
        """By its number in the listing, each photo that must be made anew and whose bytes are known by their digest:
        those that gave nothing too, since another version may make something of them."""
        if self.algorithms.image == ALGORITHMS.image:
            return {}
        return {one.image: Image(sha256=one.sha256) for one in self.parts if one.sha256 is not None}

    def lacks(self, read: Mapping[int, PhotoOutcome]) -> bool:
        """Whether something cannot be made anew from this record and these photos, and the listing itself may help."""
        if self.algorithms.image != ALGORITHMS.image and any(
            not isinstance(read.get(photo.image), ImageFingerprint) for photo in self.photos
        ):
            return True
        return self.algorithms.description != ALGORITHMS.description and not is_null(self.description)

    def lighter(self) -> "HeldPrints":
        """Without the photos' fingerprints: enough to ask for their bytes again."""
        photos = tuple(msgspec.structs.replace(one, print=Raw(b"null")) for one in self.photos)
        return msgspec.structs.replace(self, photos=photos)

    def completed(self, made: Prints) -> Prints:
        """What was made of the listing itself, with what only this record still tells: contacts and a description's
        fingerprint of texts that are gone."""
        contacts = tuple(dict.fromkeys((*made.contacts, *self.contacts)))
        return msgspec.structs.replace(
            made, contacts=contacts, description=made.description or self._description
        )

    def renewed(self, title: str, read: Mapping[int, PhotoOutcome]) -> Prints:
        """In this program's version. `read`: what came of `photos_to_read`."""
        photos, failures = self._photos(read)
        return Prints(
            algorithms=ALGORITHMS,
            title=_same(self.title, TitlePrint, self.algorithms.text == ALGORITHMS.text)
            or TITLE.fingerprint(title),
            description=self._description,
            # Plain numbers and names, which every version compares; some were in the description.
            contacts=self.contacts,
            photos=photos,
            failures=failures,
            price=self.price,
            category=self.category,
            condition=self.condition,
        )

    @property
    def _description(self) -> DescriptionPrint | None:
        return _same(
            self.description, DescriptionPrint, self.algorithms.description == ALGORITHMS.description
        )

    def _photos(
        self, read: Mapping[int, PhotoOutcome]
    ) -> tuple[tuple[ImageFingerprint, ...], tuple[ImageFailure, ...]]:
        if self.algorithms.image == ALGORITHMS.image:
            return tuple(
                ImageFingerprint(one.image, _decoded(one.print, PhotoPrint), one.sha256)
                for one in self.photos
            ), self.failures
        outcomes: list[PhotoOutcome] = []
        for held in self.parts:
            outcome = read.get(held.image)
            if isinstance(outcome, ImageFingerprint | ImageFailure):
                outcomes.append(msgspec.structs.replace(outcome, image=held.image, sha256=held.sha256))
            else:
                error = held.error if isinstance(held, ImageFailure) else "not-kept"
                outcomes.append(ImageFailure(held.image, error, held.sha256))
        return (
            tuple(one for one in outcomes if isinstance(one, ImageFingerprint)),
            tuple(one for one in outcomes if isinstance(one, ImageFailure)),
        )


class HeldListing(Struct, frozen=True, kw_only=True):
    """As `ListingFingerprint`."""

    listing: AlertListing
    event_id: str
    type: EventType
    version: str
    observed_at: Timestamp
    prints: HeldPrints

    @property
    def title(self) -> str:
        """The title, cut as alerts show it."""
        return self.listing.title

    def renewed(self, read: Mapping[int, PhotoOutcome]) -> ListingFingerprint:
        """In this program's version."""
        return ListingFingerprint(
            listing=self.listing,
            event_id=self.event_id,
            type=self.type,
            version=self.version,
            observed_at=self.observed_at,
            prints=self.prints.renewed(self.title, read),
        )


class HeldTakedown(Struct, frozen=True, kw_only=True):
    """As `TakedownFingerprint`."""

    takedown: AlertTakedown
    prints: HeldPrints
    taken_down_at: Timestamp | None = None

    def renewed(self, read: Mapping[int, PhotoOutcome]) -> TakedownFingerprint:
        """In this program's version."""
        return TakedownFingerprint(
            takedown=self.takedown,
            taken_down_at=self.taken_down_at,
            prints=self.prints.renewed(self.takedown.title, read),
        )


def with_digests(images: Sequence[Image], held: HeldPrints) -> tuple[Image, ...]:
    """The listing's images, each known by the digest of its bytes as they were captured, where that is known."""
    digests = {one.image: one.sha256 for one in held.parts if one.sha256 is not None}
    return tuple(
        msgspec.structs.replace(image, sha256=digests[number])
        if number in digests and image.data is None
        else image
        for number, image in enumerate(images)
    )


def _same(raw: Raw, kind: type[T], is_same: bool) -> T | None:
    return None if not is_same or is_null(raw) else _decoded(raw, kind)


def is_null(raw: Raw) -> bool:
    """Whether there is nothing."""
    return bytes(raw) == b"null"


def _decoded(raw: Raw, kind: type[Any]) -> Any:
    return msgspec.json.decode(raw, type=kind)
