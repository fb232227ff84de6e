"""What a new kind of evidence needs, told by name where it is missing."""

import dataclasses
import re
from typing import get_args

import msgspec
import pytest
from evidence_examples import EXAMPLES, WEIGHS

from connectors.evidence import Evidence
from fingerprints.decision import Likeness, unscaled_weights
from fingerprints.policy import PARTS
from streams.policy.judged_alerts import part_of
from streams.words.evidence import evidence_words

KINDS = {str(kind.__struct_config__.tag): kind for kind in get_args(Evidence)}
OF_NO_POLICY = {"flood"}
"""Kinds that no policy weighs: they say what was done with an alert, not why there is one."""


def test_every_kind_has_an_example() -> None:
    missing = KINDS.keys() - {str(part.__struct_config__.tag) for part in EXAMPLES}
    assert not missing, (
        f"evidence kinds without an example in tests/support/evidence_examples.py: {sorted(missing)}"
    )


@pytest.mark.parametrize("part", EXAMPLES, ids=lambda part: f"{part_of(part)}-{part.__struct_config__.tag}")
def test_every_kind_has_words_in_each_language(part: Evidence) -> None:
    english, indonesian = evidence_words(part, "en"), evidence_words(part, "id")
    assert english.strip()
    assert indonesian.strip()
    assert english != indonesian, (
        f"evidence kind {part.__struct_config__.tag} has English words for Indonesian"
    )
    assert not re.search(r"\b(the|same|alike|photo|price|used)\b", indonesian)


def test_photos_are_told_in_indonesian_to_the_last_edit() -> None:
    assert evidence_words(EXAMPLES[0], "id") == (
        "foto 1 dan foto takedown 3: foto yang sama, dicerminkan, diputar 90°, new one, 34 titik cocok, 4 dari 256 bit berbeda"
    )


def test_every_part_of_a_policy_is_weighed_and_is_evidence_and_the_other_way_round() -> None:
    assert WEIGHS.keys() == set(PARTS), (
        "a part of fingerprints.policy.Scales without a likeness in evidence_examples.py"
    )
    for part, likeness in WEIGHS.items():
        assert unscaled_weights(likeness).keys() == {part}, (
            f"fingerprints.decision gives {part} no weight of its own"
        )
    told = {part_of(example) for example in EXAMPLES} - {None}
    assert told == set(PARTS), "a part of a policy that no evidence says, or evidence that no policy weighs"
    assert {kind for kind in KINDS if part_of(_of(kind)) is None} == OF_NO_POLICY


def test_every_likeness_makes_a_part_weigh_in_some_example() -> None:
    named = {
        field.name
        for field in dataclasses.fields(Likeness)
        if any(getattr(likeness, field.name) != field.default for likeness in WEIGHS.values())
    }
    assert named == {field.name for field in dataclasses.fields(Likeness)}


@pytest.mark.parametrize("part", EXAMPLES, ids=lambda part: f"{part_of(part)}-{part.__struct_config__.tag}")
def test_every_kind_is_a_record(part: Evidence) -> None:
    assert msgspec.json.decode(msgspec.json.encode(part), type=Evidence) == part


def _of(kind: str) -> Evidence:
    return next(part for part in EXAMPLES if part.__struct_config__.tag == kind)
