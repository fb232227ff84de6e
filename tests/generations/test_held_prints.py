"""What of another version's fingerprints is taken over, made anew, asked for, or lost."""

import msgspec
import pytest
from listing_records import listing, takedown
from noise_prints import noise_print

from connectors.events import Image
from streams.engine.held_prints import HeldListing, HeldTakedown, with_digests
from streams.engine.pipeline import fingerprint_listing, fingerprint_takedown
from streams.engine.print_algorithms import ALGORITHMS, unlike
from streams.records import ImageFailure, ImageFingerprint

DIGEST = "ab" * 32
TEXT = (
    "Jaket varsity hitam, bahan fleece tebal, lengan kulit sintetis, hubungi 081234567890, kirim hari ini. "
    * 3
)


def made(**versions: str) -> tuple[bytes, msgspec.Struct]:
    """A listing's fingerprint on the topic, as if some of its versions were others; and as it is."""
    event = listing(1, description=TEXT)
    photos = [ImageFingerprint(0, noise_print(1), DIGEST), ImageFailure(1, "no-features", "cd" * 32)]
    own = fingerprint_listing(event, photos)
    algorithms = msgspec.structs.replace(own.prints.algorithms, **versions)
    held = msgspec.structs.replace(own, prints=msgspec.structs.replace(own.prints, algorithms=algorithms))
    return msgspec.json.encode(held), own


def held_of(raw: bytes) -> HeldListing:
    return msgspec.json.decode(raw, type=HeldListing)


def test_what_is_of_this_version_is_taken_over_as_it_is() -> None:
    raw, own = made()
    held = held_of(raw)
    assert held.prints.photos_to_read() == {}
    assert not held.prints.lacks({})
    assert held.renewed({}) == own


def test_photos_of_another_version_are_read_by_their_digest_also_those_that_gave_nothing() -> None:
    raw, own = made(image="phash-0")
    # Whatever the layout of the other version was: it is not looked into.
    layout = msgspec.json.decode(raw)
    layout["prints"]["photos"][0]["print"] = {"rings": [1, 2, 3]}
    held = held_of(msgspec.json.encode(layout))
    assert held.prints.photos_to_read() == {0: Image(sha256=DIGEST), 1: Image(sha256="cd" * 32)}
    again = {
        0: ImageFingerprint(0, noise_print(2), DIGEST),
        1: ImageFingerprint(1, noise_print(3), "cd" * 32),
    }
    assert not held.prints.lacks(again)
    renewed = held.renewed(again).prints
    assert [one.image for one in renewed.photos] == [0, 1]
    assert renewed.photos[0].print == noise_print(2)
    assert unlike(renewed.algorithms) is None
    assert (renewed.title, renewed.description, renewed.contacts) == (
        own.prints.title, own.prints.description, own.prints.contacts
    )  # fmt: skip


def test_a_photo_without_bytes_is_asked_for_and_named_as_failed() -> None:
    held = held_of(made(image="phash-0")[0])
    read = {0: ImageFailure(0, "not-kept", DIGEST), 1: ImageFailure(1, "no-features", "cd" * 32)}
    assert held.prints.lacks(read)
    assert held.renewed(read).prints.failures == (
        ImageFailure(0, "not-kept", DIGEST), ImageFailure(1, "no-features", "cd" * 32)
    )  # fmt: skip


def test_a_description_of_another_version_is_asked_for_and_its_contacts_stay() -> None:
    raw, own = made(description="minhash-0")
    held = held_of(raw)
    assert held.prints.lacks({})
    renewed = held.renewed({}).prints
    assert renewed.description is None
    assert renewed.contacts == own.prints.contacts != ()
    whole = held.prints.completed(own.prints)
    assert whole.description == own.prints.description


def test_a_title_of_another_version_is_made_of_the_title() -> None:
    raw, own = made(text="words-0")
    assert held_of(raw).renewed({}).prints.title == own.prints.title


def test_a_takedowns_images_are_known_by_the_digests_of_what_was_captured() -> None:
    record = takedown(
        2, images=(Image(url="https://pasar.example/1.jpg"), Image(url="https://pasar.example/2.jpg"))
    )
    own = fingerprint_takedown(record, [ImageFingerprint(0, noise_print(1), DIGEST), None])
    held = msgspec.json.decode(msgspec.json.encode(own), type=HeldTakedown)
    assert with_digests(record.listing.images, held.prints) == (
        Image(url="https://pasar.example/1.jpg", sha256=DIGEST),
        Image(url="https://pasar.example/2.jpg"),
    )


@pytest.mark.parametrize("kind", ["image", "text", "description"])
def test_each_version_that_is_another_is_named(kind: str) -> None:
    assert unlike(ALGORITHMS) is None
    other = msgspec.structs.replace(ALGORITHMS, **{kind: "x-1"})
    assert unlike(other) == f"{kind} x-1, here {getattr(ALGORITHMS, kind)}"
