"""Takedowns that are relists of each other are one cluster, and a listing is one alert for it."""

import io
from datetime import UTC, datetime

from listing_records import drawn_photo, listing, takedown
from PIL import Image as Pillow

from connectors.events import Takedown
from fingerprints.photo_print import PhotoPrint, print_of_bytes
from streams.engine.pipeline import Match, fingerprint_listing, fingerprint_takedown, match_listing
from streams.engine.rules import Rules
from streams.engine.takedown_bank import TakedownBank

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)


def printed(raw: bytes) -> PhotoPrint:
    photo = print_of_bytes(raw, max_pixels=10_000_000)
    assert photo is not None
    return photo


def side_by_side(*photos: bytes) -> bytes:
    pictures = [Pillow.open(io.BytesIO(photo)) for photo in photos]
    sheet = Pillow.new("RGB", (480 * len(pictures), 640), "white")
    for place, picture in enumerate(pictures):
        sheet.paste(picture, (480 * place, 0))
    out = io.BytesIO()
    sheet.save(out, "JPEG", quality=90)
    return out.getvalue()


def bank_of(*held: tuple[Takedown, list[bytes]]) -> TakedownBank:
    bank = TakedownBank()
    for record, photos in held:
        bank.put(fingerprint_takedown(record, [printed(photo) for photo in photos]))
    return bank


def matched(bank: TakedownBank, photos: list[bytes], **changes: object) -> Match:
    event = fingerprint_listing(listing(50, **changes), [printed(photo) for photo in photos])
    return match_listing(event, bank, Rules(), matched_at=NOW)


def test_the_same_photo_taken_down_twice_is_one_cluster() -> None:
    photo = drawn_photo(1)
    bank = bank_of((takedown(1), [photo]), (takedown(2), [photo]))
    alert = matched(bank, [photo]).alert
    assert alert is not None
    assert alert.cluster == ("t1", "t2")
    assert alert.other_takedowns == ("t2",)


def test_two_halves_of_a_collage_are_two_clusters_and_one_alert() -> None:
    left, right = drawn_photo(1), drawn_photo(2)
    bank = bank_of((takedown(1), [left]), (takedown(2), [right]))
    alert = matched(bank, [side_by_side(left, right)]).alert
    assert alert is not None
    assert len(alert.cluster) == 1
    assert {alert.takedown.takedown_id, *alert.other_takedowns} == {"t1", "t2"}


def test_photos_in_two_places_of_one_listing_are_two_clusters_and_one_alert() -> None:
    left, right = drawn_photo(1), drawn_photo(2)
    bank = bank_of((takedown(1), [left]), (takedown(2), [right]), (takedown(3), [right]))
    alert = matched(bank, [right, left]).alert
    assert alert is not None
    named = {alert.takedown.takedown_id, *alert.other_takedowns}
    assert named == {"t1", "t2", "t3"}
    assert alert.cluster in (("t1",), ("t2", "t3"))


def test_titles_that_are_one_product_join_what_photos_do_not() -> None:
    bank = bank_of(
        (takedown(1), [drawn_photo(1)]), (takedown(2, title=takedown(1).listing.title), [drawn_photo(2)])
    )
    alert = matched(bank, [drawn_photo(1), drawn_photo(2)], title=takedown(1).listing.title).alert
    assert alert is not None
    assert alert.cluster == ("t1", "t2")


def test_two_takedowns_of_one_listing_are_one_cluster() -> None:
    twice = takedown(1, title="satu")
    again = Takedown(takedown_id="t9", listing=takedown(1, title="dua").listing)
    bank = bank_of((twice, [drawn_photo(1)]), (again, [drawn_photo(2)]))
    alert = matched(bank, [drawn_photo(2), drawn_photo(1)]).alert
    assert alert is not None
    assert alert.cluster == ("t1", "t9")


def test_the_id_is_the_clusters_whichever_of_it_is_best() -> None:
    photo = drawn_photo(1)
    both = bank_of((takedown(1, title="lain"), [photo]), (takedown(2), [photo]))
    first = matched(both, [photo]).alert
    # With the title of the second, that one is the best.
    second = matched(both, [photo], title=takedown(2).listing.title).alert
    assert first is not None
    assert second is not None
    assert second.takedown.takedown_id == "t2"
    assert first.cluster == second.cluster
    alone = matched(bank_of((takedown(1, title="lain"), [photo])), [photo]).alert
    assert alone is not None
    assert alone.alert_id == first.alert_id
