"""Title disguises: different, readable, the same for the same seed, and undone where they say so."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sample.catalogue import distinctive_item
from connectors.sample.disguise import DISGUISES, HOMOGLYPHS, LEAST, LEET, PADDING, ZERO_WIDTH, disguise_title
from connectors.sample.seeds import dice

TITLES = [distinctive_item(dice("title", number)).title for number in range(30)]


@pytest.mark.parametrize("name", DISGUISES)
def test_every_disguise_changes_every_title_and_repeats(name):
    for seed, title in enumerate(TITLES):
        changed = disguise_title(title, [name], seed)
        assert changed != title
        assert changed.strip()
        assert changed == disguise_title(title, [name], seed)
    assert len({disguise_title(TITLES[0], [name], seed) for seed in range(20)}) > 1


@given(title=st.text(max_size=60), name=st.sampled_from(sorted(DISGUISES)), seed=st.integers(0, 99))
def test_any_title_survives_any_disguise(title, name, seed):
    """No title, however odd, breaks one; what had words still has some."""
    changed = disguise_title(title, [name], seed)
    changed.encode()
    assert bool(changed.split()) or not title.split()


def plain(title: str) -> str:
    return title.casefold().replace(" ", "")


def test_fonts_are_undone_by_compatibility_folding():
    for seed, title in enumerate(TITLES):
        assert unicodedata.normalize("NFKC", disguise_title(title, ["font"], seed)) == title


def test_zero_width_letters_are_only_added():
    for seed, title in enumerate(TITLES):
        assert re.sub(f"[{''.join(ZERO_WIDTH)}]", "", disguise_title(title, ["zero-width"], seed)) == title


def test_homoglyphs_stand_for_the_letters_they_replace():
    back = {ord(other): latin for latin, others in HOMOGLYPHS.items() for other in others}
    assert all(ord(other) > 127 for others in HOMOGLYPHS.values() for other in others)
    assert len(back) == sum(map(len, HOMOGLYPHS.values()))
    for seed, title in enumerate(TITLES):
        assert disguise_title(title, ["homoglyphs"], seed).translate(back) == title


def test_leet_agrees_with_its_title_after_the_same_replacement():
    for seed, title in enumerate(TITLES):
        assert disguise_title(title, ["leet"], seed).translate(LEET) == title.translate(LEET)


def test_spaces_and_dots_only_come_between_letters():
    for seed, title in enumerate(TITLES):
        assert plain(disguise_title(title, ["spaced"], seed)) == plain(title)
        assert re.sub(r"[.\-_*]", "", disguise_title(title, ["dotted"], seed)) == title


def test_repeated_letters_are_runs():
    for seed, title in enumerate(TITLES):
        changed = disguise_title(title, ["repeated"], seed)
        assert re.sub(r"(.)\1*", r"\1", changed) == re.sub(r"(.)\1*", r"\1", title)


def test_words_are_shuffled_dropped_or_padded_but_never_spelled_otherwise():
    for seed, title in enumerate(TITLES):
        words = title.split()
        assert sorted(disguise_title(title, ["shuffled"], seed).split()) == sorted(words)
        kept = disguise_title(title, ["dropped"], seed).split()
        assert LEAST <= len(kept) < len(words)
        assert set(kept) <= set(words)
        padded = disguise_title(title, ["padded"], seed)
        assert title in padded
        assert set(padded.replace(title, "").split()) <= set(" ".join(PADDING).split())


def test_disguises_are_worn_together():
    title = TITLES[0]
    both = disguise_title(title, ["shuffled", "spaced"], 1)
    assert sorted(plain(both)) == sorted(plain(title))
    assert both == disguise_title(disguise_title(title, ["shuffled"], 1), ["spaced"], 1)
    assert disguise_title(title, []) == title


def test_more_strength_changes_more():
    title = TITLES[1]
    few, many = (disguise_title(title, ["leet"], 1, strength) for strength in (0.1, 1.0))
    assert sum(a != b for a, b in zip(title, few, strict=True)) < sum(
        a != b for a, b in zip(title, many, strict=True)
    )


def test_wrong_names_and_strengths_are_errors():
    with pytest.raises(KeyError, match="rot13"):
        disguise_title("kaos", ["rot13"])
    with pytest.raises(ValueError, match="strength is 0 to 1, not 2"):
        disguise_title("kaos", ["leet"], strength=2)
