"""The decision: what each part weighs, alone and together, and what a policy may change."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.decision import (
    BACKDROP_WEIGHT,
    EVEN,
    LEAST_PHOTO_ODDS,
    MOST_PHOTO_WEIGHT,
    SAME_SELLER_DESCRIPTION,
    SHARED_CONTACT,
    Likeness,
    decide,
    photo_weight,
    probability_of,
    unscaled_weights,
)
from fingerprints.policy import BUILT_IN, PARTS, Policy, Scales

shares = st.floats(0, 1)
likenesses = st.builds(
    Likeness,
    photo_distance=st.none() | st.integers(0, 256),
    photo_log_odds=st.none() | st.floats(-60, 60),
    same_backdrop=st.booleans(),
    title_weight=st.none() | st.floats(-10, 13),
    description_weight=st.none() | st.floats(0, 3),
    price_ratio=st.none() | shares,
    category_overlap=st.none() | shares,
    same_condition=st.none() | st.booleans(),
    same_seller=st.booleans(),
    contact_accounts=st.none() | st.integers(1, 50),
)


@given(likenesses)
def test_the_parts_and_the_prior_are_the_log_odds(likeness: Likeness) -> None:
    decision = decide(likeness)
    assert set(decision.weights) <= set(PARTS)
    total = BUILT_IN.prior + sum(decision.weights.values())
    assert decision.probability == pytest.approx(1 / (1 + math.exp(-total)))


@given(likenesses, st.sampled_from(PARTS))
def test_a_scale_changes_its_part_alone(likeness: Likeness, part: str) -> None:
    doubled = Policy(version="2", prior=BUILT_IN.prior, scales=Scales(**{part: 2.0}))
    before, after = decide(likeness).weights, decide(likeness, doubled).weights
    assert after == {name: weight * (2 if name == part else 1) for name, weight in before.items()}


def test_nothing_in_common_weighs_nothing() -> None:
    assert decide(Likeness()).weights == {}
    assert decide(Likeness()).probability == probability_of(BUILT_IN.prior) < 0.0002


@pytest.mark.parametrize(
    "alone",
    [
        Likeness(same_seller=True, price_ratio=1.0, category_overlap=1.0, same_condition=True),
        Likeness(description_weight=3.0, contact_accounts=1, price_ratio=1.0, category_overlap=1.0, same_condition=True),
        Likeness(same_backdrop=True, photo_log_odds=-20.0, contact_accounts=1, description_weight=3.0),
    ],
)  # fmt: skip
def test_what_one_seller_shares_among_all_his_goods_never_alerts(alone: Likeness) -> None:
    assert decide(alone).probability < 0.5


def test_a_backdrop_is_no_photo_and_a_photo_no_backdrop() -> None:
    backdrop = unscaled_weights(Likeness(same_backdrop=True, photo_log_odds=-4.0))
    assert backdrop == {"backdrop": BACKDROP_WEIGHT}
    photo = unscaled_weights(Likeness(photo_log_odds=1.5))
    assert photo == {"photo": pytest.approx(EVEN + 1.5)}
    # A hash this near outweighs points that speak for the backdrop only.
    assert unscaled_weights(Likeness(photo_distance=10, same_backdrop=True))["photo"] > 13


def test_evens_by_pixels_are_evens_in_all() -> None:
    assert decide(Likeness(photo_log_odds=0.0)).probability == pytest.approx(0.5)


def test_what_speaks_against_takes_away() -> None:
    alone = decide(Likeness(photo_log_odds=1.0)).probability
    for against in (
        {"price_ratio": 0.1},
        {"category_overlap": 0.0},
        {"same_condition": False},
    ):
        assert decide(Likeness(photo_log_odds=1.0, **against)).probability < alone


def test_a_contact_that_many_accounts_tell_weighs_nothing() -> None:
    assert unscaled_weights(Likeness(contact_accounts=1))["contact"] > 0
    assert unscaled_weights(Likeness(contact_accounts=SHARED_CONTACT))["contact"] == 0
    # The account says it already.
    assert "contact" not in unscaled_weights(Likeness(contact_accounts=1, same_seller=True))


def test_a_sellers_own_sentences_weigh_less_within_his_account() -> None:
    assert unscaled_weights(Likeness(description_weight=2.5))["description"] == 2.5
    within = unscaled_weights(Likeness(description_weight=2.5, same_seller=True))
    assert within["description"] == SAME_SELLER_DESCRIPTION
    assert unscaled_weights(Likeness(description_weight=0.4, same_seller=True))["description"] == 0.4


def test_a_policy_of_the_wrong_kind_is_refused() -> None:
    sound = msgspec.to_builtins(BUILT_IN)
    for wrong in (
        {"prior": 99.0},
        {"version": "a b"},
        {"more": 1},
        {"scales": {"photo": -1.0}},
        {"scales": {"x": 1.0}},
    ):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(sound | wrong, Policy)


def test_no_log_odds_are_too_large() -> None:
    assert probability_of(-1e9) == 0.0
    assert probability_of(1e9) == 1.0


@pytest.mark.parametrize(
    ("ratio", "weight"), [(1.0, 0.5), (0.8, 0.5), (0.799, 0.0), (0.4, 0.0), (0.399, -0.5), (0.0, -0.5)]
)
def test_near_prices_speak_a_little_for_and_far_ones_a_little_against(ratio: float, weight: float) -> None:
    assert unscaled_weights(Likeness(price_ratio=ratio)) == {"price": weight}


@pytest.mark.parametrize(
    ("overlap", "weight"), [(1.0, 0.5), (0.5, 0.5), (0.499, 0.0), (0.01, 0.0), (0.0, -0.5)]
)
def test_half_of_a_category_s_words_speak_for_and_none_against(overlap: float, weight: float) -> None:
    assert unscaled_weights(Likeness(category_overlap=overlap)) == {"category": weight}


def test_a_part_that_is_missing_weighs_nothing() -> None:
    decision = decide(Likeness(price_ratio=1.0))
    assert decision.weight("price") == 0.5 * BUILT_IN.scale("price")
    assert decision.weight("title") == 0.0


@pytest.mark.parametrize(("same", "weight"), [(True, 0.2), (False, -0.5)])
def test_new_and_used_speak_against_each_other(same: bool, weight: float) -> None:
    assert unscaled_weights(Likeness(same_condition=same)) == {"condition": weight}


@pytest.mark.parametrize(
    ("distance", "weight"),
    [(0, 14.0), (20, 13.5), (40, 13.0), (42, 12.0), (44, 11.0), (48, 6.5), (52, 4.25), (56, 2.0), (60, 1.0), (63, 0.25), (64, 0.0), (256, 0.0)],
)  # fmt: skip
def test_a_hash_weighs_by_its_bits(distance: int, weight: float) -> None:
    assert photo_weight(distance) == pytest.approx(weight)


@pytest.mark.parametrize(
    ("likeness", "weights"),
    [
        (Likeness(photo_log_odds=-40.0), {"photo": 0.0}),
        (Likeness(photo_log_odds=LEAST_PHOTO_ODDS - 0.001), {"photo": 0.0}),
        (Likeness(photo_log_odds=LEAST_PHOTO_ODDS), {"photo": EVEN + LEAST_PHOTO_ODDS}),
        (Likeness(photo_log_odds=0.0), {"photo": EVEN}),
        (Likeness(photo_log_odds=90.0), {"photo": MOST_PHOTO_WEIGHT}),
        (Likeness(photo_distance=0, photo_log_odds=-40.0), {"photo": 14.0}),
        (Likeness(photo_distance=64), {"photo": 0.0}),
        (Likeness(photo_log_odds=-1.0, same_backdrop=True), {"backdrop": BACKDROP_WEIGHT}),
        # What the hash says counts where it says more than the backdrop; what the pixels say does not.
        (Likeness(photo_distance=60, photo_log_odds=9.0, same_backdrop=True), {"backdrop": BACKDROP_WEIGHT}),
        (Likeness(photo_distance=56, photo_log_odds=9.0, same_backdrop=True), {"photo": 2.0}),
        (Likeness(photo_distance=59, photo_log_odds=-40.0, same_backdrop=True), {"photo": 1.25}),
    ],
    ids=[
        "far-below", "just-below", "the-least", "even", "the-most", "hash-over-pixels", "hash-too-far", "backdrop",
        "hash-as-little-as-the-backdrop", "hash-says-more", "hash-says-little-more",
    ],
)  # fmt: skip
def test_a_photo_weighs_by_hash_or_pixels_or_as_a_backdrop(
    likeness: Likeness, weights: dict[str, float]
) -> None:
    assert unscaled_weights(likeness) == pytest.approx(weights)
