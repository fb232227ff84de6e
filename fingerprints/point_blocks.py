"""Where the points of an index lie: in blocks of a line of the processor's cache, chained where they are full."""

from typing import Any

import numpy as np
import numpy.typing as npt

WORDS = 16
"""Of 32 bits a block: a line of the processor's cache, so that one wait for the memory brings it whole."""
SLOTS = WORDS - 1
COUNT_BITS = 4
MOST_COUNT = (1 << COUNT_BITS) - 1

Words = npt.NDArray[np.uint32]


class Blocks:
    """Blocks of `SLOTS` points. `number` of each; `words`: 32 bits of each one's code, and as the last word the
    block's tail: in its `COUNT_BITS` lowest bits how many are used, from the front, and above them one more than
    the spare block that goes on, 0 for none."""

    def __init__(self, room: int) -> None:
        # Fresh zeroes take no memory until they are written to.
        self.words: Words = np.zeros((room, WORDS), np.uint32)
        self.number: Words = np.zeros((room, SLOTS), np.uint32)

    @property
    def tail(self) -> Words:
        """A view of all tails."""
        return self.words[:, SLOTS]

    def count(self, block: Any) -> Any:
        """How many points these blocks hold."""
        return count_of(self.tail[block])

    def next(self, block: Any) -> Any:
        """One more than the spare block that goes on after each of these, 0 for none."""
        return next_of(self.tail[block])

    def make_room(self, blocks: int) -> None:
        """Room for at least so many. Four times as much at once, so that little is copied in all."""
        old = len(self.words)
        if blocks <= old:
            return
        for name in ("words", "number"):
            array = getattr(self, name)
            larger = np.zeros((max(blocks, 4 * old), *array.shape[1:]), array.dtype)
            larger[:old] = array
            setattr(self, name, larger)


def count_of(tail: Words) -> Words:
    """How many points the blocks of these tails hold."""
    return np.asarray(tail & np.uint32(MOST_COUNT))


def next_of(tail: Words) -> Words:
    """One more than the spare blocks that go on after them, 0 for none."""
    return np.asarray(tail >> np.uint32(COUNT_BITS))


def tail_of(count: Words, following: Words) -> Words:
    """The tails of blocks that hold so many points and go on there."""
    return np.asarray(following << np.uint32(COUNT_BITS) | count, dtype=np.uint32)
