"""Shadow mode: what another policy would decide, and nothing else changed by asking."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from alert_records import alert
from hypothesis import given, settings
from hypothesis import strategies as st
from listing_records import START, listing, relist, takedown

from connectors.evidence import TitleEvidence
from fingerprints.decision import Likeness, decide
from fingerprints.policy import BUILT_IN, PARTS, Policy, Scales
from streams.engine.pipeline import Match, fingerprint_listing, fingerprint_takedown, match_listing
from streams.engine.resemblance import Resemblance
from streams.engine.rules import Rules
from streams.engine.scoring import Score
from streams.engine.shadow import policy_difference
from streams.engine.takedown_bank import TakedownBank
from streams.records import ListingFingerprint

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
QUIET = Policy(version="quiet", prior=-9.2, scales=Scales(title=0.1))
LOUD = Policy(version="loud", prior=-3.0)


def bank_of(*records) -> TakedownBank:
    bank = TakedownBank()
    for record in records:
        bank.put(fingerprint_takedown(record, []))
    return bank


def decided(event, bank: TakedownBank, rules: Rules) -> tuple[ListingFingerprint, Match]:
    fingerprint = fingerprint_listing(event, [])
    return fingerprint, match_listing(fingerprint, bank, rules, matched_at=NOW)


def difference(event, bank: TakedownBank, shadow: Policy | None, live: Policy = BUILT_IN):
    rules = Rules(policy=live, shadow=shadow)
    return policy_difference(*decided(event, bank, rules), rules)


def test_an_alert_of_the_live_policy_only() -> None:
    found = difference(relist(30, of=1), bank_of(takedown(1)), QUIET)
    assert found is not None
    assert found.kind == "only_live"
    assert (found.live.policy, found.live.takedown_id, found.live.alerts) == (BUILT_IN.version, "t1", True)
    assert (found.shadow.policy, found.shadow.takedown_id, found.shadow.alerts) == ("quiet", "t1", False)
    assert found.live.probability > 0.5 > found.shadow.probability
    assert found.shadow.weights["title"] == pytest.approx(found.live.weights["title"] / 10, abs=0.002)
    assert (found.crossing, found.listing.listing_id) == (("t1",), "l30")
    assert found.observed_at == relist(30, of=1).observed_at


def test_an_alert_of_the_shadow_policy_only() -> None:
    found = difference(relist(30, of=1), bank_of(takedown(1)), LOUD, live=QUIET)
    assert found is not None
    assert (found.kind, found.live.alerts, found.shadow.alerts) == ("only_shadow", False, True)


def made(rules: Rules, cluster: tuple[str, ...], **likenesses: Likeness) -> Match:
    """A match with these takedowns' likenesses; an alert with this cluster, if there is one."""
    scores = [
        Score(
            fingerprint_takedown(takedown(int(name[1:])), []),
            decide(likeness, rules.policy),
            Resemblance(),
            likeness,
        )
        for name, likeness in likenesses.items()
    ]
    scores.sort(key=lambda score: -score.probability)
    return Match(tuple(scores), alert(30, cluster=cluster) if cluster else None)


TITLES = Policy(version="titles", prior=-9.2, scales=Scales(photo=0.9))
PHOTOS = Policy(version="photos", prior=-9.2, scales=Scales(title=0.9))
BY_TITLE, BY_PHOTO = Likeness(title_weight=13.0), Likeness(photo_distance=40)


def test_another_takedown_first() -> None:
    rules = Rules(policy=TITLES, shadow=PHOTOS)
    fingerprint = fingerprint_listing(listing(30), [])
    found = policy_difference(fingerprint, made(rules, ("t1",), t1=BY_TITLE, t7=BY_PHOTO), rules)
    assert found is not None
    assert (found.kind, found.crossing) == ("another_takedown", ())
    assert (found.live.takedown_id, found.shadow.takedown_id) == ("t1", "t7")
    assert found.live.alerts
    assert found.shadow.alerts
    one = made(rules, ("t1", "t7"), t1=BY_TITLE, t7=BY_PHOTO)
    assert policy_difference(fingerprint, one, rules) is None, "the two are one for whoever looks"


def test_the_same_alert_with_other_takedowns_beside_it() -> None:
    rules = Rules(shadow=Policy(version="loud", prior=-8.0))
    near = {f"t{n}": Likeness(title_weight=8.5) for n in range(2, 40)}
    match = made(rules, ("t1",), t1=BY_TITLE, **near)
    found = policy_difference(fingerprint_listing(listing(30), []), match, rules)
    assert found is not None
    assert found.kind == "other_takedowns"
    assert found.live.takedown_id == found.shadow.takedown_id == "t1"
    assert found.crossing == tuple(f"t{n}" for n in range(2, 22)), "at most 20"


def test_relists_of_each_other_are_one_whichever_comes_first() -> None:
    """Two takedowns with one title: which of them is first is no difference."""
    twin = takedown(2, title=takedown(1).listing.title, seller_id="s2")
    bank = bank_of(takedown(1), twin)
    seller = Policy(version="seller", prior=-9.2, scales=Scales(seller=5.0))
    event = relist(30, of=1, seller_id="s2")
    rules = Rules(policy=Policy(version="plain", prior=-9.2, scales=Scales(seller=0.0)), shadow=seller)
    fingerprint, live = decided(event, bank, rules)
    assert live.alert is not None
    assert live.alert.takedown.takedown_id == "t1"
    assert live.alert.cluster == ("t1", "t2")
    assert policy_difference(fingerprint, live, rules) is None


def test_no_difference_where_there_is_none() -> None:
    bank = bank_of(takedown(1))
    assert difference(relist(30, of=1), bank, None) is None
    assert difference(relist(30, of=1), bank, BUILT_IN) is None
    assert difference(listing(30), bank, LOUD) is None, "it resembles nothing"
    down = msgspec.structs.replace(takedown(1), taken_down_at=START)
    up = listing(1, observed_at=START + timedelta(hours=1))
    still = bank_of(down, takedown(3, title=takedown(1).listing.title))
    assert decided(up, still, Rules())[1].alert.kind == "still_up"
    assert difference(up, still, QUIET) is None, "no policy decides what is still up"


scales = st.builds(Scales, **dict.fromkeys(PARTS, st.floats(0, 5)))
policies = st.builds(Policy, version=st.just("any"), prior=st.floats(-20, 5), scales=scales)
BANK = bank_of(*(takedown(n) for n in range(1, 6)), takedown(6, title=takedown(1).listing.title))


@settings(max_examples=80, deadline=None)
@given(policies, policies, st.integers(1, 5), st.sampled_from([0.1, 0.5, 0.9]))
def test_a_shadow_is_what_its_policy_alone_would_do_and_changes_nothing(
    live: Policy, shadow: Policy, of: int, threshold: float
) -> None:
    event = relist(40, of=of, seller_id="s2")
    alone = Rules(threshold=threshold, policy=live)
    beside = Rules(threshold=threshold, policy=live, shadow=shadow)
    fingerprint, without = decided(event, BANK, alone)
    _, match = decided(event, BANK, beside)
    assert match == without
    found = policy_difference(fingerprint, match, beside)
    _, other = decided(event, BANK, Rules(threshold=threshold, policy=shadow))
    if found is None:
        assert (match.alert is None) == (other.alert is None)
        if match.alert is not None:
            assert other.alert.takedown.takedown_id in match.alert.cluster
        return
    assert found.live.alerts == (match.alert is not None)
    assert found.shadow.alerts == (other.alert is not None)
    if other.alert is not None:
        assert found.shadow.takedown_id == other.alert.takedown.takedown_id
        assert found.shadow.probability == other.alert.probability
        titles = [part for part in other.alert.evidence if isinstance(part, TitleEvidence)]
        assert not titles or titles[0].weight == found.shadow.weights["title"]
