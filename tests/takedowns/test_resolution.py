"""From what is known of a listing to its takedown, and when to try again. Pure."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from listing_records import START, listing, told
from noise_prints import noise_print
from takedown_records import RECEIVED, after, request

from connectors.events import Image, Price
from connectors.takedown_status import CHANGES_KEPT
from streams.engine.pipeline import fingerprint_listing
from streams.records import ImageFailure, ImageFingerprint
from streams.resolving.resolution import (
    Resolved,
    Unresolved,
    next_try,
    published,
    received,
    seen,
    takedown_id_of,
    takedown_of,
    unresolved,
)
from streams.settings import Resolve

IMAGES = tuple(Image(url=f"https://photos.invalid/{number}.jpg") for number in range(3))
DIGESTS = ["a" * 64, "b" * 64]


def test_a_takedowns_id_is_its_listings_and_is_frozen() -> None:
    assert takedown_id_of("shopee-id", "308864651.11479305215") == "td-1fd40f3c88e1a140642a2bf82879289c"
    assert takedown_id_of("a", "b") != takedown_id_of("a", "c")


def test_photos_digests_go_along() -> None:
    event = listing(1, images=IMAGES)
    prints = [
        ImageFingerprint(0, noise_print(0), DIGESTS[0]),
        ImageFailure(1, "no-features", DIGESTS[1]),
        None,
    ]
    found = seen(event, fingerprint_listing(event, prints))
    assert found is not None
    assert [image.sha256 for image in found.listing.images] == [*DIGESTS, None]
    assert [image.url for image in found.listing.images] == [image.url for image in IMAGES]


def test_a_fingerprint_alone_gives_what_it_knows_with_photos_by_their_digests() -> None:
    event = listing(
        1, images=IMAGES, description=told(1), price=Price("85000", "IDR"), condition="used", url="https://x.invalid/1"
    )  # fmt: skip
    prints = [
        ImageFailure(0, "timeout"),
        *(ImageFingerprint(n + 1, noise_print(n), DIGESTS[n]) for n in (0, 1)),
    ]
    found = seen(None, fingerprint_listing(event, prints))
    assert found is not None
    known = found.listing
    assert known.images == tuple(Image(sha256=digest) for digest in DIGESTS)
    assert found.prints is not None
    assert [(photo.image, photo.sha256) for photo in found.prints.photos] == list(enumerate(DIGESTS))
    assert (known.price, known.condition, known.url, known.seller_id) == (
        event.price,
        "used",
        event.url,
        "s1",
    )
    assert takedown_of(request(1), known).listing == known


def test_without_digests_the_fingerprints_alone_go_along() -> None:
    found = seen(None, fingerprint_listing(listing(1, images=IMAGES), [noise_print(0), noise_print(1), None]))
    assert found is not None
    assert found.listing.images == ()
    assert found.prints is not None
    assert len(found.prints.photos) == 2


@pytest.mark.parametrize(("newer", "title"), [("event", "new"), ("fingerprint", "old")])
def test_of_two_versions_the_later_counts_alone(newer: str, title: str) -> None:
    event = listing(1, title="new", event_id="e-new", observed_at=START + timedelta(hours=newer == "event"))
    other = listing(1, title="old", observed_at=START + timedelta(minutes=30))
    found = seen(event, fingerprint_listing(other, []))
    assert found is not None
    assert found.listing.title == title
    assert (found.prints is None) == (newer == "event")


def test_nothing_seen() -> None:
    assert seen(None, None) is None


@given(st.integers(1, 200), st.floats(0, 20), st.floats(0.1, 600), st.floats(0.1, 100), st.floats(0.5, 30))
def test_pauses_double_up_to_the_longest_and_end(
    attempts: int, age_days: float, first: float, longest: float, give_up: float
) -> None:
    settings = Resolve(first_retry_minutes=first, longest_retry_hours=longest, give_up_days=give_up)
    now = RECEIVED + timedelta(days=age_days)
    again = next_try(settings, RECEIVED, attempts, now)
    if now - RECEIVED >= timedelta(days=give_up):
        assert again is None
        return
    assert again is not None
    slow = first
    for _ in range(attempts - 1):
        slow = min(slow * 2, longest * 60)
    assert (again - now).total_seconds() / 60 == pytest.approx(min(slow, longest * 60), abs=1e-4)


def test_a_request_that_is_tried_for_ever_keeps_a_bounded_record() -> None:
    status = received(request(1), 0)
    for number in range(200):
        reason = "gone" if number % 2 else "connector-away"
        status = unresolved(status, Unresolved(reason=reason), Resolve(), after(minutes=number))
    assert status.attempts == 200
    assert len(status.changes) == CHANGES_KEPT
    assert status.changes[0].state == "received"
    done = published(
        status, Resolved(listing=seen(listing(1), None).listing, how="seen"), "td-1", after(days=1), 0
    )
    assert [change.state for change in done.changes[-2:]] == ["resolved", "published"]
    assert len(done.changes) == CHANGES_KEPT
    assert msgspec.json.decode(msgspec.json.encode(done), type=type(done)) == done
