"""The fit: it finds what verdicts were drawn from, stays where they say little, and never makes them less likely."""

import random

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fingerprints.decision import probability_of
from fingerprints.policy import BUILT_IN, PARTS, Policy, Scales
from fingerprints.policy_fit import (
    HIGHEST_SCALE,
    LOWEST_SCALE,
    PRIOR_SPREAD,
    SCALE_SPREADS,
    Judged,
    fit,
    quality,
)

WEIGHTS = {
    "photo": (0.0, 14.0),
    "title": (0.0, 12.0),
    "price": (-0.5, 0.5),
    "seller": (0.0, 1.0),
    "contact": (0.0, 2.0),
}
TRUTH = Policy(version="truth", prior=-8.0, scales=Scales(photo=1.3, title=0.6, contact=1.8))


def drawn(many: int, seed: int, truth: Policy = TRUTH) -> list[Judged]:
    """Pairs with random parts, each a relist as often as `truth` says."""
    dice = random.Random(seed)
    found = []
    for _ in range(many):
        weights = {part: dice.uniform(*span) for part, span in WEIGHTS.items() if dice.random() < 0.7}
        log_odds = truth.prior + sum(truth.scale(part) * weight for part, weight in weights.items())
        found.append(Judged(weights, dice.random() < probability_of(log_odds)))
    return found


parts = st.dictionaries(st.sampled_from(PARTS), st.floats(-20, 20), max_size=6)
judgements = st.lists(st.builds(Judged, parts, st.booleans(), st.floats(0.1, 10)), min_size=1, max_size=30)
policies = st.builds(
    Policy,
    version=st.just("base"),
    prior=st.floats(-30, 30),
    scales=st.builds(Scales, **dict.fromkeys(PARTS, st.floats(0, 5))),
)


def test_it_finds_the_scales_that_many_verdicts_were_drawn_from() -> None:
    found = fit(drawn(30_000, 1), BUILT_IN, "new")
    assert found.version == "new"
    assert found.prior == pytest.approx(TRUTH.prior, abs=0.5)
    assert found.scales.photo == pytest.approx(1.3, abs=0.1)
    assert found.scales.title == pytest.approx(0.6, abs=0.06)
    assert found.scales.contact == pytest.approx(1.8, abs=0.15)
    assert found.scales.description == 1.0, "no verdict had a description"


def test_few_verdicts_change_little() -> None:
    found = fit(drawn(5, 2), BUILT_IN, "new")
    assert abs(found.prior - BUILT_IN.prior) < 0.5
    assert all(abs(found.scale(part) - 1) < 0.12 for part in PARTS)


def test_verdicts_as_the_base_expects_them_do_little_harm() -> None:
    """20 of them, again and again: on unseen ones the fits are worse by a hundredth of a nat or so."""
    unseen = drawn(2000, 99, BUILT_IN)
    fits = [fit(drawn(20, seed, BUILT_IN), BUILT_IN, "new") for seed in range(20)]
    worse = [quality(unseen, found).loss - quality(unseen, BUILT_IN).loss for found in fits]
    assert sum(worse) / len(worse) < 0.02


def test_unseen_verdicts_are_told_better_than_by_the_base() -> None:
    found, unseen = fit(drawn(2000, 3), BUILT_IN, "new"), drawn(2000, 4)
    assert quality(unseen, found).loss < quality(unseen, BUILT_IN).loss
    assert quality(unseen, found).brier < quality(unseen, BUILT_IN).brier
    assert quality(unseen, found).loss < quality(unseen, TRUTH).loss * 1.02


def test_a_wrong_part_falls_and_stays_above_nothing() -> None:
    """A part that is only ever there where it is no relist."""
    judged = [Judged({"photo": 14.0}, True)] * 500 + [Judged({"title": 12.0}, False)] * 5000
    found = fit(judged, BUILT_IN, "new")
    assert LOWEST_SCALE <= found.scales.title < 0.6
    assert fit(judged * 40, found, "newer").scales.title < found.scales.title


@pytest.mark.parametrize("part", ["title", "photo"])
def test_one_scale_at_its_bound_leaves_the_others_at_their_best(part: str) -> None:
    """Beside a part that is driven to its bound, the others are as good as a fit of them alone finds them."""
    judged = drawn(800, 5) + [Judged({part: 14.0}, False, 1e6)] * 20
    found = fit(judged, BUILT_IN, "new")
    assert found.scale(part) == LOWEST_SCALE
    start = np.array([BUILT_IN.prior, *[1.0] * len(PARTS)])
    values = np.array([found.prior, *(found.scale(one) for one in PARTS)])
    spread = np.array([PRIOR_SPREAD, *(SCALE_SPREADS[part] for part in PARTS)])

    def cost(policy: np.ndarray) -> float:
        made = Policy(
            version="x",
            prior=float(policy[0]),
            scales=Scales(**dict(zip(PARTS, map(float, policy[1:]), strict=True))),
        )
        times = sum(one.times for one in judged)
        return quality(judged, made).loss * times + float((((policy - start) / spread) ** 2).sum() / 2)

    best = cost(values)
    for place in range(len(values)):
        for nudge in (-0.02, 0.02):
            other = values.copy()
            other[place] = np.clip(other[place] + nudge, LOWEST_SCALE if place else -30, 5)
            assert cost(other) >= best * (1 - 1e-6), PARTS[place - 1]


@settings(max_examples=60, deadline=None)
@given(judgements, policies)
def test_the_loss_on_what_was_fitted_never_rises_and_the_policy_is_valid(
    judged: list[Judged], base: Policy
) -> None:
    found = fit(judged, base, "new")
    assert quality(judged, found).loss <= quality(judged, base).loss + 1e-9
    assert fit(judged, base, "new") == found
    assert msgspec.json.decode(msgspec.json.encode(found), type=Policy) == found
    for part in PARTS:
        assert min(LOWEST_SCALE, base.scale(part)) <= found.scale(part) <= HIGHEST_SCALE
        if not any(one.weights.get(part) for one in judged):
            assert found.scale(part) == pytest.approx(base.scale(part), abs=1e-4)


@settings(max_examples=30, deadline=None)
@given(judgements, st.randoms())
def test_the_order_of_verdicts_does_not_matter(judged: list[Judged], dice: random.Random) -> None:
    other = list(judged)
    dice.shuffle(other)
    first, second = fit(judged, BUILT_IN, "new"), fit(other, BUILT_IN, "new")
    assert first.prior == pytest.approx(second.prior, abs=2e-3)
    assert all(first.scale(part) == pytest.approx(second.scale(part), abs=2e-3) for part in PARTS)


def test_a_verdict_that_counts_twice_is_two_verdicts() -> None:
    judged = drawn(40, 6)
    twice = [Judged(one.weights, one.relist, 2.0) for one in judged]
    assert fit(twice, BUILT_IN, "new") == fit(judged * 2, BUILT_IN, "new")
    assert quality(twice, TRUTH).loss == pytest.approx(quality(judged, TRUTH).loss)


def test_nothing_judged_is_an_error() -> None:
    for ask in (lambda: fit([], BUILT_IN, "new"), lambda: quality([], BUILT_IN)):
        with pytest.raises(ValueError, match="no verdict"):
            ask()
