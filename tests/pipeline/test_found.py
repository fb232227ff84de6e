"""What was found becomes what resembles: the best of each kind for each takedown, less what honest sellers use; and what
shards found is put together as one search would have found it."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from alert_records import alert, verdict
from msgspec.structs import replace

from connectors.evidence import PhotoEvidence, TitleEvidence
from fingerprints.photo_match import PhotoMatch
from streams.engine.allow_list import AllowList
from streams.engine.found import resembling_of, together
from streams.engine.resemblance import ContactMeeting, Found, FoundPhoto, PhotoMeeting, TextMeeting
from streams.engine.rules import Rules

RULES = Rules()
PRINT: Any = None
"""No pixel is looked at."""


def photo(
    owner: str, log_odds: float, *, image: int = 0, takedown_image: int = 0
) -> tuple[str, PhotoMeeting]:
    return owner, PhotoMeeting(image, takedown_image, PRINT, PhotoMatch(owner, 0, log_odds=log_odds))


def text(weight: float) -> TextMeeting:
    return TextMeeting(similarity=1.0, weight=weight)


def contact(accounts: int) -> ContactMeeting:
    return ContactMeeting("phone", f"+62{accounts}", accounts)


def allowing(*evidence: Any) -> Rules:
    """Rules by which one account is enough to allow what an analyst saw on t1."""
    allowed, base = AllowList(accounts=1), alert(1)
    takedown = replace(base.takedown, takedown_id="t1")
    allowed.put("a", verdict(1, "not a relist", alert=replace(base, evidence=evidence, takedown=takedown)))
    return Rules(allowed=allowed)


TITLE_ALLOWED = allowing(TitleEvidence(similarity=1.0, listing_text="a", takedown_text="a", weight=9.0))
PHOTO_ALLOWED = allowing(
    PhotoEvidence(listing_image=0, takedown_image=2, relation="same photo", edits=(), weight=9.0)
)


class TestResembling:
    def test_an_allowed_title_is_left_out_and_counted_and_others_stay(self) -> None:
        titles = (("t1", text(3)), ("t2", text(2)), ("t1", text(1)))
        found = resembling_of(Found(titles=titles), TITLE_ALLOWED)
        assert {owner: one.title for owner, one in found.takedowns.items()} == {"t2": text(2)}
        assert found.allowed == 2
        assert resembling_of(Found(titles=titles), RULES).takedowns.keys() == {"t1", "t2"}

    def test_an_allowed_photo_takes_its_whole_search_with_it(self) -> None:
        shown = FoundPhoto(0, "hash", (photo("t3", np.inf), photo("t1", np.inf, takedown_image=2)))
        other = FoundPhoto(1, "points", (photo("t4", 5.0, image=1),))
        found = resembling_of(Found(photos=(shown, shown, other)), PHOTO_ALLOWED)
        assert found.takedowns.keys() == {"t4"}
        assert found.photos == [photo("t4", 5.0, image=1)]
        assert (found.allowed, found.tiers) == (2, Counter(hash=2, points=1))

    @pytest.mark.parametrize(
        "met",
        [photo("t1", np.inf), photo("t2", np.inf, takedown_image=2), photo("t1", -1.0, takedown_image=2)],
        ids=["another photo of it", "the place in another takedown", "its backdrop alone"],
    )
    def test_what_is_not_that_photo_counts(self, met: tuple[str, PhotoMeeting]) -> None:
        found = resembling_of(Found(photos=(FoundPhoto(0, "points", (met,)),)), PHOTO_ALLOWED)
        assert found.takedowns[met[0]].photo == met[1]
        assert found.allowed == 0

    def test_a_takedown_gets_its_best_photo_and_all_are_kept(self) -> None:
        worse, best, middle = photo("t1", 1.0), photo("t1", 9.0, image=1), photo("t1", 5.0, image=2)
        searches = tuple(FoundPhoto(n, "points", (one,)) for n, one in enumerate((worse, best, middle)))
        found = resembling_of(Found(photos=searches), RULES)
        assert found.takedowns["t1"].photo == best[1]
        assert found.photos == [worse, best, middle]

    def test_of_equals_the_first_stays(self) -> None:
        first, second = photo("t1", 5.0), photo("t1", 5.0, image=1)
        searches = (FoundPhoto(0, "points", (first,)), FoundPhoto(1, "points", (second,)))
        found = resembling_of(
            Found(photos=searches, contacts=(("t1", contact(2)), ("t1", ContactMeeting("phone", "+0", 2)))),
            RULES,
        )
        assert found.takedowns["t1"].photo == first[1]
        assert found.takedowns["t1"].contact == contact(2)

    def test_the_contact_that_fewest_accounts_tell_brings_its_takedown_up(self) -> None:
        found = resembling_of(
            Found(contacts=(("t1", contact(5)), ("t1", contact(2)), ("t1", contact(4)))), RULES
        )
        assert found.takedowns["t1"].contact == contact(2)

    def test_a_description_counts_where_something_else_brought_its_takedown_up(self) -> None:
        found = resembling_of(
            Found(titles=(("t1", text(2)),), descriptions=(("t1", text(1)), ("t2", text(1)))), RULES
        )
        assert found.takedowns.keys() == {"t1"}
        assert found.takedowns["t1"].description == text(1)


class TestTogether:
    def test_titles_are_the_heaviest_of_all_and_equals_by_id(self) -> None:
        one = Found(titles=(("t3", text(9)), ("t1", text(2))))
        other = Found(titles=(("t0", text(5)), ("t2", text(9))))
        assert [owner for owner, _ in together([one, other], 3).titles] == ["t2", "t3", "t0"]

    def test_contacts_and_descriptions_are_all_there(self) -> None:
        one = Found(contacts=(("t1", contact(1)),), descriptions=(("t1", text(1)),))
        other = Found(contacts=(("t2", contact(2)),), descriptions=(("t2", text(2)),))
        both = together([one, other], 1)
        assert both.contacts == one.contacts + other.contacts
        assert both.descriptions == one.descriptions + other.descriptions

    def test_a_photo_that_a_hash_settles_anywhere_is_settled_for_all(self) -> None:
        one = Found(photos=(FoundPhoto(4, "points", (photo("t1", 9.0, image=4),)),))
        other = Found(photos=(FoundPhoto(4, "hash", (photo("t2", np.inf, image=4),)),))
        assert together([one, other], 5).photos == (FoundPhoto(4, "hash", (photo("t2", np.inf, image=4),)),)

    @pytest.mark.parametrize(
        ("odds", "tier"), [((9.0, -1.0), "points"), ((-2.0, -1.0), "none"), ((), "none")]
    )
    def test_the_best_of_all_says_whether_points_found_the_photo(
        self, odds: tuple[float, ...], tier: str
    ) -> None:
        each = [photo(f"t{n}", one, image=4) for n, one in enumerate(odds)] or [None]
        shards = [Found(photos=(FoundPhoto(4, "none", (one,) if one else ()),)) for one in each]
        (search,) = together(shards, 5).photos
        assert (search.image, search.tier) == (4, tier)
        assert [met.match.log_odds for _, met in search.meetings] == sorted(odds, reverse=True)

    def test_no_more_takedowns_than_one_search_gives_and_photos_in_their_order(self) -> None:
        photos = [photo(f"t{n}", float(n), image=2) for n in range(6)]
        shards = [
            Found(photos=(FoundPhoto(2, "points", tuple(photos[:3])),)),
            Found(photos=(FoundPhoto(2, "points", tuple(photos[3:])), FoundPhoto(0, "none", ()))),
        ]
        first, second = together(shards, 2).photos
        assert (first.image, second.image) == (0, 2)
        assert [owner for owner, _ in second.meetings] == ["t5", "t4"]
