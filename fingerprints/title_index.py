"""Titles by their words, in any spelling: finds the few held titles that are worth comparing.

Every word of a query is looked up with its other spellings (`fingerprints.title_vocabulary`), rarest first,
until enough titles are brought up; each title collects the letters of the words that it shares, and those
with enough of them for the smaller title's size are compared for certain. Words that very many titles have
are left out where rarer ones are there: they cost time and say nothing.
"""

import heapq
from array import array
from collections.abc import Sequence
from itertools import pairwise
from operator import itemgetter

import numpy as np
import numpy.typing as npt

from fingerprints.registry import Hit, best_hits
from fingerprints.title_likeness import TitlePrint, all_letters, compare, letters
from fingerprints.title_rarity import WordRarity, information
from fingerprints.title_vocabulary import TitleVocabulary
from fingerprints.title_words import title_words

TITLE_FLOOR = 0.7
"""Similarity below which two titles have nothing to do with each other."""
EXHAUSTIVE_BELOW = 64
"""Fewer held titles than this are all compared."""
TITLES_PER_QUERY = 2_000
"""Titles that a query may bring up before its commoner words are left out."""
WORDS_AT_LEAST = 3
"""Words of a query that bring up titles however common they are, each no more than `TITLES_PER_QUERY`."""
SHARED_AT_LEAST = 0.3
"""Share of the smaller title's letters that must be in shared rarer words before the two are looked at."""
LIKELY_AT_LEAST = 0.45
"""The same with the common words counted in: less is compared for nothing, more costs hits of 0.7 to 0.8."""
WEIGHED_AT_MOST = 192
"""Titles (a title that shares several words counts as often) whose common words are counted in."""
COMPARED_AT_MOST = 24
"""Titles that are compared for a query, those that share most."""
SHARE_SLACK = 0.15
"""By how much a title's similarity is taken to exceed its known share at most; when no other can be among
the hits by that, the search ends."""


class TitleIndex:
    """A `fingerprints.registry.FingerprintIndex` over titles, with the rarity of their words."""

    def __init__(self) -> None:
        self.rarity = WordRarity()
        self._vocabulary = TitleVocabulary()
        self._slots: dict[str, list[int]] = {}
        self._held: dict[int, tuple[str, int, TitlePrint]] = {}
        self._free: list[int] = []
        self._using: dict[str, array[int]] = {}
        self._letters: npt.NDArray[np.float32] = np.zeros(1024, dtype=np.float32)
        self._shared: npt.NDArray[np.float32] = np.zeros(1024, dtype=np.float32)  # all zero between searches

    def add(self, owner: str, fingerprints: Sequence[TitlePrint]) -> None:
        """Hold these under `owner`, instead of any earlier ones."""
        self.withdraw(owner)
        if fingerprints:
            self._slots[owner] = [self._add_one(owner, item, held) for item, held in enumerate(fingerprints)]

    def withdraw(self, owner: str) -> None:
        """Forget the owner; an unknown one is no error."""
        for slot in self._slots.pop(owner, ()):
            _, _, held = self._held.pop(slot)
            words = title_words(held.text)
            self.rarity.withdraw(words)
            for word in words:
                using = self._using[word]
                using.remove(slot)
                if not using:
                    del self._using[word]
                    self._vocabulary.withdraw(word)
            self._free.append(slot)

    def search(self, fingerprint: TitlePrint, limit: int) -> list[Hit]:
        """At most `limit` hits from `TITLE_FLOOR` up, best first, ties by owner and item."""
        hits: list[Hit] = []
        for slot, share in self._candidates(fingerprint):
            if len(hits) >= limit and share + SHARE_SLACK < hits[limit - 1].similarity:
                break
            owner, item, held = self._held[slot]
            similarity = compare(fingerprint, held)
            if similarity >= TITLE_FLOOR:
                hits = best_hits([*hits, Hit(owner, item, similarity)], limit)
        return hits

    def information(self, query: TitlePrint, held: TitlePrint) -> float:
        """`fingerprints.title_rarity.information` by the words of the titles held here, in nats."""
        return information(query, held, self.rarity)

    def __len__(self) -> int:
        return len(self._held)

    def _add_one(self, owner: str, item: int, held: TitlePrint) -> int:
        slot = self._free.pop() if self._free else len(self._held)
        if slot >= len(self._letters):
            self._letters = np.concatenate([self._letters, np.zeros_like(self._letters)])
            self._shared = np.zeros_like(self._letters)
        words = title_words(held.text)
        self._held[slot] = (owner, item, held)
        self._letters[slot] = all_letters(words)
        self.rarity.add(words)
        for word in words:
            using = self._using.get(word)
            if using is None:
                using = self._using[word] = array("I")
                self._vocabulary.add(word)
            using.append(slot)
        return slot

    def _candidates(self, fingerprint: TitlePrint) -> list[tuple[int, float]]:
        """Slots worth comparing with the share of letters that is known to be common, greatest first."""
        if len(self._held) < EXHAUSTIVE_BELOW:
            return [(slot, 1.0) for slot in self._held]
        words = title_words(fingerprint.text)
        size = all_letters(words)
        looked_up, left_out = self._rarest(words)
        using = [np.frombuffer(self._using[word], dtype=np.uint32)[-TITLES_PER_QUERY:] for word in looked_up]
        if not using:
            return []
        for word, slots in zip(looked_up, using, strict=True):
            self._shared[slots] += letters(word)
        brought_up = np.concatenate(using)
        share = self._shared[brought_up] / np.minimum(self._letters[brought_up], size)
        self._shared[brought_up] = 0
        if len(share) > WEIGHED_AT_MOST:
            best = np.argpartition(share, -WEIGHED_AT_MOST)[-WEIGHED_AT_MOST:]
            brought_up, share = brought_up[best], share[best]
        worth = share >= SHARED_AT_LEAST
        shares = dict(zip(brought_up[worth].tolist(), share[worth].tolist(), strict=True))
        likely = [
            (slot, known)
            for slot, share_found in shares.items()
            if (known := share_found + self._common_share(slot, left_out, size)) >= LIKELY_AT_LEAST
        ]
        return heapq.nlargest(COMPARED_AT_MOST, likely, key=itemgetter(1))

    def _common_share(self, slot: int, left_out: list[str], size: float) -> float:
        """What the common words, which brought up nothing themselves, add to a title's share."""
        if not left_out:
            return 0.0
        held = title_words(self._held[slot][2].text)
        found = sum(letters(word) for word in left_out if word in held)
        return found / min(float(self._letters[slot]), size)

    def _rarest(self, words: tuple[str, ...]) -> tuple[list[str], list[str]]:
        """Held words of the query, in any spelling: the rarest, to bring titles up, and the common others."""
        held: set[str] = set()
        for word in words:
            spellings = self._vocabulary.spellings(word)
            held |= spellings
            if not spellings:
                held.update(self._vocabulary.parts(word))
        for left, right in pairwise(words):
            if left + right in self._using:
                held.add(left + right)
        rarest = sorted(held, key=lambda word: len(self._using[word]))
        total = 0
        for count, word in enumerate(rarest):
            total += len(self._using[word])
            if total > TITLES_PER_QUERY and count >= WORDS_AT_LEAST:
                return rarest[:count], rarest[count:]
        return rarest, []
