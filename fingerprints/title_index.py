"""Titles by their words, in any spelling: finds the few held titles that are worth comparing.

Every word of a query is looked up with its other spellings (`fingerprints.title_vocabulary`). A title can only
weigh `WEIGHT_FLOOR` if the words that it shares are worth enough (`title_weight.shared_at_least`), so the query's
commonest words, as long as they are not worth half of that together, bring up nothing themselves: the titles
under the rarer ones are enough. What those share and lack is added up from the numbers of their words, for all
at once; whichever may weigh enough by that is compared for certain.

What is not found, though it would weigh enough: a title that shares only misspellings with three errors, or with
two in one that has no letter-left-out form in common; one that is the oldest of very many with the same words
(`BROUGHT_UP_AT_MOST`, `COMPARED_AT_MOST`). Measured: docs/benchmarks.md, titles.
"""

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fingerprints.registry import Hit
from fingerprints.title_likeness import TitlePrint, similarity
from fingerprints.title_meeting import meet
from fingerprints.title_rarity import WordRarity
from fingerprints.title_vocabulary import TitleVocabulary, runs_of
from fingerprints.title_weight import (
    is_code,
    remains,
    shared_at_least,
    title_weight,
    weight_at_most,
    weight_of,
)
from fingerprints.title_words import TitleWords, meaning, same_as, words_of

WEIGHT_FLOOR = 3.0
"""Nats below which a title is no hit: with the prior of the decision, less than 2 in 100."""
EXHAUSTIVE_BELOW = 32
"""Fewer held titles than this are all compared."""
ROW = 20
"""Words of a title that are added up; of more, the rarest when it was added."""
BROUGHT_UP_AT_MOST = 50_000
"""Entries of the words' lists that a query reads; the newest titles of a word that passes it."""
COMPARED_AT_MOST = 64
"""Titles that are compared for a query, those that may weigh most."""
MAYBE_MISSPELT = 4
"""A held word that so few titles use may itself be another's misspelling: its other spellings are asked for too."""
NOTHING = 0
"""Number in a row where there is no word; it is given to none."""

Known = dict[str, tuple[float, float]]
"""By the text of a held title, how alike the query it is (0 to 1) and its weight in nats."""


@dataclass(frozen=True, slots=True)
class TitleHit(Hit):
    """`weight`: nats that the title is this one come back (`fingerprints.title_weight`)."""

    weight: float


class TitleIndex:
    """A `fingerprints.registry.FingerprintIndex` over titles; hits are ordered by weight, then owner and item."""

    def __init__(self) -> None:
        self.rarity = WordRarity()
        self._vocabulary = TitleVocabulary()
        self._slots: dict[str, list[int]] = {}
        self._held: dict[int, tuple[str, int, TitlePrint]] = {}
        self._free: list[int] = []
        self._using: list[array[int]] = [array("I")]
        """By word number, the slots of the titles that use it, in order: one is found among very many at once."""
        self._rows: npt.NDArray[np.uint32] = np.zeros((1024, ROW), np.uint32)
        self._shared: npt.NDArray[np.float32] = np.zeros(1024, np.float32)  # all zero between searches
        self._asked: npt.NDArray[np.float32] = np.zeros(1024, np.float32)  # by word number, all zero between
        self.rarity.add(("",))  # takes the number NOTHING, and counts as no title
        self.rarity.titles = 0
        self.rarity.share[NOTHING] = self.rarity.spent[NOTHING] = 0

    def add(self, owner: str, fingerprints: Sequence[TitlePrint]) -> None:
        """Hold these under `owner`, instead of any earlier ones."""
        self.withdraw(owner)
        if fingerprints:
            self._slots[owner] = [self._add_one(owner, item, held) for item, held in enumerate(fingerprints)]

    def withdraw(self, owner: str) -> None:
        """Forget the owner; an unknown one is no error."""
        for slot in self._slots.pop(owner, ()):
            _, _, held = self._held.pop(slot)
            words = _distinct(words_of(held.text))
            for word in words:
                using = self._using[self.rarity.number_of[word]]
                del using[bisect_left(using, slot)]
            gone = {word for word in words if self.rarity.counts[self.rarity.number_of[word]] == 1}
            self.rarity.withdraw(words)
            for word in gone:
                for spelling in same_as(word):
                    self._vocabulary.withdraw(spelling)
            self._free.append(slot)

    def search(self, fingerprint: TitlePrint, limit: int) -> list[TitleHit]:
        """At most `limit` hits from `WEIGHT_FLOOR` up, the heaviest first, ties by owner and item."""
        query = words_of(fingerprint.text)
        best: list[tuple[float, str, int, float]] = []
        known: Known = {}
        for slot, most in self._candidates(query) if limit > 0 else ():
            full = len(best) >= limit
            if full and most < -best[-1][0]:
                break
            alike, weight = self._compared(query, fingerprint, slot, known)
            if weight < WEIGHT_FLOOR or (full and weight < -best[-1][0]):
                continue
            owner, item, _ = self._held[slot]
            insort(best, (-weight, owner, item, alike))
            del best[limit:]
        return [TitleHit(owner, item, alike, -ahead) for ahead, owner, item, alike in best]

    def owners_of_words(self, owners: Iterable[str]) -> dict[int, list[str]]:
        """By the number of each word the owners whose titles have it, for `search_among`; unknown ones are no error."""
        using: dict[int, list[str]] = {}
        for owner in owners:
            words = {
                word
                for slot in self._slots.get(owner, ())
                for word in words_of(self._held[slot][2].text).meanings
            }
            for word in words:
                using.setdefault(self.rarity.number_of[word], []).append(owner)
        return using

    def search_among(self, fingerprint: TitlePrint, using: Mapping[int, Sequence[str]]) -> list[TitleHit]:
        """The hits among some owners that a search for this title would have without a limit, in no order. `using`: as
        `owners_of_words` gives it for them. Where there are none, in a third of the time of a search.

        An owner that was withdrawn since is not found; one that was added again since may be missed.
        """
        query = words_of(fingerprint.text)
        asked, left = self._asked_for(query)
        needed = shared_at_least(WEIGHT_FLOOR, left, self.rarity.crowd)
        if len(self._held) < EXHAUSTIVE_BELOW:
            needed, asked = 0.0, dict.fromkeys(using, 0.0)
        met = {number: worth for number, worth in asked.items() if number in using}
        if sum(met.values()) < needed:
            return []
        shared: dict[str, float] = {}
        for number, worth in met.items():
            for owner in using[number]:
                shared[owner] = shared.get(owner, 0.0) + worth
        known: Known = {}
        hits = []
        for owner, worth in shared.items():
            for slot in self._slots.get(owner, ()) if worth >= needed else ():
                alike, weight = self._compared(query, fingerprint, slot, known)
                if weight >= WEIGHT_FLOOR:
                    hits.append(TitleHit(owner, self._held[slot][1], alike, weight))
        return hits

    def weigh(self, query: TitlePrint, held: TitlePrint) -> float:
        """Nats that the query is this title come back, however little, by the words of the titles held here."""
        return title_weight(words_of(query.text), words_of(held.text), self.rarity)

    def __len__(self) -> int:
        return len(self._held)

    def _compared(
        self, query: TitleWords, fingerprint: TitlePrint, slot: int, known: Known
    ) -> tuple[float, float]:
        """How alike this slot's title is, and its weight. `known`: of the titles compared for the same query."""
        text = self._held[slot][2].text
        # A market's generic titles are held a hundred times over, and in a small bank each of them weighs enough.
        if (found := known.get(text)) is None:
            words = words_of(text)
            left_over = remains(query, words, meet(query, words), self.rarity.worth)
            alike = 1.0 if fingerprint.text == text else similarity(left_over)
            found = known[text] = alike, weight_of(left_over, self.rarity.crowd)
        return found

    def _add_one(self, owner: str, item: int, held: TitlePrint) -> int:
        slot = self._free.pop() if self._free else len(self._held)
        if slot >= len(self._rows):
            self._rows = np.concatenate([self._rows, np.zeros_like(self._rows)])
            self._shared = np.zeros(len(self._rows), np.float32)
        words = _distinct(words_of(held.text))
        self._held[slot] = (owner, item, held)
        numbers = self.rarity.add(words)
        for word, number in zip(words, numbers, strict=True):
            if number >= len(self._using):
                self._using.append(array("I"))
            if self.rarity.counts[number] == 1:
                for spelling in same_as(word):
                    self._vocabulary.add(spelling)
            insort(self._using[number], slot)
        if len(self._asked) < len(self.rarity.share):
            self._asked = np.zeros(len(self.rarity.share), np.float32)
        if len(numbers) > ROW:
            numbers.sort(key=lambda number: self.rarity.counts[number])
        row = self._rows[slot]
        row[:] = NOTHING
        row[: min(len(numbers), ROW)] = numbers[:ROW]
        return slot

    def _candidates(self, query: TitleWords) -> list[tuple[int, float]]:
        """Slots worth comparing with what they may weigh at most, that which may weigh most first."""
        if len(self._held) < EXHAUSTIVE_BELOW:
            return [(slot, np.inf) for slot in self._held]
        asked, left = self._asked_for(query)
        needed = shared_at_least(WEIGHT_FLOOR, left, self.rarity.crowd)
        if sum(asked.values()) < needed:
            return []
        numbers, worths = list(asked), list(asked.values())
        brought_up = self._brought_up(numbers, worths, needed)
        if not len(brought_up):
            return []
        rows = self._rows[brought_up]
        self._asked[numbers] = worths
        shared = self._asked[rows].sum(axis=1)
        self._asked[numbers] = 0
        enough = shared >= needed
        brought_up, shared, rows = brought_up[enough], shared[enough], rows[enough]
        if not len(brought_up):
            return []
        level = np.float32(self.rarity.level)
        whole = level * self.rarity.share[rows].sum(axis=1) - self.rarity.spent[rows].sum(axis=1)
        most = weight_at_most(shared, left, np.maximum(whole - shared, 0), self.rarity.crowd)
        if len(most) > COMPARED_AT_MOST:
            best = np.argpartition(most, -COMPARED_AT_MOST)[-COMPARED_AT_MOST:]
            brought_up, most = brought_up[best], most[best]
        order = np.argsort(-most, kind="stable")
        found = zip(brought_up[order].tolist(), most[order].tolist(), strict=True)
        return [(slot, weight) for slot, weight in found if weight >= WEIGHT_FLOOR]

    def _asked_for(self, query: TitleWords) -> tuple[dict[int, float], float]:
        """Held words that the query may have, by number, with their worth; and what it has besides for certain."""
        number_of, worth = self.rarity.number_of, self.rarity.worth
        asked: dict[int, float] = {}
        strange = []
        left = 0.0
        for spelling, word in zip(query.spelled, query.meanings, strict=True):
            number = number_of.get(word)
            if number is not None:
                asked[number] = worth(word)
                if self.rarity.counts[number] <= MAYBE_MISSPELT:
                    self._ask(asked, self._vocabulary.spellings(spelling))
            else:
                strange.append(spelling)
        if not strange:
            return asked, left
        unread = set()
        for spelling in strange:
            if self._ask(asked, self._vocabulary.spellings(spelling)):
                continue
            if not is_code(spelling):
                unread.add(spelling)
            elif not self._ask(asked, self._vocabulary.parts(spelling)):
                left += worth(spelling)
        if unread:
            for run in runs_of(query.sequence, unread):
                self._ask(asked, self._vocabulary.parts(run))
        return asked, left

    def _ask(self, asked: dict[int, float], words: Iterable[str]) -> bool:
        """Ask for these held words too; whether there are any."""
        found = False
        for word in words:
            means = meaning(word)
            asked[self.rarity.number_of[means]] = self.rarity.worth(means)
            found = True
        return found

    def _brought_up(self, numbers: list[int], worths: list[float], needed: float) -> npt.NDArray[np.uint32]:
        """The slots of titles that may share enough, each once."""
        order = sorted(range(len(numbers)), key=lambda place: worths[place])
        rest, start = 0.0, 0
        while rest + worths[order[start]] < needed / 2:
            rest += worths[order[start]]
            start += 1
        lists = []
        room = BROUGHT_UP_AT_MOST
        for place in reversed(order[start:]):
            slots = np.frombuffer(self._using[numbers[place]], np.uint32)[-room:] if room > 0 else ()
            if not len(slots):
                rest += worths[place]
                continue
            room -= len(slots)
            self._shared[slots] += worths[place]
            lists.append(slots)
        every = np.concatenate(lists)
        enough = every[self._shared[every] >= needed - rest]
        self._shared[every] = 0
        return np.unique(enough)


def _distinct(words: TitleWords) -> list[str]:
    return list(dict.fromkeys(words.meanings))
