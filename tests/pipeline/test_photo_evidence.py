"""What an alert and a seller link say of two photos, from drawn photos to the records."""

from datetime import UTC, datetime

import pytest
from listing_records import drawn_photo, listing, takedown
from photo_bytes import print_of
from sample_photos import before_one_backdrop, cropped_and_mirrored, mapped

from connectors.evidence import PhotoEvidence
from fingerprints.photo_print import PhotoPrint
from streams.engine.pipeline import Match, fingerprint_listing, fingerprint_takedown, match_listing
from streams.engine.rules import Rules
from streams.engine.seller_linking import keep_strongest
from streams.engine.takedown_bank import TakedownBank
from streams.records import seller_link_id

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)


def bank_of(photo: PhotoPrint) -> TakedownBank:
    bank = TakedownBank()
    bank.put(fingerprint_takedown(takedown(1), [photo]))
    return bank


def match(bank: TakedownBank, photo: PhotoPrint, number: int = 30, **changes: object) -> Match:
    fingerprint = fingerprint_listing(listing(number, **changes), [photo])
    return match_listing(fingerprint, bank, Rules(), matched_at=NOW)


@pytest.fixture(scope="module")
def garments() -> list[PhotoPrint]:
    """Two garments before one backdrop."""
    return [print_of(before_one_backdrop(garment)) for garment in range(2)]


def test_a_cropped_mirrored_photo_is_laid_where_it_lies(garments: list[PhotoPrint]) -> None:
    left, top, right, bottom = 0.08, 0.05, 0.88, 0.9
    edited = print_of(cropped_and_mirrored(before_one_backdrop(0), (left, top, right, bottom)))
    found = match(bank_of(garments[0]), edited)
    assert found.alert is not None
    (part,) = (part for part in found.alert.evidence if isinstance(part, PhotoEvidence))
    assert part.relation == "same photo"
    assert part.edits[:2] == ("mirrored", "cropped")
    assert part.inliers >= 20
    assert found.tiers == {"points": 1}
    # Of the takedown's photo: the corners of what was kept, and the corners of all of it.
    for x, y in ((left, top), (right, bottom), (0.0, 0.0), (1.0, 1.0)):
        wanted = (right - x) / (right - left), (y - top) / (bottom - top)
        assert mapped(part.transform, (x, y)) == pytest.approx(wanted, abs=0.01)


def test_a_photo_that_the_hash_settles_is_explained_too(garments: list[PhotoPrint]) -> None:
    whole = print_of(cropped_and_mirrored(before_one_backdrop(0), (0, 0, 1, 1)))
    found = match(bank_of(garments[0]), whole)
    assert found.alert is not None
    part = found.alert.evidence[0]
    assert isinstance(part, PhotoEvidence)
    assert (found.tiers, part.edits) == ({"hash": 1}, ("mirrored",))
    assert part.distance < 40
    assert mapped(part.transform, (0.25, 0.25)) == pytest.approx((0.75, 0.25), abs=0.01)


def test_the_same_backdrop_links_two_sellers_and_alerts_nobody(garments: list[PhotoPrint]) -> None:
    found = match(bank_of(garments[0]), garments[1], seller_id="a-shop")
    assert found.alert is None
    assert found.tiers == {"none": 1}
    (link,) = found.seller_links
    assert link.key == "pasar-uji:a-shop|pasar-uji:s1|same backdrop"
    assert [(seller.listing_id, seller.image) for seller in link.sellers] == [("l30", 0), ("l1", 0)]
    assert (link.takedown_id, link.seen_at) == ("t1", listing(30).observed_at)
    assert link.inliers >= 12


def test_the_link_is_the_same_from_either_side(garments: list[PhotoPrint]) -> None:
    (first,) = match(bank_of(garments[0]), garments[1], seller_id="a-shop").seller_links
    bank = TakedownBank()
    bank.put(fingerprint_takedown(takedown(30, seller_id="a-shop"), [garments[1]]))
    (second,) = match(bank, garments[0], number=1).seller_links
    assert first.key == second.key
    assert [seller.listing_id for seller in first.sellers] == [seller.listing_id for seller in second.sellers]
    for point in ((0.1, 0.1), (0.9, 0.2), (0.5, 0.9)):
        assert mapped(first.transform, point) == pytest.approx(mapped(second.transform, point), abs=0.03)
    assert seller_link_id(first) != seller_link_id(second), "because of another takedown"


@pytest.mark.parametrize("seller", ["s1", None])
def test_the_same_seller_or_none_is_no_link(garments: list[PhotoPrint], seller: str | None) -> None:
    found = match(bank_of(garments[0]), garments[1], seller_id=seller)
    assert (found.alert, found.seller_links) == (None, ())


def test_another_place_is_no_link(garments: list[PhotoPrint]) -> None:
    found = match(bank_of(garments[0]), print_of(drawn_photo(5)), seller_id="a-shop")
    assert (found.alert, found.seller_links) == (None, ())


def test_of_two_links_of_a_pair_the_stronger_is_kept(garments: list[PhotoPrint]) -> None:
    import msgspec

    (link,) = match(bank_of(garments[0]), garments[1], seller_id="a-shop").seller_links
    weaker, equal, stronger = (
        msgspec.structs.replace(link, strength=link.strength + more, takedown_id=f"t{more}")
        for more in (-1, 0, 1)
    )
    best: dict = {}
    for given, kept in ((link, link), (weaker, link), (equal, link), (stronger, stronger)):
        keep_strongest(best, [given])
        assert best == {link.key: kept}
