"""A `TitleIndex` of very many titles at once, as a worker needs it at its start.

Added one after another, each of a title's words is counted, valued anew and put in its place, though the next title
changes it again: seven logarithms and seven searches a title. Here a word is valued once, and the lists of titles by
word come out of one sort.
"""

from array import array
from collections.abc import Iterable

import numpy as np

from fingerprints.title_index import NOTHING, ROW, TitleIndex
from fingerprints.title_likeness import TitlePrint
from fingerprints.title_words import same_as, words_of

SMALLEST = 1024
"""Rows that an index has at least."""


def index_of_titles(titles: Iterable[tuple[str, TitlePrint]]) -> TitleIndex:
    """An index of one title for each owner, the last where an owner comes twice; what `TitleIndex.add` makes of them
    in this order, but for titles of more than `ROW` words, of which the rarest of all are kept in the row."""
    held = dict(titles)
    number_of: dict[str, int] = {}
    numbers, lengths = array("I"), array("I")
    for title in held.values():
        words = dict.fromkeys(words_of(title.text).meanings)
        lengths.append(len(words))
        numbers.extend([number_of.setdefault(word, len(number_of) + 1) for word in words])
    index = TitleIndex()
    index._slots = {owner: [slot] for slot, owner in enumerate(held)}
    index._held = {slot: (owner, 0, title) for slot, (owner, title) in enumerate(held.items())}
    for word in number_of:
        for spelling in same_as(word):
            index._vocabulary.add(spelling)
    _put_in(index, list(number_of), np.array(numbers, np.uint32), np.array(lengths, np.uint32))
    return index


def _put_in(
    index: TitleIndex,
    words: list[str],
    numbers: "np.ndarray[tuple[int], np.dtype[np.uint32]]",
    lengths: "np.ndarray[tuple[int], np.dtype[np.uint32]]",
) -> None:
    """Fill the tables. `words`: of the numbers from 1. `numbers`: of each title's words, one title after another;
    `lengths`: how many each title has."""
    counts = np.bincount(numbers, minlength=len(words) + 1)
    index.rarity.restore(["", *words], counts.tolist(), [], len(lengths))
    slots = np.repeat(np.arange(len(lengths), dtype=np.uint32), lengths)
    # Stable, so that the titles of each word stay in their order.
    by_word = slots[np.argsort(numbers, kind="stable")]
    index._using = [array("I", part.tobytes()) for part in np.split(by_word, np.cumsum(counts)[:-1])]
    index._rows = np.full((_rows(len(lengths)), ROW), NOTHING, np.uint32)
    ends = np.cumsum(lengths, dtype=np.int64)
    place = np.arange(len(numbers)) - np.repeat(ends - lengths, lengths)
    short = (lengths <= ROW)[slots]
    index._rows[slots[short], place[short]] = numbers[short]
    for slot in np.flatnonzero(lengths > ROW).tolist():
        own = numbers[ends[slot] - lengths[slot] : ends[slot]]
        index._rows[slot] = own[np.argsort(counts[own], kind="stable")][:ROW]
    index._shared = np.zeros(len(index._rows), np.float32)
    index._asked = np.zeros(len(index.rarity.share), np.float32)


def _rows(titles: int) -> int:
    """Rows for so many titles, and some that come: twice as many each time, as the index grows by itself."""
    return max(SMALLEST, 1 << max(titles - 1, 0).bit_length())
