"""From verdicts to what a policy is fitted to: exact evidence or none."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from alert_records import NOON, alert, flood, verdict
from listing_records import START, relist, takedown

from connectors.events import Algorithms, Price
from connectors.evidence import PhotoEvidence, TitleEvidence
from connectors.verdicts import Verdict
from fingerprints.decision import decide, unscaled_weights
from fingerprints.policy import BUILT_IN, Policy, Scales
from streams.engine.pipeline import fingerprint_listing, fingerprint_takedown, match_listing
from streams.engine.rules import Rules
from streams.engine.takedown_bank import TakedownBank
from streams.policy.judged_alerts import gather, unscaled

OTHER = Policy(version="other", prior=-7.0, scales=Scales(title=0.5, price=3.0, category=0.3))


def matched(policy: Policy) -> Any:
    """A real alert by title, price, category and condition under this policy, with its score."""
    price = Price(amount="85000", currency="IDR")
    parts = {"price": price, "category": "jaket pria", "condition": "used"}
    bank = TakedownBank()
    bank.put(fingerprint_takedown(takedown(1, **parts), []))
    event = fingerprint_listing(relist(30, of=1, **(parts | {"condition": "new"})), [])
    return match_listing(event, bank, Rules(policy=policy, threshold=0.01), matched_at=START)


def judged(number: int, said: str = "relist", **changes: Any) -> Verdict:
    """A verdict on an alert that the built-in policy makes of a title of 12 nats."""
    title = TitleEvidence(similarity=1.0, listing_text="a", takedown_text="a", weight=12.0)
    made = decide_title()
    fields = {"evidence": (title,), "probability": made} | changes
    return verdict(number, said, alert=alert(number, **fields))


def decide_title() -> float:
    from fingerprints.decision import Likeness

    return round(decide(Likeness(title_weight=12.0)).probability, 6)


@pytest.mark.parametrize("policy", [BUILT_IN, OTHER], ids=["built-in", "other"])
def test_a_real_alerts_evidence_is_told_exactly(policy: Policy) -> None:
    match = matched(policy)
    (score,) = match.scores
    wanted = unscaled_weights(score.likeness)
    assert set(wanted) == {"title", "price", "category", "condition"}
    found = unscaled(match.alert, policy)
    assert found == pytest.approx(wanted, abs=0.002)


def test_evidence_that_cannot_be_told_is_left_out() -> None:
    real = matched(OTHER).alert
    assert unscaled(real, OTHER) is not None
    for changed in (
        msgspec.structs.replace(real, probability=real.probability - 0.05),
        msgspec.structs.replace(real, evidence=real.evidence[1:]),
        msgspec.structs.replace(real, evidence=real.evidence * 2),
        msgspec.structs.replace(
            real, evidence=(msgspec.structs.replace(real.evidence[0], weight=1e300), *real.evidence[1:])
        ),
        flood(1),
    ):
        assert unscaled(changed, OTHER) is None
    assert unscaled(real, BUILT_IN) is None, "a policy of that name with other scales"
    silent = msgspec.structs.replace(OTHER, scales=Scales(contact=0.0))
    assert unscaled(matched(silent).alert, silent) is None, "a contact would have left no trace"


def test_what_is_used_and_what_is_left_out() -> None:
    title = TitleEvidence(similarity=1.0, listing_text="a", takedown_text="a", weight=12.0)
    foreign = Algorithms(image="i", text="t", policy="of long ago")
    found = gather(
        [
            judged(1, cluster=("t0", "t1")),
            judged(2, "not a relist"),
            judged(3, "same backdrop"),
            judged(4, "unsure"),
            judged(5, algorithms=foreign),
            judged(6, kind="still_up", evidence=()),
            judged(7, evidence=(title, title)),
            judged(8, "relist"),
            judged(8, "not a relist"),
            verdict(9, "relist", alert=flood(9)),
        ],
        [BUILT_IN, OTHER],
    )
    assert [(one.judged.relist, one.takedown) for one in found.used] == [
        (True, "t0"),
        (False, "t1"),
        (False, "t1"),
        (False, "t1"),
    ]
    assert all(one.judged.weights == {"title": 12.0} for one in found.used)
    assert (found.relists, len(found.judged)) == (1, 4)
    assert found.left_out == {
        "unsure": 1,
        "of an unknown policy": 1,
        "on no relist alert": 2,
        "evidence that does not make up the alert": 1,
    }
    assert found.kinds == {"relist": 5, "not a relist": 2, "same backdrop": 1, "unsure": 1}


def test_a_photo_is_one_of_two_parts_by_its_relation() -> None:
    def photo(relation: Any, weight: float) -> Any:
        part = PhotoEvidence(listing_image=0, takedown_image=0, relation=relation, edits=(), weight=weight)
        total = BUILT_IN.prior + weight
        from fingerprints.decision import probability_of

        return unscaled(alert(1, evidence=(part,), probability=round(probability_of(total), 6)), BUILT_IN)

    assert photo("same photo", 13.0) == {"photo": 13.0}
    assert photo("same backdrop", 1.0) == {"backdrop": 1.0}


def test_the_newest_verdict_is_what_was_decided_last() -> None:
    later = msgspec.structs.replace(judged(1), decided_at=NOON + timedelta(days=1))
    (one,) = gather([later], [BUILT_IN]).used
    assert one.decided_at == (NOON + timedelta(days=1)).isoformat()
