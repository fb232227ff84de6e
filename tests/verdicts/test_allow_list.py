"""The allow-list beside a model that counts everything anew."""

from typing import Any

import msgspec
from alert_records import alert, flood, verdict
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from connectors.evidence import PhotoEvidence, PriceEvidence, TitleEvidence
from connectors.verdicts import Judgement, Verdict
from streams.engine.allow_list import AllowList, Sign

TAKEDOWNS, IMAGES, SELLERS = ("t1", "t2"), (0, 1), ("s1", "s2", "s3", None)


def photo(image: int, relation: Any = "same photo", weight: float = 9.0) -> PhotoEvidence:
    return PhotoEvidence(listing_image=0, takedown_image=image, relation=relation, edits=(), weight=weight)


def title(weight: float = 9.0) -> TitleEvidence:
    return TitleEvidence(similarity=1.0, listing_text="a", takedown_text="a", weight=weight)


def judged(
    number: int, said: Judgement, *evidence: Any, takedown_id: str = "t1", seller: str | None = "s1"
) -> Verdict:
    base = alert(number)
    made = msgspec.structs.replace(
        base,
        evidence=evidence,
        takedown=msgspec.structs.replace(base.takedown, takedown_id=takedown_id),
        listing=msgspec.structs.replace(base.listing, seller_id=seller),
    )
    return verdict(number, said, alert=made)


def signs_of(one: Verdict) -> set[Sign]:
    """Written out once more, for the model."""
    found = set()
    for part in one.alert.evidence:
        kind = part.__struct_config__.tag
        if part.weight > 0 and kind == "title":
            found.add(Sign(one.alert.takedown.takedown_id, None))
        if part.weight > 0 and kind == "photo" and part.relation == "same photo":
            found.add(Sign(one.alert.takedown.takedown_id, part.takedown_image))
    return found


evidence = st.lists(
    st.one_of(
        st.builds(
            photo,
            st.sampled_from(IMAGES),
            st.sampled_from(["same photo", "same backdrop"]),
            st.sampled_from([9.0, 0.0, -1.0]),
        ),
        st.builds(title, st.sampled_from([9.0, 0.0])),
        st.just(PriceEvidence(ratio=1.0, weight=0.5)),
    ),
    max_size=3,
)


class AllowedBesideModel(RuleBasedStateMachine):
    """Verdicts come, are replaced and taken back, in any order."""

    @initialize(accounts=st.integers(1, 3))
    def start(self, accounts: int) -> None:
        self.allowed = AllowList(accounts)
        self.verdicts: dict[str, Verdict] = {}

    @rule(
        number=st.integers(0, 7),
        said=st.sampled_from(["relist", "not a relist", "not a relist", "same backdrop", "unsure"]),
        evidence=evidence,
        takedown_id=st.sampled_from(TAKEDOWNS),
        seller=st.sampled_from(SELLERS),
    )
    def judge(
        self, number: int, said: Judgement, evidence: list[Any], takedown_id: str, seller: str | None
    ) -> None:
        one = judged(number, said, *evidence, takedown_id=takedown_id, seller=seller)
        self.verdicts[one.alert_id] = one
        self.allowed.put(one.alert_id, one)

    @rule(number=st.integers(0, 7))
    def take_back(self, number: int) -> None:
        self.verdicts.pop(f"alert-{number}", None)
        self.allowed.put(f"alert-{number}", None)

    def accounts(self, sign: Sign, said: str) -> int:
        return len(
            {
                (one.alert.listing.seller_id, one.alert.listing.seller_id or one.alert.listing.listing_id)
                for one in self.verdicts.values()
                if one.verdict == said and sign in signs_of(one)
            }
        )

    @invariant()
    def agrees(self) -> None:
        every = [Sign(takedown_id, image) for takedown_id in TAKEDOWNS for image in (None, *IMAGES)]
        wanted = []
        for sign in every:
            cleared, convicted = self.accounts(sign, "not a relist"), self.accounts(sign, "relist")
            assert (self.allowed.cleared(sign), self.allowed.convicted(sign)) == (cleared, convicted)
            if cleared >= self.allowed.accounts and cleared > convicted:
                wanted.append(sign)
            allowed = (
                self.allowed.allows_title(sign.takedown_id)
                if sign.image is None
                else self.allowed.allows_photo(sign.takedown_id, sign.image)
            )
            assert allowed == (sign in wanted)
        assert self.allowed.signs == wanted, "sorted: the title, then the photos"
        if wanted:
            assert self.allowed


TestAllowedBesideModel = AllowedBesideModel.TestCase
TestAllowedBesideModel.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


def test_one_seller_who_is_cleared_again_and_again_is_one_account() -> None:
    allowed = AllowList(2)
    for number in range(9):
        allowed.put(f"alert-{number}", judged(number, "not a relist", title()))
    assert not allowed.allows_title("t1")
    allowed.put("alert-9", judged(9, "not a relist", title(), seller="s2"))
    assert allowed.allows_title("t1")


def test_as_many_convicted_as_cleared_are_no_honest_sellers() -> None:
    allowed = AllowList(1)
    allowed.put("alert-1", judged(1, "not a relist", photo(0)))
    assert allowed.allows_photo("t1", 0)
    allowed.put("alert-2", judged(2, "relist", photo(0), seller="s2"))
    assert not allowed.allows_photo("t1", 0)
    allowed.put("alert-2", judged(2, "unsure", photo(0), seller="s2"))
    assert allowed.allows_photo("t1", 0)


def test_the_verdict_on_a_flood_clears_nothing() -> None:
    allowed = AllowList(1)
    allowed.put("alert-1", verdict(1, "not a relist", alert=flood(1)))
    assert not allowed
    assert allowed.signs == []


def test_an_account_that_was_cleared_twice_stays_cleared_until_both_are_taken_back() -> None:
    known, sign = AllowList(accounts=1), Sign("t1", 0)
    for number in (1, 2):
        known.put(f"a{number}", judged(number, "not a relist", photo(0)))
    for alert_id, cleared in (("a1", 1), ("a2", 0)):
        assert known.allows_photo("t1", 0)
        known.put(alert_id, None)
        assert known.cleared(sign) == cleared
    assert not known.allows_photo("t1", 0)
    assert not known
