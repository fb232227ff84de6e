"""Which photos of an alert there are, where a page gets each from, and which two belong together. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

import msgspec
from msgspec import UNSET

from connectors.events import Alert
from connectors.evidence import PhotoEvidence
from streams.console.overlay import Overlay, overlay_of

MOST_PHOTOS = 50
"""Of each side, as many as an event may have."""
DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
Side = Literal["takedown", "listing"]


class TakedownPhoto(msgspec.Struct, array_like=True, frozen=True):
    """A photo of a takedown as its row in the database has it."""

    image: int
    sha256: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Photo:
    """`image`: its number in its listing, from 0. `address`: where our proxy gives it, or None where nothing is known
    of it but that it was there. `fallback`: the same photo as it is on the web now, should it not be kept.
    `from_web`: whether `address` is that already."""

    side: Side
    image: int
    address: str | None
    fallback: str | None = None
    from_web: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """Two photos that the evidence speaks of."""

    takedown_image: int
    listing_image: int
    part: PhotoEvidence
    overlay: Overlay | None


@dataclass(frozen=True, slots=True)
class CasePhotos:
    """All photos of both sides by number, and the pairs, the one that says most first."""

    takedown: tuple[Photo, ...]
    listing: tuple[Photo, ...]
    pairs: tuple[Pair, ...]

    @property
    def first_takedown(self) -> Photo | None:
        """The one to show first: of the first pair, or just the first."""
        return _chosen(self.takedown, self.pairs[0].takedown_image if self.pairs else None)

    @property
    def first_listing(self) -> Photo | None:
        """The same on the other side."""
        return _chosen(self.listing, self.pairs[0].listing_image if self.pairs else None)


def takedown_photos(text: str) -> tuple[TakedownPhoto, ...]:
    """The photos of a takedown's row; none of one that cannot be read."""
    try:
        return msgspec.json.decode(text, type=tuple[TakedownPhoto, ...])
    except msgspec.DecodeError:
        return ()


def case_photos(alert: Alert, held: Sequence[TakedownPhoto]) -> CasePhotos:
    """The photos of the alert. `held`: those of its takedown."""
    parts = [part for part in alert.evidence if isinstance(part, PhotoEvidence)]
    parts.sort(key=lambda part: (part.transform is UNSET, -part.weight))
    theirs = {photo.image: _of_takedown(alert.alert_id, photo) for photo in held[:MOST_PHOTOS]}
    ours = {
        digest.image: Photo("listing", digest.image, kept_address(digest.sha256))
        for digest in alert.listing_photos[:MOST_PHOTOS]
    }
    for part in parts:
        # The evidence names them, so they were there once.
        theirs.setdefault(part.takedown_image, Photo("takedown", part.takedown_image, None))
        ours.setdefault(part.listing_image, Photo("listing", part.listing_image, None))
    return CasePhotos(
        takedown=tuple(theirs[image] for image in sorted(theirs)),
        listing=tuple(ours[image] for image in sorted(ours)),
        pairs=tuple(Pair(part.takedown_image, part.listing_image, part, overlay_of(part)) for part in parts),
    )


def kept_address(sha256: str) -> str:
    """Where the proxy gives a photo of the photo store."""
    return f"/photos/{sha256}"


def web_address(alert_id: str, side: Side, image: int) -> str:
    """Where the proxy gives a photo that only an address is known of; the address itself stays with us."""
    return f"/photos/alert/{quote(alert_id, safe='')}/{side}/{image}"


def _of_takedown(alert_id: str, photo: TakedownPhoto) -> Photo:
    on_web = web_address(alert_id, "takedown", photo.image) if photo.url else None
    if photo.sha256 is not None and DIGEST.fullmatch(photo.sha256):
        return Photo("takedown", photo.image, kept_address(photo.sha256), on_web)
    return Photo("takedown", photo.image, on_web, from_web=on_web is not None)


def _chosen(photos: Sequence[Photo], image: int | None) -> Photo | None:
    return next((photo for photo in photos if photo.image == image), photos[0] if photos else None)
