"""A `TitleIndex` as plain values, from which it is made again without taking its words apart."""

from array import array
from collections.abc import Iterator

import msgspec
import numpy as np
from msgspec import Struct

from fingerprints.title_index import ROW, TitleIndex
from fingerprints.title_likeness import TitlePrint

FIXARRAY = 0x90
"""MessagePack's first byte of an array of fewer than 16 (the format's specification, "array format family")."""


class TitleState(Struct, frozen=True, array_like=True):
    """`slots`, `owners`, `items`: of each held title. `rows`: `TitleIndex`'s, as bytes. `words`: by number, empty
    where a number is free. `counts`, `using`: for each number how many titles use the word, and the slots of all of
    them one after another. `forms`, `spelled`, `several`: for each form of a word its place in `spellings`, or where
    it is not the only one, minus one less than its place in `several`."""

    slots: list[int]
    owners: list[str]
    items: list[int]
    free: list[int]
    rows: bytes
    words: list[str]
    free_numbers: list[int]
    counts: list[int]
    using: bytes
    forms: list[str]
    spellings: list[str]
    spelled: list[int]
    several: list[list[int]]


def encoded(state: TitleState) -> Iterator[bytes]:
    """The state in MessagePack, field by field: each holds up other threads for some milliseconds only."""
    fields = msgspec.structs.astuple(state)
    yield bytes([FIXARRAY | len(fields)])
    yield from map(msgspec.msgpack.encode, fields)


def state_of(index: TitleIndex) -> TitleState:
    """All that the index holds, but for the titles themselves."""
    words = [""] * len(index.rarity.counts)
    for word, number in index.rarity.number_of.items():
        words[number] = word
    place_of: dict[str, int] = {}
    spelled, several = [], []
    for present in index._vocabulary._by_form.values():
        if isinstance(present, str):
            spelled.append(place_of.setdefault(present, len(place_of)))
        else:
            several.append([place_of.setdefault(word, len(place_of)) for word in present])
            spelled.append(-len(several))
    held = list(index._held.values())
    return TitleState(
        list(index._held),
        [owner for owner, _, _ in held],
        [item for _, item, _ in held],
        list(index._free),
        index._rows.tobytes(),
        words,
        list(index.rarity._free),
        [len(slots) for slots in index._using],
        b"".join(slots.tobytes() for slots in index._using),
        list(index._vocabulary._by_form),
        list(place_of),
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
    index._rows = np.frombuffer(state.rows, np.uint32).reshape(-1, ROW).copy()
    index._shared = np.zeros(len(index._rows), np.float32)
    at, width = 0, array("I").itemsize
    index._using = []
    for count in state.counts:
        index._using.append(array("I", state.using[at : at + count * width]))
        at += count * width
    several = [[state.spellings[place] for place in places] for places in state.several]
    index._vocabulary._by_form = {
        form: state.spellings[place] if place >= 0 else several[-place - 1]
        for form, place in zip(state.forms, state.spelled, strict=True)
    }
    index.rarity.restore(state.words, state.counts, state.free_numbers, len(state.slots))
    index._asked = np.zeros(len(index.rarity.share), np.float32)
    return index
