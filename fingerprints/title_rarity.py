"""What a word is worth: the rarer among the held titles, the more nats it says that two titles share it."""

import math
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from fingerprints.title_words import UNLISTED, common_words, filler_words

FEW_TITLES = 200
"""Titles that any bank counts as having more: of a handful, chance must not look certain."""
PRIOR_TITLES = 1_000
"""Titles that the built-in list of common words counts for: a bank of as many weighs as much."""
FILLER_SHARE = 0.35
"""What is left of the worth of a word that sellers add to any title."""
LETTER_SHARE = 0.25
"""A word of one letter is worth half, of two three quarters: initials, sizes and torn pieces meet by chance."""


class WordRarity:
    """How many held titles use each word, kept up as titles come and go.

    Words have numbers, given to others again when no title uses them. The worth of word n in nats is
    `level * share[n] - spent[n]`, so that a title more changes only its own words and `level`, the logarithm of how
    many titles there are with the built-in ones. `crowd`: nats by which the best of so many titles is expected to
    be met by chance alone.

    Titles that are held elsewhere, by other shards, count as well (`count_elsewhere`): a word is as rare as among all
    titles, wherever they are. Their words have no numbers.
    """

    def __init__(self) -> None:
        self._elsewhere: dict[str, int] = {}
        self.titles_elsewhere = 0
        self.titles = 0
        self.number_of: dict[str, int] = {}
        self.counts: list[int] = []
        self._worths: list[tuple[float, float]] = []
        self.share: npt.NDArray[np.float32] = np.zeros(1024, np.float32)
        self.spent: npt.NDArray[np.float32] = np.zeros(1024, np.float32)
        self._free: list[int] = []

    @property
    def titles(self) -> int:
        """How many are held here."""
        return self._titles

    @titles.setter
    def titles(self, titles: int) -> None:
        self._titles = titles
        every = titles + self.titles_elsewhere
        self.level = math.log(every + PRIOR_TITLES)
        self.crowd = math.log(every + FEW_TITLES)

    def add(self, words: Iterable[str]) -> list[int]:
        """Count a title with these distinct words; their numbers."""
        self.titles += 1
        return [self._count(word) for word in words]

    def withdraw(self, words: Iterable[str]) -> list[int]:
        """Take back a title that was counted; the numbers of words that no other title uses."""
        self.titles -= 1
        gone = []
        for word in words:
            number = self.number_of[word]
            self.counts[number] -= 1
            if self.counts[number]:
                self._recount(word, number)
            else:
                del self.number_of[word]
                self._free.append(number)
                gone.append(number)
        return gone

    def worth(self, word: str) -> float:
        """Nats of a shared word: minus the logarithm of the share of titles that use it, less for a filler
        word and a very short one."""
        number = self.number_of.get(word)
        share, spent = self._worths[number] if number is not None else self._unnumbered(word)
        return self.level * share - spent

    def count_elsewhere(self, words: Iterable[str], by: int = 1) -> None:
        """Count a title with these distinct words that is not held here; with `by` -1 take it back."""
        self.titles_elsewhere += by
        self.titles = self._titles
        for word in words:
            count = self._elsewhere.get(word, 0) + by
            if count:
                self._elsewhere[word] = count
            else:
                del self._elsewhere[word]
            if (number := self.number_of.get(word)) is not None:
                self._recount(word, number)

    def _unnumbered(self, word: str) -> tuple[float, float]:
        count = self._elsewhere.get(word)
        if count is None:
            return _unheld(word)
        share, prior = _word(word)
        return share, math.log(count + prior) * share

    def restore(self, words: list[str], counts: list[int], free: list[int], titles: int) -> None:
        """Become what it was: words and counts by number, as a snapshot has them."""
        self.titles, self._free = titles, free
        self.number_of, self.counts, self._worths = {}, [], []
        for number, (word, count) in enumerate(zip(words, counts, strict=True)):
            self._grow()
            if count:
                self.number_of[word] = number
                self.counts[number] = count
                self._recount(word, number)

    def _count(self, word: str) -> int:
        number = self.number_of.get(word)
        if number is None:
            number = self._new(word)
        self.counts[number] += 1
        self._recount(word, number)
        return number

    def _recount(self, word: str, number: int) -> None:
        share, prior = _word(word)
        spent = math.log(self.counts[number] + self._elsewhere.get(word, 0) + prior) * share
        self._worths[number] = share, spent
        self.share[number], self.spent[number] = share, spent

    def _new(self, word: str) -> int:
        number = self._free.pop() if self._free else self._grow()
        self.number_of[word] = number
        return number

    def _grow(self) -> int:
        number = len(self.counts)
        self.counts.append(0)
        self._worths.append((0.0, 0.0))
        if number == len(self.share):
            self.share = np.concatenate([self.share, np.zeros_like(self.share)])
            self.spent = np.concatenate([self.spent, np.zeros_like(self.spent)])
        return number


@lru_cache(maxsize=65_536)
def _word(word: str) -> tuple[float, float]:
    """How much of a word's rarity counts, and how many of the built-in titles use it."""
    share = min(1.0, LETTER_SHARE * (1 + len(word)))
    prior = PRIOR_TITLES * common_words().get(word, UNLISTED)
    return share * FILLER_SHARE if word in filler_words() else share, prior


@lru_cache(maxsize=65_536)
def _unheld(word: str) -> tuple[float, float]:
    share, prior = _word(word)
    return share, math.log(prior) * share
