"""Evidence as bars and numbers, whatever its weights are."""

import math

import pytest
from alert_records import alert
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.evidence import PriceEvidence
from streams.console.case_evidence import MOST_PARTS, case_evidence, percent


@given(st.lists(st.floats(), max_size=60))
@example([1e308, -1e308, math.nan])
@example([0.0])
def test_every_bar_is_on_the_line_and_begins_at_its_zero(weights: list[float]) -> None:
    parts = tuple(PriceEvidence(ratio=0.5, weight=weight) for weight in weights)
    found = case_evidence(alert(1, evidence=parts), "en")
    assert len(found.parts) + found.left_out == len(weights)
    assert len(found.parts) <= MOST_PARTS
    for part in found.parts:
        bar = part.bar
        assert -1e-9 <= bar.start <= bar.start + bar.length <= 100 + 1e-9
        assert math.isclose(
            bar.start if part.speaks_for else bar.start + bar.length, found.zero, abs_tol=1e-9
        )


def test_parts_say_how_much_likelier_they_make_it() -> None:
    parts = tuple(PriceEvidence(ratio=0.5, weight=weight) for weight in (14.0, 3.1, 0.2, -0.5))
    found = case_evidence(alert(1, evidence=parts), "en").parts
    assert [(part.nats, part.times, part.speaks_for) for part in found] == [
        ("+14.0", "1,200,000", True),
        ("+3.1", "22", True),
        ("+0.2", "1.2", True),
        ("−0.5", "1.6", False),
    ]


def test_every_kind_of_evidence_has_its_words_in_both_languages() -> None:
    english, indonesian = (case_evidence(alert(1), language).parts for language in ("en", "id"))
    assert [part.kind for part in english] == ["photo", "title", "price", "seller"]
    assert "same photo, mirrored" in english[0].words
    assert "foto yang sama, dicerminkan" in indonesian[0].words


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.5, "50.0%"),
        (0.97, "97.0%"),
        (0.999987, ">99.9%"),
        (1.0, ">99.9%"),
        (0.0, "<0.1%"),
        (2.0, "–"),
        (math.nan, "–"),
    ],
)
def test_nothing_is_called_certain(probability: float, words: str) -> None:
    assert percent(probability) == words
