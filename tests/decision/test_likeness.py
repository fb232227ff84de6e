"""What a listing and a takedown have in common, as the decision is asked about it."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest
from listing_records import listing, takedown

from connectors.events import AlertListing, Price
from fingerprints.decision import Likeness, decide
from fingerprints.photo_align import Alignment
from fingerprints.photo_match import PhotoMatch
from fingerprints.policy import BUILT_IN, Policy, Scales
from streams.engine.pipeline import fingerprint_listing, fingerprint_takedown
from streams.engine.resemblance import ContactMeeting, PhotoMeeting, Resemblance, Resembling, TextMeeting
from streams.engine.rules import Rules
from streams.engine.scoring import is_same_seller, likeness_of, price_ratio, score_listing

PRINT: Any = SimpleNamespace(width=480, height=640)
ALIGNED = Alignment(np.eye(2, 3), inliers=30, error=0.001, places=np.zeros(30, np.complex128))


def photo(**changes: Any) -> PhotoMeeting:
    return PhotoMeeting(0, 0, PRINT, PhotoMatch("t1", 0, **changes))


def common(
    met: Resemblance, ours: dict[str, Any] | None = None, theirs: dict[str, Any] | None = None
) -> Likeness:
    mine = fingerprint_listing(listing(50, **(ours or {})), ())
    held = takedown(1)
    origin = msgspec.structs.replace(held.listing, **(theirs or {}))
    held = msgspec.structs.replace(held, listing=origin)
    return likeness_of(mine.listing, mine.prints, fingerprint_takedown(held, ()), met)


@pytest.mark.parametrize(
    ("met", "distance", "log_odds", "backdrop"),
    [
        (Resemblance(), None, None, False),
        (Resemblance(photo=photo(distance=7, log_odds=np.inf)), 7, None, False),
        (Resemblance(photo=photo(alignment=ALIGNED, log_odds=5.0)), None, 5.0, False),
        (Resemblance(photo=photo(distance=7, alignment=ALIGNED, log_odds=5.0)), 7, 5.0, False),
        (Resemblance(photo=photo(alignment=ALIGNED, log_odds=-5.0)), None, -5.0, True),
        (Resemblance(photo=photo(alignment=replace(ALIGNED, inliers=2), log_odds=-5.0)), None, -5.0, False),
    ],
    ids=["no-photo", "by-hash", "by-pixels", "by-both", "same-backdrop", "too-few-points"],
)
def test_a_photo_s_pixels_count_where_they_were_aligned(
    met: Resemblance, distance: int | None, log_odds: float | None, backdrop: bool
) -> None:
    found = common(met)
    assert (found.photo_distance, found.photo_log_odds, found.same_backdrop) == (distance, log_odds, backdrop)


def test_texts_weigh_what_their_meetings_say() -> None:
    met = Resemblance(
        title=TextMeeting(0.9, 7.5),
        description=TextMeeting(0.8, 2.5),
        contact=ContactMeeting("phone", "62811", 3),
    )
    found = common(met)
    assert (found.title_weight, found.description_weight, found.contact_accounts) == (7.5, 2.5, 3)
    found = common(Resemblance())
    assert (found.title_weight, found.description_weight, found.contact_accounts) == (None, None, None)


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [("new", "new", True), ("new", "used", False), ("unknown", "used", None), ("new", "unknown", None), ("unknown", "unknown", None)],
)  # fmt: skip
def test_a_condition_that_nobody_told_says_nothing(ours: str, theirs: str, same: bool | None) -> None:
    assert common(Resemblance(), {"condition": ours}, {"condition": theirs}).same_condition is same


@pytest.mark.parametrize(("marketplace", "overlap"), [("pasar-uji", 1.0), ("lapak-uji", None)])
def test_a_category_s_number_counts_on_its_own_marketplace(marketplace: str, overlap: float | None) -> None:
    found = common(Resemblance(), {"category": "100012", "marketplace": marketplace}, {"category": "100012"})
    assert found.category_overlap == overlap


@pytest.mark.parametrize(
    ("left", "right", "ratio"),
    [
        (("100", "IDR"), ("80", "IDR"), 0.8),
        (("80", "IDR"), ("100", "IDR"), 0.8),
        (("80", "IDR"), ("100", "MYR"), None),
        (("0", "IDR"), ("100", "IDR"), None),
        (("0.5", "IDR"), ("1", "IDR"), 0.5),
        (None, ("100", "IDR"), None),
        (("100", "IDR"), None, None),
    ],
)
def test_prices_are_compared_in_one_currency(
    left: tuple[str, str] | None, right: tuple[str, str] | None, ratio: float | None
) -> None:
    assert price_ratio(*(Price(*each) if each else None for each in (left, right))) == ratio


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [(("a", "s"), ("a", "s"), True), (("a", "s"), ("b", "s"), False), (("a", "s"), ("a", "r"), False), (("a", None), ("a", None), False)],
)  # fmt: skip
def test_an_account_is_a_seller_of_a_marketplace(
    one: tuple[str, str | None], other: tuple[str, str | None], same: bool
) -> None:
    def of(marketplace: str, seller: str | None) -> AlertListing:
        return AlertListing(marketplace=marketplace, listing_id="1", seller_id=seller, title="x")

    assert is_same_seller(of(*one), of(*other)) is same


def test_a_listing_is_scored_by_the_policy_in_force_and_never_against_its_own_takedown() -> None:
    mine = fingerprint_listing(listing(50), ())
    down = {f"t{each}": fingerprint_takedown(takedown(each), ()) for each in (1, 2, 50)}
    bank: Any = SimpleNamespace(takedowns=down)
    met = Resembling()
    for owner, weight in (("t1", 3.0), ("t2", 9.0), ("t50", 12.0)):
        met.takedowns[owner] = Resemblance(title=TextMeeting(0.9, weight))
    doubled = Policy(version="2", prior=BUILT_IN.prior, scales=Scales(title=2.0))
    scores = score_listing(mine, bank, met, Rules(policy=doubled))
    assert [score.takedown_id for score in scores] == ["t2", "t1"]
    assert [score.decision for score in scores] == [decide(score.likeness, doubled) for score in scores]
    assert scores[0].probability != decide(scores[0].likeness).probability


def test_takedowns_that_are_as_probable_come_by_their_ids() -> None:
    mine = fingerprint_listing(listing(50), ())
    bank: Any = SimpleNamespace(
        takedowns={f"t{each}": fingerprint_takedown(takedown(each), ()) for each in (2, 1, 3)}
    )
    met = Resembling()
    for owner in ("t3", "t1", "t2"):
        met.takedowns[owner] = Resemblance(title=TextMeeting(0.9, 5.0))
    assert [score.takedown_id for score in score_listing(mine, bank, met, Rules())] == ["t1", "t2", "t3"]
