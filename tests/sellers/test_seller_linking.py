"""Which accounts a listing's photos and contacts link, and what the link says."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from listing_records import drawn_photo, listing, takedown
from photo_bytes import print_of
from sample_photos import before_one_backdrop, cropped_and_mirrored, mapped

from connectors.seller_links import SellerLink
from fingerprints.photo_print import PhotoPrint
from streams.engine.pipeline import fingerprint_listing, fingerprint_takedown
from streams.engine.resemblance import ContactMeeting, Resemblance, Resembling
from streams.engine.rules import Rules
from streams.engine.seller_linking import different_photos, seller_links
from streams.engine.takedown_bank import TakedownBank
from streams.records import ListingFingerprint

BOX = (0.08, 0.05, 0.88, 0.9)


@pytest.fixture(scope="module")
def drawn() -> list[PhotoPrint]:
    """Three photos that have nothing in common."""
    return [print_of(drawn_photo(seed)) for seed in range(3)]


def bank_of(**takedowns: tuple[dict, list[PhotoPrint]]) -> TakedownBank:
    """Takedowns by id: changes of the taken-down listing, and its photos."""
    bank = TakedownBank()
    for takedown_id, (changes, held) in takedowns.items():
        record = msgspec.structs.replace(takedown(1, **changes), takedown_id=takedown_id)
        bank.put(fingerprint_takedown(record, held))
    return bank


def asked(photos: list[PhotoPrint], **changes: object) -> ListingFingerprint:
    return fingerprint_listing(listing(30, **changes), photos)


def by_photos(bank: TakedownBank, fingerprint: ListingFingerprint) -> tuple[SellerLink, ...]:
    found = bank.resembling(fingerprint.prints, Rules())
    found.takedowns.clear()
    return seller_links(fingerprint, bank, found)


def by_contact(
    bank: TakedownBank, fingerprint: ListingFingerprint, **contacts: ContactMeeting
) -> tuple[SellerLink, ...]:
    met = {takedown_id: Resemblance(contact=contact) for takedown_id, contact in contacts.items()}
    return seller_links(fingerprint, bank, Resembling(takedowns=met))


@pytest.mark.parametrize("shop", ["a-shop", "z-shop"])
@pytest.mark.parametrize("listing_is_the_edited", [True, False])
def test_the_transform_is_from_the_first_accounts_photo(shop: str, listing_is_the_edited: bool) -> None:
    whole = print_of(before_one_backdrop(0))
    part = print_of(cropped_and_mirrored(before_one_backdrop(0), BOX))
    mine, theirs = (part, whole) if listing_is_the_edited else (whole, part)
    (link,) = by_photos(bank_of(t1=({"seller_id": "m-shop"}, [theirs])), asked([mine], seller_id=shop))
    assert link.reason == "same photos"
    assert [each.seller_id for each in link.sellers] == sorted([shop, "m-shop"])
    edited = shop if listing_is_the_edited else "m-shop"
    left, top, right, bottom = BOX
    for x, y in ((left, top), (right, bottom), (0.3, 0.6)):
        in_part = (right - x) / (right - left), (y - top) / (bottom - top)
        start, end = ((x, y), in_part) if link.sellers[1].seller_id == edited else (in_part, (x, y))
        assert mapped(link.transform, start) == pytest.approx(end, abs=0.02)


def test_each_listing_stands_with_its_account(drawn: list[PhotoPrint]) -> None:
    bank = bank_of(t1=({"seller_id": "m-shop"}, [drawn[0], drawn[1]]))
    for shop in ("a-shop", "z-shop"):
        (link,) = by_photos(bank, asked([drawn[2], drawn[1]], seller_id=shop))
        of = {each.seller_id: (each.listing_id, each.image) for each in link.sellers}
        assert of == {shop: ("l30", 1), "m-shop": ("l1", 1)}
        assert (link.strength, link.takedown_id, link.seen_at) == (1.0, "t1", listing(30).observed_at)


def test_photos_are_counted_once_however_often_they_stand_there(drawn: list[PhotoPrint]) -> None:
    shop = {"seller_id": "m-shop"}
    thrice = bank_of(t1=(shop, [drawn[0]]), t2=(shop, [drawn[0]]), t3=(shop, [drawn[0]]))
    (link,) = by_photos(thrice, asked([drawn[0], drawn[0]], seller_id="a-shop"))
    assert link.strength == 1
    apart = bank_of(t1=(shop, [drawn[0]]), t2=(shop, [drawn[1]]), t3=(shop, [drawn[2]]))
    (link,) = by_photos(apart, asked([drawn[2], drawn[0]], seller_id="a-shop"))
    assert link.strength == 2


@given(st.lists(st.tuples(st.integers(0, 6), st.tuples(st.sampled_from(["t1", "t2"]), st.integers(0, 3)))))
def test_photos_that_meet_over_others_are_one(meetings: list[tuple[int, tuple[str, int]]]) -> None:
    """By definition: number them all, and give both of a meeting the lower number until nothing changes."""
    numbers = {photo: at for at, photo in enumerate({photo for pair in meetings for photo in pair})}
    for _ in meetings:
        for pair in meetings:
            numbers |= dict.fromkeys(pair, min(numbers[photo] for photo in pair))
    assert different_photos(meetings) == len(set(numbers.values()))


def test_one_id_on_two_marketplaces_is_two_accounts(drawn: list[PhotoPrint]) -> None:
    bank = bank_of(
        t1=({"seller_id": "m-shop"}, [drawn[0]]),
        t2=({"seller_id": "m-shop", "marketplace": "toko-uji"}, [drawn[1]]),
    )
    links = by_photos(bank, asked(drawn, seller_id="a-shop"))
    assert {(link.sellers[1].key, link.strength) for link in links} == {
        ("pasar-uji:m-shop", 1.0),
        ("toko-uji:m-shop", 1.0),
    }


def test_an_unknown_seller_is_no_account_called_none(drawn: list[PhotoPrint]) -> None:
    bank = bank_of(t1=({"seller_id": None}, [drawn[0]]), t2=({"seller_id": "None"}, [drawn[0]]))
    (link,) = by_photos(bank, asked([drawn[0]], seller_id="a-shop"))
    assert (link.sellers[0].seller_id, link.takedown_id) == ("None", "t2")


@pytest.mark.parametrize(("mine", "theirs"), [("s1", "s1"), (None, "s1"), ("a-shop", None), (None, None)])
def test_the_same_account_or_none_is_no_link(
    drawn: list[PhotoPrint], mine: str | None, theirs: str | None
) -> None:
    bank = bank_of(t1=({"seller_id": theirs}, [drawn[0]]))
    fingerprint = asked([drawn[0]], seller_id=mine)
    assert bank.resembling(fingerprint.prints, Rules()).photos
    assert by_photos(bank, fingerprint) == ()
    assert by_contact(bank, fingerprint, t1=ContactMeeting("phone", "628110001", 1)) == ()


def test_one_id_on_another_marketplace_is_another_account(drawn: list[PhotoPrint]) -> None:
    bank = bank_of(t1=({"seller_id": "s1", "marketplace": "toko-uji"}, [drawn[0]]))
    (link,) = by_photos(bank, asked([drawn[0]], seller_id="s1"))
    assert link.key == "pasar-uji:s1|toko-uji:s1|same photos"


def test_a_contact_is_as_strong_as_few_tell_it() -> None:
    bank = bank_of(
        t1=({"seller_id": "m-shop"}, []), t2=({"seller_id": "m-shop"}, []), t3=({"seller_id": "n"}, [])
    )
    links = by_contact(
        bank,
        asked([], seller_id="z-shop"),
        t1=ContactMeeting("phone", "628110001", 4),
        t2=ContactMeeting("handle", "butik", 2),
        t3=ContactMeeting("shop", "pasar-uji/x", 50_000),
    )
    told = {link.sellers[0].seller_id: (link.contact, link.value, link.strength) for link in links}
    assert told == {"m-shop": ("handle", "butik", 0.5), "n": ("shop", "pasar-uji/x", 1 / 50_000)}
    assert {link.reason for link in links} == {"same contact"}
    assert [each.image for each in links[0].sellers] == [None, None]
    assert links[0].transform is links[0].inliers is msgspec.UNSET


def test_each_reason_has_a_link_of_its_own(drawn: list[PhotoPrint]) -> None:
    garments = [print_of(before_one_backdrop(garment)) for garment in range(2)]
    bank = bank_of(t1=({"seller_id": "m-shop"}, [garments[0], drawn[0]]))
    fingerprint = asked([garments[1], drawn[0]], seller_id="a-shop")
    found = bank.resembling(fingerprint.prints, Rules())
    found.takedowns["t1"].contact = ContactMeeting("phone", "628110001", 1)
    links = {link.reason: link for link in seller_links(fingerprint, bank, found)}
    assert set(links) == {"same backdrop", "same photos", "same contact"}
    assert len({link.key for link in links.values()}) == 3
    assert links["same backdrop"].strength == links["same backdrop"].inliers >= 12
    assert [each.image for each in links["same backdrop"].sellers] == [0, 0]
    assert [each.image for each in links["same photos"].sellers] == [1, 1]


def test_an_id_cannot_be_chosen_to_erase_anothers_link() -> None:
    at = datetime(2026, 11, 24, tzinfo=UTC)

    def key(first: str, second: str) -> str:
        sellers = tuple(
            {"marketplace": "m", "seller_id": name, "listing_id": "l"} for name in (first, second)
        )
        record = {
            "sellers": sellers,
            "reason": "same photos",
            "strength": 1.0,
            "takedown_id": "t",
            "seen_at": at,
        }
        return msgspec.convert(record, SellerLink).key

    assert key("a", "b") == "m:a|m:b|same photos"
    assert key("a|m:b", "c") != key("a", "b|m:c")
    assert key("a\\|m:b", "c") != key("a\\", "b|m:c")
