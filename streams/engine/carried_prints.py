"""Fingerprints that go along with a takedown, made when its listing was seen: its photos are gone by now.

They travel as a header of the record on `takedowns`, since the record itself is the connectors' and knows no
fingerprints (docs/decisions/020). Whatever is in the header, the takedown itself counts.
"""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from connectors.codec import Codec, RecordError
from connectors.events import Image, Takedown
from streams.engine.pipeline import PhotoOutcome
from streams.engine.print_algorithms import ALGORITHMS, comparable
from streams.records import ImageFailure, ImageFingerprint, Prints, TakedownFingerprint

PRINTS_HEADER = "relistwatch_prints"
LONGEST = 8 * 1024 * 1024
"""Bytes that are looked at: no record on `fingerprints`, from which they come, is larger by default."""

_codec = Codec(Prints, ours=True)


def header_of(prints: Prints) -> tuple[str, bytes]:
    """The header with these fingerprints."""
    return PRINTS_HEADER, msgspec.json.encode(prints)


def prints_of(headers: Sequence[tuple[str, bytes]]) -> Prints | None:
    """The fingerprints in a takedown's headers; None where there are none.

    Raises:
        RecordError: the header holds something else.
    """
    for name, value in headers:
        if name == PRINTS_HEADER:
            if len(value) > LONGEST:
                raise RecordError("too-large", f"{PRINTS_HEADER}: {len(value)} bytes")
            return _codec.decode(value).record
    return None


def missing_images(images: Sequence[Image], carried: Prints | None) -> list[int]:
    """The numbers of the images that must be read, as no usable fingerprint of them came along.

    Those that came along are not read again: a marketplace may answer with a picture of its own where a photo
    was, which would then be what other listings are held against.
    """
    have = {photo.image for photo in comparable(carried).photos} if carried else set()
    return [number for number in range(len(images)) if number not in have]


def put_together(count: int, missing: Sequence[int], outcomes: Sequence[PhotoOutcome]) -> list[PhotoOutcome]:
    """One outcome for each of the `count` images, None for those that were not read."""
    whole: list[PhotoOutcome] = [None] * count
    for number, outcome in zip(missing, outcomes, strict=True):
        if isinstance(outcome, ImageFailure | ImageFingerprint):
            whole[number] = replace(outcome, image=number)
        else:
            whole[number] = outcome
    return whole


def with_carried(
    made: TakedownFingerprint, takedown: Takedown, carried: Prints | None
) -> TakedownFingerprint:
    """The takedown's fingerprint with what came along: photos that were not read, and what a description told that
    is not known any more. Fingerprints of another algorithm version are left out."""
    if carried is None:
        return made
    prints, carried = made.prints, comparable(carried)
    read = {photo.image for photo in prints.photos}
    photos = [*prints.photos, *(photo for photo in carried.photos if photo.image not in read)]
    prints = replace(prints, photos=tuple(sorted(photos, key=lambda photo: photo.image)))
    if takedown.listing.description is None:
        if carried.description is not None:
            prints = replace(prints, description=carried.description)
        if carried.algorithms.text == ALGORITHMS.text:
            contacts = tuple(dict.fromkeys((*prints.contacts, *carried.contacts)))
            prints = replace(prints, contacts=contacts)
    return replace(made, prints=prints)
