"""The rules that the settings ask for: a policy's file, and lists of words beside the built-in ones."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from fingerprints.policy import BUILT_IN, Policy, Scales
from fingerprints.title_words import common_words, meaning, use_word_lists
from streams.policy.policy_file import load_policy, policy_bytes, rules_of
from streams.settings import Match, SettingsError


@pytest.fixture(autouse=True)
def _built_in_words() -> Iterator[None]:
    yield
    use_word_lists()


def test_a_policy_is_written_and_read_back(tmp_path: Path) -> None:
    policy = Policy(version="2026-12", prior=-8.5, scales=Scales(title=0.7))
    path = tmp_path / "policy.json"
    path.write_bytes(policy_bytes(policy))
    assert load_policy(path) == policy
    assert b'"contact": 1.0' in path.read_bytes()
    rules = rules_of(Match(policy=str(path), shadow_policy=str(path), threshold=0.4, allow_accounts=5))
    assert (rules.policy, rules.shadow, rules.threshold, rules.allowed.accounts) == (policy, policy, 0.4, 5)
    assert rules_of(Match()).policy == BUILT_IN


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "is no policy"),
        (b'{"version": "1"}', "prior"),
        (b'{"version": "1", "prior": -9, "extra": 1}', "extra"),
    ],
)
def test_a_file_that_is_no_policy_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "policy.json"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=said):
        load_policy(path)
    with pytest.raises(SettingsError, match="cannot read the policy"):
        load_policy(tmp_path / "none.json")


def test_a_users_words_count_beside_the_built_in_ones(tmp_path: Path) -> None:
    common, same = tmp_path / "common.txt", tmp_path / "same.txt"
    common.write_text("# ours\n[filler 60]\nzibalgo\n")
    same.write_text("klambi baju\n")
    assert (meaning("klambi"), "zibalgo" in common_words()) == ("klambi", False)
    rules_of(Match(common_words=str(common), same_words=str(same)))
    assert meaning("klambi") == meaning("baju")
    assert common_words()["zibalgo"] == 0.06
    assert meaning("preloved") in common_words()


def test_a_list_of_words_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    wrong = tmp_path / "words.txt"
    wrong.write_text("zibalgo without a heading\n")
    with pytest.raises(SettingsError, match="before the first heading"):
        rules_of(Match(common_words=str(wrong)))
    with pytest.raises(SettingsError, match=r"none\.txt"):
        rules_of(Match(same_words=str(tmp_path / "none.txt")))
    assert msgspec.to_builtins(Match())["common_words"] is None
