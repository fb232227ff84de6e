"""A `TitleIndex` as plain values, from which it is made again without taking its words apart."""

from array import array
from collections import Counter
from collections.abc import Iterator

import msgspec
import numpy as np
from msgspec import Struct

from fingerprints.title_index import TitleIndex
from fingerprints.title_likeness import TitlePrint

FIXARRAY = 0x90
"""MessagePack's first byte of an array of fewer than 16 (the format's specification, "array format family")."""


class TitleState(Struct, frozen=True, array_like=True):
    """`slots`, `owners`, `items`: of each held title. `words`, `counts`, `using`: for each word how many titles
    use it, and the slots of all of them one after another. `forms`, `spelled`, `several`: for each form of a word
    the number of the word, or where it is not the only one, minus one less than its place in `several`."""

    slots: list[int]
    owners: list[str]
    items: list[int]
    free: list[int]
    letters: bytes
    words: list[str]
    counts: list[int]
    using: bytes
    forms: list[str]
    spelled: list[int]
    several: list[list[int]]


def encoded(state: TitleState) -> Iterator[bytes]:
    """The state in MessagePack, field by field: each holds up other threads for some milliseconds only."""
    fields = msgspec.structs.astuple(state)
    yield bytes([FIXARRAY | len(fields)])
    yield from map(msgspec.msgpack.encode, fields)


def state_of(index: TitleIndex) -> TitleState:
    """All that the index holds, but for the titles themselves."""
    number_of = {word: number for number, word in enumerate(index._using)}
    spelled, several = [], []
    for words in index._vocabulary._by_form.values():
        if isinstance(words, str):
            spelled.append(number_of[words])
        else:
            several.append([number_of[word] for word in words])
            spelled.append(-len(several))
    held = list(index._held.values())
    return TitleState(
        list(index._held),
        [owner for owner, _, _ in held],
        [item for _, item, _ in held],
        list(index._free),
        index._letters.tobytes(),
        list(index._using),
        [len(slots) for slots in index._using.values()],
        b"".join(slots.tobytes() for slots in index._using.values()),
        list(index._vocabulary._by_form),
        spelled,
        several,
    )


def index_of(state: TitleState, titles: list[TitlePrint]) -> TitleIndex:
    """The index again; `titles` in the order of the state's slots."""
    index = TitleIndex()
    rows = zip(state.owners, state.items, titles, strict=True)
    index._held = dict(zip(state.slots, rows, strict=True))
    # The titles lie in the order in which they were added, so each owner's come by item.
    for slot, owner in zip(state.slots, state.owners, strict=True):
        index._slots.setdefault(owner, []).append(slot)
    index._free = state.free
    index._letters = np.frombuffer(state.letters, np.float32).copy()
    index._shared = np.zeros_like(index._letters)
    words, at = state.words, 0
    width = array("I").itemsize
    for word, count in zip(words, state.counts, strict=True):
        index._using[word] = array("I", state.using[at : at + count * width])
        at += count * width
    several = [[words[number] for number in numbers] for numbers in state.several]
    index._vocabulary._by_form = {
        form: words[number] if number >= 0 else several[-number - 1]
        for form, number in zip(state.forms, state.spelled, strict=True)
    }
    index.rarity._titles = len(state.slots)
    index.rarity._using = Counter(dict(zip(words, state.counts, strict=True)))
    return index
