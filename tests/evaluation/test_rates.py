"""Shares, Wilson intervals and thresholds on numbers worked out by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.evaluation.rates import Cut, Share, cut_at, share_above, wilson


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        # Newcombe 1998, 'Two-sided confidence intervals for the single proportion', table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_as_published(hits, of, low, high):
    assert wilson(hits, of) == pytest.approx((low, high), abs=0.0001)


@given(of=st.integers(1, 5000), data=st.data())
def test_wilson_holds_the_share_within_0_and_1(of, data):
    hits = data.draw(st.integers(0, of))
    low, high = wilson(hits, of)
    assert 0 <= low <= hits / of + 1e-12
    assert hits / of - 1e-12 <= high <= 1
    mirrored = wilson(of - hits, of)
    assert (low, high) == pytest.approx((1 - mirrored[1], 1 - mirrored[0]), abs=1e-9)


def test_nothing_says_nothing():
    assert wilson(0, 0) == (0, 1)
    assert math.isnan(Share(0, 0).value)


def test_more_hits_than_tries_is_an_error():
    with pytest.raises(ValueError, match="3 of 2 is no share"):
        wilson(3, 2)


NEGATIVES = [0.9, 0.8, 0.7, 0.6] + [0.1] * 396


@pytest.mark.parametrize(
    ("rate", "allowed", "above"),
    [(0.0, 0, 0.9), (0.0005, 0, 0.9), (0.0025, 1, 0.8), (0.005, 2, 0.7), (0.01, 4, 0.1), (0.0099, 3, 0.6)],
)
def test_the_threshold_lets_no_more_than_the_rate_through(rate, allowed, above):
    assert cut_at(NEGATIVES, rate) == Cut(above=above, allowed=allowed)
    assert sum(value > above for value in NEGATIVES) <= rate * len(NEGATIVES)


def test_equal_negatives_stay_out_together():
    cut = cut_at([0.9, 0.5, 0.5, 0.5], 0.5)
    assert cut == Cut(above=0.5, allowed=2)
    assert share_above([0.9, 0.5, 0.51, 0.2], cut) == Share(2, 4)


@given(
    st.lists(st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]), min_size=1),
    st.floats(0, 0.99),
)
def test_no_threshold_ever_exceeds_its_rate(negatives, rate):
    cut = cut_at(negatives, rate)
    assert share_above(negatives, cut).hits <= cut.allowed <= rate * len(negatives) + 1e-6


@pytest.mark.parametrize(("negatives", "rate"), [([], 0.01), ([0.5], 1.0), ([0.5], -0.1)])
def test_a_threshold_needs_negatives_and_a_rate(negatives, rate):
    with pytest.raises(ValueError, match="no threshold"):
        cut_at(negatives, rate)
