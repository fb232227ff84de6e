"""How much it says that two titles share their words: rare words much, common ones next to nothing."""

import math
from collections import Counter
from collections.abc import Iterable

from fingerprints.title_likeness import TitlePrint, matched_words
from fingerprints.title_words import UNLISTED, common_words, title_words

PRIOR_TITLES = 1_000
"""Titles that the built-in list of common words counts for: a bank of as many weighs as much."""


class WordRarity:
    """How many held titles use each word, kept up as titles come and go."""

    def __init__(self) -> None:
        self._titles = 0
        self._using: Counter[str] = Counter()

    def add(self, words: Iterable[str]) -> None:
        """Count a title with these distinct words."""
        self._titles += 1
        self._using.update(words)

    def withdraw(self, words: Iterable[str]) -> None:
        """Take back a title that was counted."""
        self._titles -= 1
        for word in words:
            self._using[word] -= 1
            if self._using[word] <= 0:
                del self._using[word]

    def nats(self, word: str) -> float:
        """Minus the logarithm of the share of titles that use the word."""
        prior = common_words().get(word, UNLISTED)
        share = (self._using.get(word, 0) + PRIOR_TITLES * prior) / (self._titles + PRIOR_TITLES)
        return -math.log(min(share, 1.0))


def information(query: TitlePrint, held: TitlePrint, rarity: WordRarity) -> float:
    """Nats that the words of both titles would cost by chance, were words independent (they are not)."""
    _, found = matched_words(title_words(query.text), title_words(held.text))
    return sum(quality * rarity.nats(word) for word, quality in found.items())
