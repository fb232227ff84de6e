"""The pure engine, without any broker."""

import math
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from listing_records import START, drawn_photo, listing, relist, takedown, told

from connectors.events import Price
from connectors.evidence import PriceEvidence, SellerEvidence
from fingerprints.decision import SHARED_CONTACT, Likeness, decide, photo_weight
from fingerprints.photo_print import print_of_bytes
from fingerprints.policy import BUILT_IN
from streams.engine.pipeline import fingerprint_listing, fingerprint_takedown, match_listing
from streams.engine.rules import Rules
from streams.engine.scoring import price_ratio
from streams.engine.takedown_bank import TakedownBank
from streams.records import ImageFailure, listing_version

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)


def print_of_drawn(raw: bytes):
    return print_of_bytes(raw, max_pixels=10_000_000)


def bank_of(*fingerprints) -> TakedownBank:
    bank = TakedownBank()
    for fingerprint in fingerprints:
        bank.put(fingerprint)
    return bank


def match(event, bank: TakedownBank, photos=()):
    return match_listing(fingerprint_listing(event, photos), bank, Rules(), matched_at=NOW)


def test_one_alert_for_the_strongest_and_the_rest_as_others() -> None:
    photo = print_of_drawn(drawn_photo(1))
    twin = takedown(2, title=takedown(1).listing.title, seller_id="another")
    bank = bank_of(fingerprint_takedown(takedown(1), [photo]), fingerprint_takedown(twin, []))
    alert = match(relist(50, of=1), bank, [photo]).alert
    assert alert is not None
    assert alert.takedown.takedown_id == "t1"
    assert alert.other_takedowns == ("t2",)
    assert alert.probability > 0.99


def test_the_alert_id_depends_on_content_and_takedown_alone() -> None:
    bank = bank_of(fingerprint_takedown(takedown(1), []))
    event = relist(50, of=1)
    again = msgspec.structs.replace(
        event, event_id="other", observed_at=NOW, listed_at=NOW, url="https://x.example/?t=1"
    )
    edited = msgspec.structs.replace(event, description="baru")
    first, second, third = (match(one, bank).alert for one in (event, again, edited))
    assert first.alert_id == second.alert_id != third.alert_id


def test_ties_are_broken_by_id_so_that_every_worker_agrees() -> None:
    same = [fingerprint_takedown(takedown(n, title=takedown(1).listing.title), []) for n in (3, 1, 2)]
    for order in (same, same[::-1]):
        alert = match(relist(50, of=1), bank_of(*order)).alert
        assert (alert.takedown.takedown_id, alert.other_takedowns) == ("t1", ("t2", "t3"))


def test_a_takedown_never_matches_its_own_listing_as_a_relist() -> None:
    down = msgspec.structs.replace(takedown(1), taken_down_at=START + timedelta(days=1))
    bank = bank_of(fingerprint_takedown(down, []))
    assert match(listing(1), bank).alert is None
    later = listing(1, observed_at=START + timedelta(days=2))
    assert match(later, bank).alert.kind == "still_up"
    assert match(later, bank).alert.probability == 1.0


def test_a_generic_title_alone_never_alerts() -> None:
    generic = "kemeja flanel thrift preloved murah ready"
    bank = bank_of(*(fingerprint_takedown(takedown(n, title=generic), []) for n in range(3)))
    assert match(listing(50, title=generic), bank).alert is None


def test_failed_and_featureless_photos_match_nothing() -> None:
    bank = bank_of(fingerprint_takedown(takedown(1, title="satu"), [None, ImageFailure(1, "timeout")]))
    assert len(bank.photos) == 0
    assert match(listing(50), bank, [None, ImageFailure(1, "timeout")]).alert is None


def test_evidence_is_whole_and_heaviest_first() -> None:
    photo = print_of_drawn(drawn_photo(1))
    price = Price(amount="85000", currency="IDR")
    bank = bank_of(fingerprint_takedown(takedown(1, price=price), [None, photo]))
    event = relist(
        50, of=1, seller_id=takedown(1).listing.seller_id, price=Price(amount="80000", currency="IDR")
    )
    alert = match(event, bank, [None, None, photo]).alert
    kinds = [part.__struct_config__.tag for part in alert.evidence]
    assert kinds[:2] == ["photo", "title"]
    assert {type(part) for part in alert.evidence[2:]} == {PriceEvidence, SellerEvidence}
    assert (alert.evidence[0].listing_image, alert.evidence[0].takedown_image) == (2, 1)


def test_description_contact_category_and_condition_are_evidence_with_their_weights() -> None:
    shelf = {"category": "Pakaian Pria > Jaket", "condition": "used"}
    down = takedown(1, description=told(1, "hub 0812-3456-7890"), **shelf)
    event = relist(
        50, of=1, description=told(1, "WA: nol delapan satu dua 34567890"), category="jaket pria", condition="new",
        marketplace="toko-uji",
    )  # fmt: skip
    photo = print_of_drawn(drawn_photo(1))
    alert = match(event, bank_of(fingerprint_takedown(down, [photo])), [photo]).alert
    parts = {part.__struct_config__.tag: part for part in alert.evidence}
    assert set(parts) == {"photo", "title", "description", "contact", "category", "condition"}
    assert parts["contact"].value == "+6281234567890"
    assert parts["contact"].weight > 0
    assert parts["description"].weight > 2
    assert parts["category"].weight > 0 > parts["condition"].weight
    total = BUILT_IN.prior + sum(part.weight for part in alert.evidence)
    assert alert.probability == pytest.approx(1 / (1 + math.exp(-total)), abs=1e-5)


def test_a_contact_alone_links_two_sellers_and_alerts_nobody() -> None:
    bank = bank_of(fingerprint_takedown(takedown(1, description=told(1, "wa 081234567890")), []))
    found = match(listing(50, seller_id="lain", description=told(2, "wa.me/6281234567890")), bank)
    assert found.alert is None
    (link,) = found.seller_links
    assert (link.reason, link.value) == ("same contact", "+6281234567890")


def test_a_contact_of_many_accounts_weighs_nothing_and_one_of_a_busy_account_does() -> None:
    def weight(sellers: int, each: int) -> float:
        bank = bank_of(*(
            fingerprint_takedown(
                takedown(10 * s + n, seller_id=f"x{s}", description=told(10 * s + n, "wa 081234567890")), []
            )
            for s in range(sellers) for n in range(each)
        ))  # fmt: skip
        scores = match(listing(900, seller_id="lain", description=told(900, "wa 081234567890")), bank).scores
        return scores[0].decision.weight("contact")

    assert weight(1, 8) > 0
    assert weight(SHARED_CONTACT, 1) == 0


def test_a_description_that_many_takedowns_have_says_less() -> None:
    one = bank_of(fingerprint_takedown(takedown(1, description=told(1)), []))
    many = bank_of(*(fingerprint_takedown(takedown(n, description=told(1)), []) for n in range(6)))
    event = relist(900, of=1, description=told(1, "-"))
    assert match(event, one).scores[0].decision.weight("description") > 2
    assert match(event, many).scores[0].decision.weight("description") < 1.5


def test_a_description_alone_brings_no_takedown_up() -> None:
    bank = bank_of(fingerprint_takedown(takedown(1, description=told(1)), []))
    assert match(listing(900, description=told(1, "-")), bank).scores == ()


def test_other_algorithm_versions_are_counted_and_never_compared() -> None:
    old = fingerprint_takedown(takedown(1), [print_of_drawn(drawn_photo(1))])
    algorithms = msgspec.structs.replace(old.prints.algorithms, text="title-0", image="phash-0")
    old = msgspec.structs.replace(old, prints=msgspec.structs.replace(old.prints, algorithms=algorithms))
    bank = bank_of(old)
    assert (len(bank), len(bank.titles), len(bank.photos), bank.stale) == (1, 0, 0, 1)
    bank.withdraw("t1")
    assert (len(bank), bank.stale) == (0, 0)


@given(st.lists(st.tuples(st.sampled_from(["put", "withdraw"]), st.integers(0, 5)), max_size=30))
def test_the_bank_holds_exactly_what_was_put_and_not_withdrawn(steps) -> None:
    bank, held = TakedownBank(), set()
    for step, number in steps:
        if step == "put":
            bank.put(fingerprint_takedown(takedown(number), []))
            held.add(f"t{number}")
        else:
            bank.withdraw(f"t{number}")
            held.discard(f"t{number}")
    assert set(bank.takedowns) == held
    assert len(bank.titles) == len(held)
    for number in range(6):
        ids = [found.takedown.takedown_id for found in bank.taken_down_as(listing(number).key)]
        assert ids == [f"t{number}"] * (f"t{number}" in held)


@given(st.integers(0, 255), st.integers(0, 255))
def test_a_nearer_photo_never_weighs_less(one: int, other: int) -> None:
    near, far = sorted((one, other))
    assert photo_weight(near) >= photo_weight(far) >= 0


def test_missing_parts_weigh_nothing() -> None:
    assert decide(Likeness()).probability < 0.001
    assert not decide(Likeness()).weights


@pytest.mark.parametrize(
    ("left", "right", "ratio"),
    [("100", "50", 0.5), ("50", "100", 0.5), ("0", "0", None), ("0.10", "0.10", 1.0)],
)
def test_price_ratio(left: str, right: str, ratio: float | None) -> None:
    assert price_ratio(Price(amount=left, currency="IDR"), Price(amount=right, currency="IDR")) == ratio
    assert price_ratio(Price(amount=left, currency="IDR"), Price(amount=right, currency="MYR")) is None
    assert price_ratio(None, Price(amount=right, currency="IDR")) is None


def test_the_version_is_frozen() -> None:
    assert listing_version(listing(1)) == "90c42484cef7c2ed9859dd498d530a19"
