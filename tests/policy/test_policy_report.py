"""The report of a fit: honest folds, and what would change."""

import random
from collections import Counter

import pytest

from fingerprints.decision import probability_of
from fingerprints.policy import BUILT_IN, PARTS, Policy, Scales
from fingerprints.policy_fit import Judged
from streams.policy.judged_alerts import Gathered, JudgedAlert
from streams.policy.report import TooFewVerdictsError, cross_validated, fit_policy, folds_of

TRUTH = Policy(version="truth", prior=-9.2, scales=Scales(title=0.7))


def used(many: int, seed: int = 1, takedowns: int = 40) -> list[JudgedAlert]:
    """Alerts by title and photo, judged as `TRUTH` says."""
    dice = random.Random(seed)
    found = []
    for _ in range(many):
        weights = {"title": dice.uniform(9.2, 14.0)} | ({"price": 0.5} if dice.random() < 0.5 else {})
        log_odds = TRUTH.prior + sum(TRUTH.scale(part) * weight for part, weight in weights.items())
        relist = dice.random() < probability_of(log_odds)
        found.append(
            JudgedAlert(
                Judged(weights, relist), f"t{dice.randrange(takedowns)}", f"2026-11-{dice.randint(10, 24)}"
            )
        )
    return found


def gathered(alerts: list[JudgedAlert]) -> Gathered:
    kinds = Counter("relist" if one.judged.relist else "not a relist" for one in alerts)
    return Gathered(alerts, kinds, Counter({"unsure": 2}))


def test_a_fit_says_what_changes_and_for_whom() -> None:
    alerts = used(600)
    policy, report = fit_policy(gathered(alerts), BUILT_IN, "new", 0.5)
    relists = sum(one.judged.relist for one in alerts)
    assert policy.fitted is not None
    assert (policy.fitted.relists, policy.fitted.others) == (relists, 600 - relists)
    assert (policy.fitted.newest, policy.fitted.base) == (
        max(one.decided_at for one in alerts),
        BUILT_IN.version,
    )
    assert set(report.changes) == {"prior", *PARTS}
    assert report.changes["title"].before == 1.0 > report.changes["title"].after == policy.scales.title
    assert report.seen_loss.after < report.seen_loss.before
    assert report.unseen_loss is not None
    assert report.seen_loss.after < report.unseen_loss.after < report.unseen_loss.before
    assert report.unseen_brier is not None
    assert report.unseen_brier.after < report.unseen_brier.before
    assert report.better
    assert report.left_out == {"unsure": 2}

    def alerting(which: Policy) -> set[int]:
        return {
            n
            for n, one in enumerate(alerts)
            if probability_of(which.prior + sum(which.scale(p) * w for p, w in one.judged.weights.items()))
            >= 0.5
        }

    gone = alerting(BUILT_IN) - alerting(policy)
    assert gone
    assert (report.silenced, report.raised) == (len(gone), len(alerting(policy) - alerting(BUILT_IN)))
    assert report.silenced_relists == sum(alerts[n].judged.relist for n in gone)


def test_noise_does_no_better_on_what_was_not_seen() -> None:
    """Verdicts as the base itself draws them: what the fit learns is chance, and the folds show it."""
    dice = random.Random(5)
    alerts = []
    for n in range(60):
        weight = dice.uniform(9.2, 12.0)
        relist = dice.random() < probability_of(BUILT_IN.prior + weight)
        alerts.append(JudgedAlert(Judged({"title": weight}, relist), f"t{n}", "2026-11-24"))
    _, report = fit_policy(gathered(alerts), BUILT_IN, "new", 0.5)
    assert report.seen_loss.after < report.seen_loss.before
    assert report.unseen_loss is not None
    assert report.unseen_loss.after > report.seen_loss.after


def test_a_takedowns_verdicts_are_in_one_fold() -> None:
    alerts = used(200, takedowns=11)
    folds = folds_of(alerts)
    assert len(folds) == 5
    assert sorted(map(id, (one for fold in folds for one in fold))) == sorted(map(id, alerts))
    where = {takedown: {n for n, fold in enumerate(folds) for one in fold if one.takedown == takedown}
             for takedown in {one.takedown for one in alerts}}  # fmt: skip
    assert all(len(places) == 1 for places in where.values())
    assert max(map(len, folds)) < 2 * min(map(len, folds))
    assert folds_of(alerts) == folds
    assert len(folds_of(used(30, takedowns=2))) == 2


def test_one_takedown_alone_cannot_be_judged() -> None:
    alerts = used(50, takedowns=1)
    assert cross_validated(alerts, BUILT_IN) is None
    _, report = fit_policy(gathered(alerts), BUILT_IN, "new", 0.5)
    assert (report.unseen_loss, report.unseen_brier, report.better, report.takedowns) == (None, None, None, 1)


def test_too_few_or_only_one_kind_is_refused() -> None:
    with pytest.raises(
        TooFewVerdictsError, match="19 verdicts can be used, at least 20 .*left out: 2 unsure"
    ):
        fit_policy(gathered(used(19)), BUILT_IN, "new", 0.5)
    alike = [JudgedAlert(Judged({"title": 12.0}, False), "t1", "2026-11-24")] * 30
    with pytest.raises(TooFewVerdictsError, match="all 30 usable verdicts are no relists"):
        fit_policy(gathered(alike), BUILT_IN, "new", 0.5)
