"""What a shard tells the gatherer, and what the gatherer's own match says beside the alert."""

import pytest
from alert_records import alert, verdict
from listing_records import START, drawn_photo, listing, relist, takedown, told
from msgspec.structs import replace
from shard_scene import OFFSET, divided, gathered

from connectors.evidence import ContactEvidence, TitleEvidence
from fingerprints.photo_print import PhotoPrint, print_of_bytes
from fingerprints.policy import BUILT_IN
from streams.engine.allow_list import AllowList
from streams.engine.pipeline import fingerprint_listing, fingerprint_takedown, match_listing
from streams.engine.rules import Rules
from streams.engine.takedown_bank import TakedownBank
from streams.records import ListingFingerprint, TakedownFingerprint
from streams.sharding.answers import ShardMatch
from streams.sharding.gathering import answer_of, gather, search
from streams.shards import shard_of

NEVER = replace(BUILT_IN, version="never", prior=-60.0)
"""By which nothing comes to the threshold."""


@pytest.fixture(scope="module")
def photo() -> PhotoPrint:
    found = print_of_bytes(drawn_photo(1), max_pixels=10_000_000)
    assert found is not None
    return found


def bank_of(*held: TakedownFingerprint) -> TakedownBank:
    bank = TakedownBank()
    for each in held:
        bank.put(each)
    return bank


def told_of(one: ListingFingerprint, bank: TakedownBank, rules: Rules) -> ShardMatch | None:
    return answer_of(OFFSET, one, search(one, bank, rules), bank, rules)


def test_what_only_the_shadow_would_alert_on_is_told() -> None:
    bank, came_back = bank_of(fingerprint_takedown(takedown(1), [])), fingerprint_listing(relist(100, 1), [])
    assert told_of(came_back, bank, Rules(policy=NEVER)) is None
    assert told_of(came_back, bank, Rules(policy=NEVER, shadow=NEVER)) is None
    answer = told_of(came_back, bank, Rules(policy=NEVER, shadow=BUILT_IN))
    assert answer is not None
    assert [each.takedown.takedown_id for each in answer.takedowns] == ["t1"]


def test_a_takedown_just_at_the_threshold_is_told() -> None:
    bank, came_back = bank_of(fingerprint_takedown(takedown(1), [])), fingerprint_listing(relist(100, 1), [])
    (score,) = search(came_back, bank, Rules()).scores
    for rules in (
        Rules(threshold=score.probability),
        Rules(threshold=score.probability, policy=NEVER, shadow=BUILT_IN),
    ):
        answer = told_of(came_back, bank, rules)
        assert answer is not None
        assert len(answer.takedowns) == 1


def test_a_photo_that_a_hash_settled_is_told_though_nothing_comes_to_the_threshold(photo: PhotoPrint) -> None:
    """For then no points would have been looked at for the others' takedowns either."""
    bank = bank_of(fingerprint_takedown(takedown(1), [photo]))
    answer = told_of(fingerprint_listing(listing(100), [photo]), bank, Rules(policy=NEVER))
    assert answer is not None
    assert (answer.takedowns, [each.tier for each in answer.photos]) == ((), ["hash"])


def test_what_the_allow_list_silenced_is_told() -> None:
    allowed, base = AllowList(accounts=1), alert(1)
    seen = TitleEvidence(similarity=1.0, listing_text="a", takedown_text="a", weight=9.0)
    named = replace(base, evidence=(seen,), takedown=replace(base.takedown, takedown_id="t1"))
    allowed.put("a", verdict(1, "not a relist", alert=named))
    bank = bank_of(fingerprint_takedown(takedown(1), []))
    answer = told_of(fingerprint_listing(relist(100, 1), []), bank, Rules(policy=NEVER, allowed=allowed))
    assert answer is not None
    assert answer.takedowns == ()


def test_a_contact_that_another_shards_takedown_tells_is_evidence() -> None:
    number = next(number for number in range(20) if shard_of(f"t{number}", 2) == 2)
    held = [fingerprint_takedown(takedown(number, description=told(1)), [])]
    came_back = fingerprint_listing(relist(100, number, description=told(1)), [])
    whole = match_listing(came_back, bank_of(*held), Rules(), matched_at=START).alert
    assert whole is not None
    assert any(isinstance(each, ContactEvidence) for each in whole.evidence)
    assert gathered(divided(2, held), came_back, Rules()) == whole


def test_no_more_takedowns_than_one_search_gives() -> None:
    held = [fingerprint_takedown(takedown(n, title=takedown(1).listing.title), []) for n in range(8)]
    came_back, rules = fingerprint_listing(relist(100, 1), []), Rules(candidates=3)
    found = gathered(divided(2, held), came_back, rules)
    assert found is not None
    assert len(found.other_takedowns) == 2


def test_the_very_listing_is_named_by_the_least_id_of_all_shards() -> None:
    """Taken down three times, on whatever shards: the alert is about the first of them."""
    held = [
        fingerprint_takedown(replace(takedown(1), takedown_id=takedown_id), [])
        for takedown_id in ("t9", "t5", "t7", "t3")
    ]
    assert len({shard_of(each.takedown.takedown_id, 2) for each in held}) == 2
    still_up = fingerprint_listing(listing(1), [])
    whole = match_listing(still_up, bank_of(*held), Rules(), matched_at=START).alert
    assert whole is not None
    for order in (held, held[::-1]):
        assert gathered(divided(2, order), still_up, Rules()) == whole


def test_the_gatherers_match_has_its_own_links_tiers_and_scores(photo: PhotoPrint) -> None:
    bank = bank_of(fingerprint_takedown(takedown(1), [photo]))
    one = fingerprint_listing(relist(100, 1), [photo])
    whole = match_listing(one, bank, Rules(), matched_at=START)
    found = gather(one, search(one, bank, Rules()), (), bank, Rules(), matched_at=START)
    assert found.seller_links == whole.seller_links != ()
    assert (found.tiers, found.allowed) == (whole.tiers, whole.allowed) == ({"hash": 1}, 0)
    assert (
        [each.takedown_id for each in found.scores] == [each.takedown_id for each in whole.scores] == ["t1"]
    )
    assert found.alert == whole.alert
