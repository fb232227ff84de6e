"""Titles by the letter groups of their words: finds the few that are worth comparing.

Every run of `GRAM` letters of a word has a list of the titles it occurs in. A query's rarest groups vote; the
titles with the most votes for their size are compared for certain. Padding and shuffled words cost no votes,
a typing error costs three. Groups that very many titles have are passed over: they cost time and say nothing.
"""

from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from fingerprints.registry import Hit, best_hits
from fingerprints.title_likeness import TitlePrint, compare, title_words
from fingerprints.title_rarity import WordRarity, information

TITLE_FLOOR = 0.6
"""Similarity below which two titles have nothing to do with each other."""
GRAM = 4
"""Letters of a group; a shorter word is a group of its own."""
EXHAUSTIVE_BELOW = 64
"""Fewer held titles than this are all compared."""
POSTINGS_AT_MOST = 2_000
"""Titles that the groups of one query may bring up before its commoner groups are left out."""
GROUPS_AT_LEAST = 4
VOTES_AT_LEAST = 0.3
"""Share of the smaller title's groups that must be shared before the two are compared."""
COMPARED_AT_MOST = 48


class TitleIndex:
    """A `fingerprints.registry.FingerprintIndex` over titles, with the rarity of their words."""

    def __init__(self) -> None:
        self.rarity = WordRarity()
        self._slots: dict[str, list[int]] = {}
        self._held: dict[int, tuple[str, int, TitlePrint]] = {}
        self._free: list[int] = []
        self._postings: dict[str, array[int]] = {}
        self._sizes: npt.NDArray[np.float32] = np.zeros(1024, dtype=np.float32)

    def add(self, owner: str, fingerprints: Sequence[TitlePrint]) -> None:
        """Hold these under `owner`, instead of any earlier ones."""
        self.withdraw(owner)
        if fingerprints:
            self._slots[owner] = [self._add_one(owner, item, held) for item, held in enumerate(fingerprints)]

    def withdraw(self, owner: str) -> None:
        """Forget the owner; an unknown one is no error."""
        for slot in self._slots.pop(owner, ()):
            _, _, held = self._held.pop(slot)
            self.rarity.withdraw(title_words(held.text))
            for group in letter_groups(held.text):
                postings = self._postings[group]
                postings.remove(slot)
                if not postings:
                    del self._postings[group]
            self._free.append(slot)

    def search(self, fingerprint: TitlePrint, limit: int) -> list[Hit]:
        """At most `limit` hits from `TITLE_FLOOR` up, best first, ties by owner and item."""
        hits = []
        for slot in self._candidates(fingerprint, max(limit, COMPARED_AT_MOST)):
            owner, item, held = self._held[slot]
            similarity = compare(fingerprint, held)
            if similarity >= TITLE_FLOOR:
                hits.append(Hit(owner, item, similarity))
        return best_hits(hits, limit)

    def information(self, query: TitlePrint, held: TitlePrint) -> float:
        """`fingerprints.title_rarity.information` by the words of the titles held here, in nats."""
        return information(query, held, self.rarity)

    def __len__(self) -> int:
        return len(self._held)

    def _add_one(self, owner: str, item: int, held: TitlePrint) -> int:
        slot = self._free.pop() if self._free else len(self._held)
        if slot >= len(self._sizes):
            self._sizes = np.concatenate([self._sizes, np.zeros_like(self._sizes)])
        groups = letter_groups(held.text)
        self._held[slot] = (owner, item, held)
        self._sizes[slot] = len(groups)
        self.rarity.add(title_words(held.text))
        for group in groups:
            postings = self._postings.get(group)
            if postings is None:
                postings = self._postings[group] = array("I")
            postings.append(slot)
        return slot

    def _candidates(self, fingerprint: TitlePrint, most: int) -> Iterable[int]:
        if len(self._held) < EXHAUSTIVE_BELOW:
            return list(self._held)
        groups = letter_groups(fingerprint.text)
        postings = self._rarest(groups)
        if not postings:
            return ()
        slots = np.concatenate([np.frombuffer(one, dtype=np.uint32) for one in postings])
        found, votes = np.unique(slots, return_counts=True)
        size = np.minimum(self._sizes[found], len(groups))
        share = votes / size
        worth = np.flatnonzero(share >= VOTES_AT_LEAST)
        if len(worth) > most:
            worth = worth[np.argpartition(-share[worth], most)[:most]]
        return [int(slot) for slot in found[worth]]

    def _rarest(self, groups: Iterable[str]) -> list["array[int]"]:
        known = [postings for group in groups if (postings := self._postings.get(group)) is not None]
        known.sort(key=len)
        total = 0
        for count, postings in enumerate(known):
            total += len(postings)
            if total > POSTINGS_AT_MOST and count >= GROUPS_AT_LEAST:
                return known[:count]
        return known


@lru_cache(maxsize=8_192)
def letter_groups(text: str) -> frozenset[str]:
    """The distinct letter groups of a normalised title, word by word."""
    groups: set[str] = set()
    for word in title_words(text):
        if len(word) <= GRAM:
            groups.add(word)
        else:
            groups.update(word[at : at + GRAM] for at in range(len(word) - GRAM + 1))
    return frozenset(groups)
