"""Fingerprints that came along with a takedown: what is read again, and what is taken."""

import msgspec
import pytest
from listing_records import listing, takedown, told
from noise_prints import noise_print

from connectors.codec import RecordError
from connectors.events import Image
from streams.engine.carried_prints import (
    PRINTS_HEADER,
    header_of,
    missing_images,
    prints_of,
    put_together,
    with_carried,
)
from streams.engine.pipeline import fingerprint_listing, fingerprint_takedown
from streams.records import ImageFailure, ImageFingerprint, Prints

IMAGES = tuple(Image(url=f"https://photos.invalid/{number}.jpg") for number in range(3))
DIGEST = "ab" * 32


def carried_of(**changes: object) -> Prints:
    """Of a listing whose second photo could not be had when it was seen."""
    seen = [ImageFingerprint(0, noise_print(0), DIGEST), ImageFailure(1, "timeout"), noise_print(2)]
    prints = fingerprint_listing(listing(1, description=told(1), images=IMAGES), seen).prints
    return msgspec.structs.replace(prints, **changes)


def of_another_version() -> Prints:
    prints = carried_of()
    algorithms = msgspec.structs.replace(prints.algorithms, image="other", text="other", description="other")
    return msgspec.structs.replace(prints, algorithms=algorithms)


def test_the_header_comes_back_as_it_was() -> None:
    headers = [("ce_id", b"x"), header_of(carried_of())]
    assert prints_of(headers) == carried_of()
    assert prints_of(headers[:1]) is None


@pytest.mark.parametrize("raw", [b"", b"{torn", b"[]", b'{"photos": []}'])
def test_a_header_that_is_none_is_refused(raw: bytes) -> None:
    with pytest.raises(RecordError):
        prints_of([(PRINTS_HEADER, raw)])


def test_only_photos_that_did_not_come_along_are_read() -> None:
    assert missing_images(IMAGES, carried_of()) == [1]
    assert missing_images(IMAGES, None) == [0, 1, 2]
    assert missing_images(IMAGES, of_another_version()) == [0, 1, 2]


def test_what_is_read_keeps_its_number() -> None:
    read = [ImageFailure(0, "gone"), ImageFingerprint(1, noise_print(9), DIGEST), None]
    assert put_together(5, [1, 3, 4], read) == [
        None, ImageFailure(1, "gone"), None, ImageFingerprint(3, noise_print(9), DIGEST), None,
    ]  # fmt: skip


def test_read_and_carried_photos_together() -> None:
    record = takedown(1, images=IMAGES)
    made = fingerprint_takedown(record, put_together(3, [1], [noise_print(1)]))
    whole = with_carried(made, record, carried_of()).prints
    assert [(photo.image, photo.print) for photo in whole.photos] == [(n, noise_print(n)) for n in range(3)]
    assert whole.photos[0].sha256 == DIGEST


def test_a_description_that_is_not_known_any_more_is_taken_and_one_that_is_known_counts() -> None:
    carried = carried_of()
    bare = takedown(1, images=IMAGES)
    whole = with_carried(fingerprint_takedown(bare, []), bare, carried).prints
    assert whole.description == carried.description is not None
    assert whole.contacts == carried.contacts != ()
    full = takedown(1, description=told(2))
    made = fingerprint_takedown(full, [])
    assert with_carried(made, full, carried).prints.description == made.prints.description
    assert with_carried(made, full, carried).prints.contacts == made.prints.contacts


def test_unlike_versions_are_left_out() -> None:
    record = takedown(1, images=IMAGES)
    made = fingerprint_takedown(record, [])
    assert with_carried(made, record, of_another_version()) == made
    assert with_carried(made, record, None) == made
